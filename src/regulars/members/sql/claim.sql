-- name: claim_identifiers
-- purpose: Claim identifiers for members, passing over those that somebody holds.
-- parameters: program_id integer; kinds text[], hashes bytea[], members bigint[], pairwise
-- locks: index entries in the order of (kind, hash); of two members that want the same, the
--        lower id has it; waits for a parallel claim of the same identifier to end
-- rows: none; the row count says how many were free
INSERT INTO identifier (program_id, kind, hash, member_id)
SELECT %(program_id)s, kind, hash, member_id
FROM unnest(%(kinds)s::text[], %(hashes)s::bytea[], %(members)s::bigint[])
    AS wanted (kind, hash, member_id)
ORDER BY kind COLLATE "C", hash, member_id
ON CONFLICT DO NOTHING

-- name: find_identifiers
-- purpose: Who holds these identifiers.
-- parameters: program_id integer; kinds text[], hashes bytea[], pairwise
-- locks: none
-- rows: kind, hash, member_id; one per identifier that is held
SELECT i.kind, i.hash, i.member_id
FROM unnest(%(kinds)s::text[], %(hashes)s::bytea[]) AS wanted (kind, hash)
CROSS JOIN LATERAL (
    SELECT c.kind, c.hash, c.member_id
    FROM identifier AS c
    WHERE c.program_id = %(program_id)s AND c.kind = wanted.kind AND c.hash = wanted.hash
    OFFSET 0
) AS i

-- name: identifiers_of
-- purpose: All identifiers that some members hold.
-- parameters: program_id integer; members bigint[]
-- locks: none
-- rows: member_id, kind, hash; one per identifier
SELECT member_id, kind, hash
FROM identifier
WHERE program_id = %(program_id)s AND member_id = ANY (%(members)s::bigint[])
ORDER BY member_id, kind COLLATE "C", hash

-- name: release_claims
-- purpose: Free all that members of a batch have claimed, since they will not be enrolled (yet).
-- parameters: program_id integer; members bigint[]
-- locks: identifier rows of those members
-- rows: none
DELETE FROM identifier
WHERE program_id = %(program_id)s AND member_id = ANY (%(members)s::bigint[])

-- name: release_kinds
-- purpose: Free the identifiers of some kinds that a member no longer has.
-- parameters: program_id integer; member_id bigint; kinds text[]; kept bytea[]
-- locks: identifier rows of one member whose member row is locked
-- rows: none
DELETE FROM identifier
WHERE program_id = %(program_id)s AND member_id = %(member_id)s
  AND kind = ANY (%(kinds)s::text[]) AND hash <> ALL (%(kept)s::bytea[])

-- name: insert_name_words
-- purpose: Make members findable by their names.
-- parameters: program_id integer; hashes bytea[], members bigint[], pairwise
-- locks: none beyond the insertion
-- rows: none
INSERT INTO name_word (program_id, hash, member_id)
SELECT %(program_id)s, hash, member_id
FROM unnest(%(hashes)s::bytea[], %(members)s::bigint[]) AS word (hash, member_id)
ON CONFLICT DO NOTHING

-- name: delete_name_words
-- purpose: Make a member no longer findable by name.
-- parameters: program_id integer; member_id bigint
-- locks: name_word rows of one member whose member row is locked
-- rows: none
DELETE FROM name_word
WHERE program_id = %(program_id)s AND member_id = %(member_id)s

-- name: find_by_name
-- purpose: Members that have all of some name words, driven by the first (longest) of them.
-- parameters: program_id integer; first bytea[]: hashes of the first word;
--             words integer[], hashes bytea[], pairwise: those of the others; after bigint;
--             row_limit integer
-- locks: none
-- rows: member_id; at most row_limit, in ascending order
SELECT DISTINCT f.member_id
FROM name_word AS f
WHERE f.program_id = %(program_id)s
  AND f.hash = ANY (%(first)s::bytea[])
  AND f.member_id > %(after)s
  AND NOT EXISTS (
      SELECT FROM unnest(%(words)s::integer[], %(hashes)s::bytea[]) AS other (word, hash)
      GROUP BY other.word
      HAVING NOT bool_or(EXISTS (
          SELECT FROM name_word AS n
          WHERE n.program_id = %(program_id)s AND n.hash = other.hash
            AND n.member_id = f.member_id)))
ORDER BY f.member_id
LIMIT %(row_limit)s
