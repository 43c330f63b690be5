-- name: lock_programs
-- purpose: Keep publications away until the group has committed.
-- parameters: lock_class integer, program_ids integer[], ascending
-- locks: shared advisory locks (lock_class, program_id), before any member; a publication takes
--        them exclusively
-- rows: one per program
SELECT pg_advisory_xact_lock_shared(%(lock_class)s, wanted.program_id)
FROM unnest(%(program_ids)s::integer[]) AS wanted (program_id)

-- name: read_epochs
-- purpose: The programs' epochs, in a later statement than the lock: one statement that did both
--          might answer the epoch from before it waited.
-- parameters: program_ids integer[]
-- locks: none
-- rows: one per program found
SELECT p.program_id, p.epoch
FROM program AS p
WHERE p.program_id = ANY (%(program_ids)s)

-- name: park
-- purpose: Let an event wait for its purchase; a repeat finds it waiting.
-- parameters: program_id, awaits uuid, key uuid, digest, occurred_at, parked_at, expires_at, body
-- locks: the key's index entry
-- rows: none
INSERT INTO parked (program_id, awaits, key, digest, occurred_at, parked_at, expires_at, body)
VALUES (%(program_id)s, encode(%(awaits)s::bytea, 'hex')::uuid,
        encode(%(key)s::bytea, 'hex')::uuid, %(digest)s, %(occurred_at)s, %(parked_at)s,
        %(expires_at)s, %(body)s)
ON CONFLICT (program_id, key) DO NOTHING

-- name: find_parked
-- purpose: Which of these event identities are parked, or were.
-- parameters: program_ids integer[], keys uuid[], pairwise
-- locks: none
-- rows: one per identity found
SELECT p.program_id, p.key, p.digest, p.expires_at, p.outcome
FROM unnest(%(program_ids)s::integer[], %(keys)s::uuid[]) AS wanted (program_id, key)
CROSS JOIN LATERAL (
    SELECT w.program_id, w.key, w.digest, w.expires_at, w.outcome
    FROM parked AS w
    WHERE w.program_id = wanted.program_id AND w.key = wanted.key
    OFFSET 0
) AS p

-- name: waiting_for
-- purpose: The parked events whose purchases have just been recorded. Run after the commit: with
--          the look after parking, one of the two always sees the other.
-- parameters: program_ids integer[], keys uuid[] of the purchases, pairwise
-- locks: none
-- rows: one per waiting event, oldest first
SELECT p.body
FROM unnest(%(program_ids)s::integer[], %(keys)s::uuid[]) AS wanted (program_id, key)
CROSS JOIN LATERAL (
    SELECT w.body, w.occurred_at
    FROM parked AS w
    WHERE w.program_id = wanted.program_id AND w.awaits = wanted.key AND w.outcome = 'waiting'
    OFFSET 0
) AS p
ORDER BY p.occurred_at

-- name: unpark
-- purpose: Parked events have been recorded.
-- parameters: program_ids integer[], keys uuid[], pairwise
-- locks: parked rows
-- rows: none
UPDATE parked AS p
SET outcome = 'recorded'
FROM unnest(%(program_ids)s::integer[], %(keys)s::uuid[]) AS done (program_id, key)
WHERE p.program_id = done.program_id AND p.key = done.key AND p.outcome = 'waiting'

-- name: open_moves
-- purpose: The first step of moves has been recorded; the second is still to come.
-- parameters: program_ids, from_members, from_seqs, to_members, made_at, events, pairwise
-- locks: none
-- rows: none
INSERT INTO open_move (program_id, from_member, from_seq, to_member, made_at, event)
SELECT * FROM unnest(
    %(program_ids)s::integer[], %(from_members)s::bigint[], %(from_seqs)s::integer[],
    %(to_members)s::bigint[], %(made_at)s::bigint[], %(events)s::bytea[])

-- name: close_moves
-- purpose: The second step of moves has been recorded.
-- parameters: program_ids, from_members, from_seqs, pairwise
-- locks: open_move rows
-- rows: none
DELETE FROM open_move AS o
USING unnest(%(program_ids)s::integer[], %(from_members)s::bigint[], %(from_seqs)s::integer[])
    AS done (program_id, from_member, from_seq)
WHERE o.program_id = done.program_id AND o.from_member = done.from_member
  AND o.from_seq = done.from_seq

-- name: moves_towards
-- purpose: Moves that were interrupted between their steps, so that whoever comes next ends them.
-- parameters: members bigint[] (empty for all), before bigint (made at or before), most integer
-- locks: none
-- rows: one per open move, oldest first
SELECT o.program_id, o.from_member, o.from_seq, o.to_member, o.event
FROM open_move AS o
WHERE o.made_at <= %(before)s
  AND (cardinality(%(members)s::bigint[]) = 0 OR o.to_member = ANY (%(members)s))
ORDER BY o.made_at
LIMIT %(most)s

-- name: parked_whose_purchase_came
-- purpose: Parked events whose purchase has been recorded, should both looks have been missed by
--          a crash.
-- parameters: most integer
-- locks: none
-- rows: one per event
SELECT p.body
FROM parked AS p
JOIN event_claim AS c ON c.program_id = p.program_id AND c.key = p.awaits
WHERE p.outcome = 'waiting'
ORDER BY p.occurred_at
LIMIT %(most)s

-- name: expire_parked
-- purpose: Parked events have waited long enough, in vain: one whose purchase came is still to be
--          recorded.
-- parameters: now bigint
-- locks: parked rows
-- rows: one per event that expired: program and key
UPDATE parked AS p SET outcome = 'expired'
WHERE p.outcome = 'waiting' AND p.expires_at <= %(now)s
  AND NOT EXISTS (
      SELECT FROM event_claim AS c WHERE c.program_id = p.program_id AND c.key = p.awaits)
RETURNING p.program_id, p.key

-- name: due_members
-- purpose: Members for whom something may have become due.
-- parameters: day integer (UTC day number), most integer
-- locks: none
-- rows: one per member
SELECT m.program_id, m.member_id, m.seq
FROM member_state AS m
WHERE m.due_day <= %(day)s
ORDER BY m.due_day
LIMIT %(most)s

-- name: backlog
-- purpose: How much waits: parked refunds, and members who may have something due; for metrics.
-- parameters: day integer (UTC day number), most integer (no further is counted)
-- locks: none
-- rows: one
SELECT
    (SELECT count(*) FROM (
        SELECT FROM parked WHERE outcome = 'waiting' LIMIT %(most)s) AS p),
    (SELECT count(*) FROM (
        SELECT FROM member_state WHERE due_day <= %(day)s LIMIT %(most)s) AS d)
