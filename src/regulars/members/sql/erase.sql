-- name: delete_profile
-- purpose: Destroy a member's profile and data key.
-- parameters: shard smallint; member_id bigint
-- locks: the profile row of a member whose member row is locked
-- rows: none
DELETE FROM member_profile WHERE shard = %(shard)s AND member_id = %(member_id)s

-- name: delete_identifiers
-- purpose: Free all identifiers of a member.
-- parameters: program_id integer; member_id bigint
-- locks: identifier rows of a member whose member row is locked
-- rows: none
DELETE FROM identifier WHERE program_id = %(program_id)s AND member_id = %(member_id)s

-- name: mark_erased
-- purpose: Say on the member that they were erased.
-- parameters: shard smallint; member_id bigint; erased_at bigint
-- locks: the member row, locked before
-- rows: none
UPDATE member SET erased_at = %(erased_at)s
WHERE shard = %(shard)s AND member_id = %(member_id)s

-- name: insert_erasure
-- purpose: Record an erasure in the list that restored backups are brought up to date with.
-- parameters: program_id integer; member_id bigint; erased_at bigint
-- locks: none beyond the insertion
-- rows: none
INSERT INTO erasure (program_id, member_id, erased_at)
VALUES (%(program_id)s, %(member_id)s, %(erased_at)s)
ON CONFLICT DO NOTHING

-- name: list_erasures
-- purpose: Recorded erasures of all programs, page by page (an operator's list).
-- parameters: program_id integer, member_id bigint: the last one seen; row_limit integer
-- locks: none
-- rows: program_id, member_id, erased_at; at most row_limit, ordered by the first two
SELECT program_id, member_id, erased_at
FROM erasure
WHERE (program_id, member_id) > (%(program_id)s, %(member_id)s)
ORDER BY program_id, member_id
LIMIT %(row_limit)s
