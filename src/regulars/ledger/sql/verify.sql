-- name: members_after
-- purpose: A page of members with their states, in journal order.
-- parameters: shard smallint, member_id bigint (exclusive), most integer
-- locks: none
-- rows: one per member
SELECT s.shard, s.member_id, s.program_id, s.seq, s.head, s.state, s.due_day, m.enrolled_at
FROM member_state AS s
JOIN member AS m ON m.shard = s.shard AND m.member_id = s.member_id
WHERE (s.shard, s.member_id) > (%(shard)s::smallint, %(member_id)s::bigint)
ORDER BY s.shard, s.member_id
LIMIT %(most)s

-- name: members_of
-- purpose: Some members with their states.
-- parameters: shards smallint[], members bigint[], pairwise
-- locks: none of its own
-- rows: one per member found
SELECT s.shard, s.member_id, s.program_id, s.seq, s.head, s.state, s.due_day, m.enrolled_at
FROM unnest(%(shards)s::smallint[], %(members)s::bigint[]) AS wanted (shard, member_id)
JOIN member_state AS s ON s.shard = wanted.shard AND s.member_id = wanted.member_id
JOIN member AS m ON m.shard = s.shard AND m.member_id = s.member_id

-- name: entries_of
-- purpose: All entries of some members.
-- parameters: shards smallint[], members bigint[], pairwise
-- locks: none
-- rows: one per entry, in (shard, member_id, seq) order
SELECT e.member_id, e.seq, e.occurred_at, e.recorded_at, e.hash, e.body
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

-- name: posting_sums
-- purpose: Postings summed per member and pair of accounts, to be held against the fold.
-- parameters: none
-- locks: none
-- rows: one per member, currency, debit and credit, in (shard, member_id) order
SELECT p.shard, p.member_id, p.currency, p.debit, p.credit, sum(p.amount)::bigint, count(*)
FROM posting AS p
GROUP BY p.shard, p.member_id, p.currency, p.debit, p.credit
ORDER BY p.shard, p.member_id

-- name: counts
-- purpose: How many entries, claims, feed items and postings there are.
-- parameters: none
-- locks: none
-- rows: one
SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM event_claim),
       (SELECT coalesce(sum(cardinality(members)), 0)::bigint FROM outbox),
       (SELECT count(*) FROM posting), (SELECT count(*) FROM lot)

-- name: claims_astray
-- purpose: Claims that name an entry that does not exist.
-- parameters: none
-- locks: none
-- rows: one per such claim, at most 100
SELECT c.member_id, c.seq
FROM event_claim AS c
LEFT JOIN entry AS e
    ON e.shard = (c.member_id & 1023)::smallint AND e.member_id = c.member_id AND e.seq = c.seq
WHERE e.seq IS NULL
LIMIT 100

-- name: feed_totals
-- purpose: The totals of all groups, to be held against the postings.
-- parameters: none
-- locks: none
-- rows: one per group
SELECT o.program_id, o.totals FROM outbox AS o

-- name: account_sums
-- purpose: Postings summed per program, currency and account.
-- parameters: none
-- locks: none
-- rows: one per program, currency and account
SELECT s.program_id, a.currency, a.account, sum(a.amount)::bigint
FROM (
    SELECT p.shard, p.member_id, p.currency, p.debit AS account, -p.amount AS amount
    FROM posting AS p
    UNION ALL
    SELECT p.shard, p.member_id, p.currency, p.credit, p.amount
    FROM posting AS p
) AS a
JOIN member_state AS s ON s.shard = a.shard AND s.member_id = a.member_id
WHERE a.account >= 10
GROUP BY s.program_id, a.currency, a.account
