-- name: members_after
-- purpose: A page of members in journal order.
-- parameters: shard smallint, member_id bigint (exclusive), most integer
-- locks: none
-- rows: one per member
SELECT s.shard, s.member_id
FROM member_state AS s
WHERE (s.shard, s.member_id) > (%(shard)s::smallint, %(member_id)s::bigint)
ORDER BY s.shard, s.member_id
LIMIT %(most)s

-- name: members_of
-- purpose: What stands beside the states of some members.
-- parameters: shards smallint[], members bigint[], pairwise
-- locks: none of its own
-- rows: one per member found
SELECT s.shard, s.member_id, s.due_day, m.enrolled_at
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[]) AS wanted (shard, member_id)
JOIN member_state AS s ON s.shard = wanted.shard AND s.member_id = wanted.member_id
JOIN member AS m ON m.shard = s.shard AND m.member_id = s.member_id

-- name: entries_of
-- purpose: All entries of some members.
-- parameters: shards smallint[], members bigint[], pairwise
-- locks: none
-- rows: one per entry, in (shard, member_id, seq) order
SELECT e.shard, e.member_id, e.seq, e.occurred_at, e.recorded_at, e.hash, e.body
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[]) AS wanted (shard, member_id)
JOIN entry AS e ON e.shard = wanted.shard AND e.member_id = wanted.member_id
ORDER BY e.shard, e.member_id, e.seq

-- name: progress_of
-- purpose: All refund progress of some members.
-- parameters: shards smallint[], members bigint[], pairwise
-- locks: none
-- rows: one per purchase with a refund
SELECT r.member_id, r.purchase_seq, r.body
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[]) AS wanted (shard, member_id)
JOIN refund_progress AS r ON r.shard = wanted.shard AND r.member_id = wanted.member_id
