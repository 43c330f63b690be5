-- name: insert_members
-- purpose: Make members.
-- parameters: program_id integer; shards smallint[], members bigint[], enrolled bigint[], pairwise
-- locks: none beyond the insertion
-- rows: none
INSERT INTO member (shard, member_id, program_id, enrolled_at)
SELECT shard, member_id, %(program_id)s, enrolled_at
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[], %(enrolled)s::bigint[])
    AS new (shard, member_id, enrolled_at)

-- name: insert_states
-- purpose: Give new members their state before any entry: nothing is due, no journal head.
-- parameters: program_id integer; head bytea; shards smallint[], members bigint[], states bytea[],
--             pairwise
-- locks: none beyond the insertion
-- rows: none
INSERT INTO member_state (shard, member_id, program_id, seq, due_day, head, state)
SELECT shard, member_id, %(program_id)s, 0, NULL, %(head)s, state
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[], %(states)s::bytea[])
    AS new (shard, member_id, state)

-- name: insert_profiles
-- purpose: Keep the encrypted profiles of new members.
-- parameters: shards smallint[], members bigint[], master_keys text[], wrapped bytea[],
--             profiles bytea[], pairwise
-- locks: none beyond the insertion
-- rows: none
INSERT INTO member_profile (shard, member_id, master_key_id, wrapped_key, profile)
SELECT * FROM unnest(
    %(shards)s::smallint[], %(members)s::bigint[], %(master_keys)s::text[], %(wrapped)s::bytea[],
    %(profiles)s::bytea[])

-- name: insert_missing_keys
-- purpose: Give members without a profile an empty one, for its data key. Erased members and those
--          of other programs are passed over.
-- parameters: program_id integer; shards smallint[], members bigint[], master_keys text[],
--             wrapped bytea[], profiles bytea[], pairwise, sorted by (shard, member_id)
-- locks: member rows FOR SHARE in the order of the arrays, so that an erasure comes before or after
-- rows: none
INSERT INTO member_profile (shard, member_id, master_key_id, wrapped_key, profile)
SELECT new.shard, new.member_id, new.master_key_id, new.wrapped_key, new.profile
FROM unnest(
    %(shards)s::smallint[], %(members)s::bigint[], %(master_keys)s::text[], %(wrapped)s::bytea[],
    %(profiles)s::bytea[]) AS new (shard, member_id, master_key_id, wrapped_key, profile)
CROSS JOIN LATERAL (
    SELECT FROM member AS m
    WHERE m.shard = new.shard AND m.member_id = new.member_id
      AND m.program_id = %(program_id)s AND m.erased_at IS NULL
    FOR SHARE
) AS living
ON CONFLICT DO NOTHING

-- name: read_members
-- purpose: Which of these are members of the program.
-- parameters: program_id integer; shards smallint[], members bigint[], pairwise
-- locks: none
-- rows: member_id, enrolled_at, erased_at; one per member found
SELECT m.member_id, m.enrolled_at, m.erased_at
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[]) AS wanted (shard, member_id)
CROSS JOIN LATERAL (
    SELECT c.member_id, c.enrolled_at, c.erased_at
    FROM member AS c
    WHERE c.shard = wanted.shard AND c.member_id = wanted.member_id
      AND c.program_id = %(program_id)s
    OFFSET 0
) AS m

-- name: lock_member
-- purpose: Lock one member before their profile is changed or erased.
-- parameters: program_id integer; shard smallint; member_id bigint
-- locks: the member row, FOR UPDATE; always after claims, before the profile
-- rows: enrolled_at, erased_at; none for another program's member
SELECT enrolled_at, erased_at
FROM member
WHERE shard = %(shard)s AND member_id = %(member_id)s AND program_id = %(program_id)s
FOR UPDATE

-- name: read_profiles
-- purpose: Wrapped data keys and encrypted profiles of members of the program.
-- parameters: program_id integer; shards smallint[], members bigint[], pairwise
-- locks: none
-- rows: member_id, wrapped_key, profile; one per profile that is kept
SELECT p.member_id, p.wrapped_key, p.profile
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[]) AS wanted (shard, member_id)
CROSS JOIN LATERAL (
    SELECT k.member_id, k.wrapped_key, k.profile
    FROM member_profile AS k
    JOIN member AS m USING (shard, member_id)
    WHERE k.shard = wanted.shard AND k.member_id = wanted.member_id
      AND m.program_id = %(program_id)s
    OFFSET 0
) AS p

-- name: put_profile
-- purpose: Keep one member's profile, for the first time or anew. The data key stays.
-- parameters: shard smallint; member_id bigint; master_key text; wrapped bytea; profile bytea
-- locks: the profile row of a member whose member row is locked
-- rows: none
INSERT INTO member_profile AS p (shard, member_id, master_key_id, wrapped_key, profile)
VALUES (%(shard)s, %(member_id)s, %(master_key)s, %(wrapped)s, %(profile)s)
ON CONFLICT (shard, member_id) DO UPDATE SET profile = excluded.profile

-- name: stale_wrappings
-- purpose: Data keys that an older master key wraps, in the order of the primary key, from a member
--          on: so that all batches together read the table once.
-- parameters: master_key text: the current one; shard smallint, member_id bigint: the last seen;
--             row_limit integer
-- locks: profile rows, FOR UPDATE, passing over those that others hold
-- rows: shard, member_id, wrapped_key; at most row_limit
SELECT shard, member_id, wrapped_key
FROM member_profile
WHERE (shard, member_id) > (%(shard)s::smallint, %(member_id)s::bigint)
  AND master_key_id <> %(master_key)s
ORDER BY shard, member_id
LIMIT %(row_limit)s
FOR UPDATE SKIP LOCKED

-- name: update_wrappings
-- purpose: Keep data keys as the current master key wraps them.
-- parameters: master_key text; shards smallint[], members bigint[], wrapped bytea[], pairwise
-- locks: rows locked by stale_wrappings
-- rows: none
UPDATE member_profile AS p
SET master_key_id = %(master_key)s, wrapped_key = new.wrapped_key
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[], %(wrapped)s::bytea[])
    AS new (shard, member_id, wrapped_key)
WHERE p.shard = new.shard AND p.member_id = new.member_id
