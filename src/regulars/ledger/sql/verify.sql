-- name: all_members
-- purpose: All members with their states.
-- parameters: none
-- locks: none
-- rows: one per member, in (shard, member_id) order
SELECT s.shard, s.member_id, s.program_id, s.seq, s.head, s.state, s.due_day, m.enrolled_at
FROM member_state AS s
JOIN member AS m ON m.shard = s.shard AND m.member_id = s.member_id
ORDER BY s.shard, s.member_id

-- name: all_entries
-- purpose: The whole journal.
-- parameters: none
-- locks: none
-- rows: one per entry, in (shard, member_id, seq) order
SELECT e.shard, e.member_id, e.seq, e.occurred_at, e.recorded_at, e.hash, e.body
FROM entry AS e
ORDER BY e.shard, e.member_id, e.seq

-- name: all_lots
-- purpose: All open lots.
-- parameters: none
-- locks: none
-- rows: one per lot, in (shard, member_id, lot) order
SELECT l.shard, l.member_id, l.lot, l.currency, l.remaining, l.earned_at, l.active_at,
       l.expires_at, l.rule, l.pending, l.for_seq, l.seq
FROM lot AS l
ORDER BY l.shard, l.member_id, l.lot

-- name: all_refund_progress
-- purpose: All refund progress.
-- parameters: none
-- locks: none
-- rows: one per purchase with a refund, in (shard, member_id, purchase_seq) order
SELECT r.shard, r.member_id, r.purchase_seq, r.body
FROM refund_progress AS r
ORDER BY r.shard, r.member_id, r.purchase_seq

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
-- purpose: How many event identities and feed items there are.
-- parameters: none
-- locks: none
-- rows: one
SELECT (SELECT count(*) FROM event_claim),
       (SELECT coalesce(sum(cardinality(members)), 0)::bigint FROM outbox)

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
