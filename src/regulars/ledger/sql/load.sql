-- name: lock_members
-- purpose: Lock the members of a group and read their states before the group is decided.
-- parameters: shards smallint[], members bigint[], pairwise, sorted by (shard, member_id)
-- locks: member_state rows, FOR NO KEY UPDATE, in the order of the arrays (the lateral keeps it)
-- rows: one per member found
SELECT m.member_id, m.program_id, m.seq, m.head, m.state
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[]) AS wanted (shard, member_id)
CROSS JOIN LATERAL (
    SELECT s.member_id, s.program_id, s.seq, s.head, s.state
    FROM member_state AS s
    WHERE s.shard = wanted.shard AND s.member_id = wanted.member_id
    FOR NO KEY UPDATE
) AS m

-- name: find_claims
-- purpose: Which of these event identities have been recorded, where, and with what body.
-- parameters: program_ids integer[], keys uuid[], pairwise
-- locks: none
-- rows: one per identity found
SELECT c.program_id, c.key, c.digest, c.member_id, c.seq
FROM unnest(%(program_ids)s::integer[], %(keys)s::uuid[]) AS wanted (program_id, key)
CROSS JOIN LATERAL (
    SELECT e.program_id, e.key, e.digest, e.member_id, e.seq
    FROM event_claim AS e
    WHERE e.program_id = wanted.program_id AND e.key = wanted.key
    OFFSET 0
) AS c

-- name: read_lots
-- purpose: All open lots of some members.
-- parameters: shards smallint[], members bigint[], pairwise
-- locks: none of its own; on the write path the members are locked
-- rows: one per open lot
SELECT l.member_id, l.lot, l.currency, l.remaining, l.earned_at, l.active_at, l.expires_at,
       l.rule, l.pending, l.for_seq, l.seq
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[]) AS wanted (shard, member_id)
CROSS JOIN LATERAL (
    SELECT o.*
    FROM lot AS o
    WHERE o.shard = wanted.shard AND o.member_id = wanted.member_id
    OFFSET 0
) AS l

-- name: read_due_lots
-- purpose: The lots of some members that time changes by an instant, and the first one after it. A
--          sliding lot counts by its activation only, since it ends with its wallet.
-- parameters: shards smallint[], members bigint[], untils bigint[], pairwise
-- locks: none of its own; the members are locked
-- rows: one per lot, with when it is due; one that is due after `until` at most per member
SELECT l.member_id, l.lot, l.currency, l.remaining, l.earned_at, l.active_at, l.expires_at,
       l.rule, l.pending, l.for_seq, l.seq, l.due_at
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[], %(untils)s::bigint[])
    AS wanted (shard, member_id, until)
CROSS JOIN LATERAL (
    SELECT d.*
    FROM (
        SELECT o.*, least(CASE WHEN o.pending AND o.active_at > 0 THEN o.active_at END,
                          CASE WHEN o.expires_at > 0 THEN o.expires_at END) AS due_at
        FROM lot AS o
        WHERE o.shard = wanted.shard AND o.member_id = wanted.member_id
          AND (o.pending OR o.expires_at > 0)
    ) AS d
    WHERE d.due_at <= wanted.until
    UNION ALL (
        SELECT r.*
        FROM (
            SELECT o.*, least(CASE WHEN o.pending AND o.active_at > 0 THEN o.active_at END,
                              CASE WHEN o.expires_at > 0 THEN o.expires_at END) AS due_at
            FROM lot AS o
            WHERE o.shard = wanted.shard AND o.member_id = wanted.member_id
              AND (o.pending OR o.expires_at > 0)
        ) AS r
        WHERE r.due_at > wanted.until
        ORDER BY r.due_at
        LIMIT 1
    )
) AS l

-- name: read_entries
-- purpose: Entries by member and sequence number.
-- parameters: shards smallint[], members bigint[], seqs integer[], pairwise
-- locks: none
-- rows: one per entry found
SELECT e.member_id, e.seq, e.occurred_at, e.recorded_at, e.hash, e.body
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[], %(seqs)s::integer[])
    AS wanted (shard, member_id, seq)
CROSS JOIN LATERAL (
    SELECT j.member_id, j.seq, j.occurred_at, j.recorded_at, j.hash, j.body
    FROM entry AS j
    WHERE j.shard = wanted.shard AND j.member_id = wanted.member_id AND j.seq = wanted.seq
    OFFSET 0
) AS e

-- name: read_progress
-- purpose: What has come back of some purchases so far.
-- parameters: shards smallint[], members bigint[], seqs integer[], pairwise
-- locks: none
-- rows: one per purchase with a refund
SELECT r.member_id, r.purchase_seq, r.body
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[], %(seqs)s::integer[])
    AS wanted (shard, member_id, seq)
CROSS JOIN LATERAL (
    SELECT p.member_id, p.purchase_seq, p.body
    FROM refund_progress AS p
    WHERE p.shard = wanted.shard AND p.member_id = wanted.member_id
      AND p.purchase_seq = wanted.seq
    OFFSET 0
) AS r

-- name: nearest_checkpoint
-- purpose: The last checkpoint of a member before which everything occurred by an instant, and
--          which no later-recorded entry reached behind: such an entry may have revised what the
--          checkpoint counted.
-- parameters: shard smallint, member_id bigint, occurred_at bigint
-- locks: none
-- rows: at most one
SELECT c.seq, c.latest_occurred_at, c.state
FROM checkpoint AS c
WHERE c.shard = %(shard)s AND c.member_id = %(member_id)s
  AND c.latest_occurred_at <= %(occurred_at)s
  AND NOT EXISTS (
      SELECT FROM entry AS e
      WHERE e.shard = c.shard AND e.member_id = c.member_id AND e.seq > c.seq
        AND e.occurred_at < c.latest_occurred_at
  )
ORDER BY c.seq DESC
LIMIT 1

-- name: entries_after
-- purpose: A member's entries after a sequence number, in recorded order.
-- parameters: shard smallint, member_id bigint, seq integer
-- locks: none
-- rows: one per entry
SELECT e.member_id, e.seq, e.occurred_at, e.recorded_at, e.hash, e.body
FROM entry AS e
WHERE e.shard = %(shard)s AND e.member_id = %(member_id)s AND e.seq > %(seq)s
ORDER BY e.seq
