-- name: lock_programs
-- purpose: One creation of a program at a time, so that ids follow on each other.
-- parameters: lock_class integer
-- locks: the exclusive advisory lock (lock_class, 0) until the end of the transaction
-- rows: one
SELECT pg_advisory_xact_lock(%(lock_class)s, 0)

-- name: insert_program
-- purpose: Make a program under the next id.
-- parameters: slug, created_at
-- locks: none beyond the insertion; the creation lock is held
-- rows: its program_id; none where the slug is taken
INSERT INTO program (program_id, slug, created_at)
SELECT coalesce(max(program_id), 0) + 1, %(slug)s, %(created_at)s FROM program
ON CONFLICT (slug) DO NOTHING
RETURNING program_id

-- name: list_programs
-- purpose: All programs, or one by id or slug.
-- parameters: program_id integer or NULL, slug text or NULL
-- locks: none
-- rows: program_id, slug, epoch, latest version or 0, created_at; by id
SELECT p.program_id, p.slug, p.epoch, coalesce(max(v.version), 0), p.created_at
FROM program AS p
LEFT JOIN program_version AS v USING (program_id)
WHERE (%(program_id)s::integer IS NULL OR p.program_id = %(program_id)s)
  AND (%(slug)s::text IS NULL OR p.slug = %(slug)s)
GROUP BY p.program_id
ORDER BY p.program_id

-- name: lock_publication
-- purpose: Keep all writes of a program away until the publication has committed.
-- parameters: lock_class integer, program_id integer
-- locks: the exclusive advisory lock (lock_class, program_id); waits for writes under way
-- rows: one
SELECT pg_advisory_xact_lock(%(lock_class)s, %(program_id)s)

-- name: insert_version
-- purpose: Publish a version.
-- parameters: program_id, version, document, digest bytea, effective_from, published_at,
--             published_by
-- locks: none beyond the insertion; the publication lock is held
-- rows: none
INSERT INTO program_version
    (program_id, version, document, digest, effective_from, published_at, published_by)
VALUES
    (%(program_id)s, %(version)s, %(document)s, %(digest)s, %(effective_from)s, %(published_at)s,
     %(published_by)s)

-- name: advance_epoch
-- purpose: Tell every process that the versions of a program have changed.
-- parameters: program_id
-- locks: the program row; the publication lock is held
-- rows: the new epoch
UPDATE program SET epoch = epoch + 1 WHERE program_id = %(program_id)s RETURNING epoch

-- name: list_versions
-- purpose: The versions of a program without their documents.
-- parameters: program_id
-- locks: none
-- rows: version, effective_from, published_at, published_by, digest; by version
SELECT version, effective_from, published_at, published_by, digest
FROM program_version
WHERE program_id = %(program_id)s
ORDER BY version

-- name: read_versions
-- purpose: The epoch of a program and the documents after a version, in one snapshot.
-- parameters: program_id, after integer
-- locks: none
-- rows: epoch, version, effective_from, document; one with NULLs where there is no such version;
--       none where there is no such program
SELECT p.epoch, v.version, v.effective_from, v.document
FROM program AS p
LEFT JOIN program_version AS v ON v.program_id = p.program_id AND v.version > %(after)s
WHERE p.program_id = %(program_id)s
ORDER BY v.version

-- name: read_document
-- purpose: The document of one version.
-- parameters: program_id, version
-- locks: none
-- rows: document; none where there is no such version
SELECT document FROM program_version WHERE program_id = %(program_id)s AND version = %(version)s
