-- name: insert_pool
-- purpose: Make a voucher pool with a data key of its own, unless it is there.
-- parameters: program_id integer; pool text; wrapped bytea
-- locks: waits for a parallel making of the same pool
-- rows: none
INSERT INTO voucher_pool (program_id, pool, wrapped_key)
VALUES (%(program_id)s, %(pool)s, %(wrapped)s)
ON CONFLICT DO NOTHING

-- name: read_pool
-- purpose: A pool's wrapped data key.
-- parameters: program_id integer; pool text
-- locks: none
-- rows: wrapped_key; none where there is no such pool
SELECT wrapped_key FROM voucher_pool WHERE program_id = %(program_id)s AND pool = %(pool)s

-- name: insert_codes
-- purpose: Put codes into a pool, passing over those that it has.
-- parameters: program_id integer; pool text; hashes bytea[], codes bytea[], pairwise
-- locks: index entries in the order of the hashes
-- rows: code_hash; one per code that is new
INSERT INTO voucher (program_id, pool, code_hash, code)
SELECT %(program_id)s, %(pool)s, code_hash, code
FROM unnest(%(hashes)s::bytea[], %(codes)s::bytea[]) AS new (code_hash, code)
ORDER BY code_hash
ON CONFLICT DO NOTHING
RETURNING code_hash

-- name: find_codes
-- purpose: Which of these codes a pool has.
-- parameters: program_id integer; pool text; hashes bytea[]
-- locks: none
-- rows: code_hash; one per code found
SELECT code_hash FROM voucher
WHERE program_id = %(program_id)s AND pool = %(pool)s
  AND code_hash = ANY (%(hashes)s::bytea[])

-- name: pool_levels
-- purpose: How many codes the pools of a program have in each condition.
-- parameters: program_id integer
-- locks: none
-- rows: pool, free, claimed, withdrawn; one per pool
SELECT p.pool,
       count(v.code_hash) FILTER (WHERE v.reservation IS NULL AND NOT v.withdrawn),
       count(v.reservation),
       count(*) FILTER (WHERE v.withdrawn)
FROM voucher_pool AS p
LEFT JOIN voucher AS v USING (program_id, pool)
WHERE p.program_id = %(program_id)s
GROUP BY p.pool
ORDER BY p.pool COLLATE "C"

-- name: pools_with_codes
-- purpose: Which of these pools have a free code.
-- parameters: program_id integer; pools text[]
-- locks: none
-- rows: pool
SELECT wanted.pool
FROM unnest(%(pools)s::text[]) AS wanted (pool)
WHERE EXISTS (
    SELECT FROM voucher AS v
    WHERE v.program_id = %(program_id)s AND v.pool = wanted.pool
      AND v.reservation IS NULL AND NOT v.withdrawn)

-- name: lock_pools
-- purpose: All pools' data keys, to be wrapped anew. All programs: it is an operator's work.
-- parameters: none
-- locks: voucher_pool rows, FOR UPDATE, in the order of their keys
-- rows: program_id, pool, wrapped_key
SELECT program_id, pool, wrapped_key
FROM voucher_pool
ORDER BY program_id, pool COLLATE "C"
FOR UPDATE

-- name: update_pool_key
-- purpose: Keep a pool's data key as the current master key wraps it.
-- parameters: program_id integer; pool text; wrapped bytea
-- locks: a row locked by lock_pools
-- rows: none
UPDATE voucher_pool SET wrapped_key = %(wrapped)s
WHERE program_id = %(program_id)s AND pool = %(pool)s
