-- name: read_member
-- purpose: A member's state and open lots as of one moment: one statement, so one snapshot.
-- parameters: shard smallint, member_id bigint
-- locks: none
-- rows: one, none where there is no such member; the lots as arrays by column, NULL for none
SELECT m.member_id, m.program_id, m.seq, m.head, m.state, l.*
FROM member_state AS m
CROSS JOIN LATERAL (
    SELECT array_agg(o.lot), array_agg(o.currency), array_agg(o.remaining),
           array_agg(o.earned_at), array_agg(o.active_at), array_agg(o.expires_at),
           array_agg(o.rule), array_agg(o.pending), array_agg(o.for_seq), array_agg(o.seq)
    FROM lot AS o
    WHERE o.shard = m.shard AND o.member_id = m.member_id
) AS l
WHERE m.shard = %(shard)s AND m.member_id = %(member_id)s

-- name: history
-- purpose: A page of a member's entries, newest first.
-- parameters: shard smallint, member_id bigint, before integer (seq, exclusive), most integer
-- locks: none
-- rows: one per entry
SELECT e.member_id, e.seq, e.occurred_at, e.recorded_at, e.hash, e.body
FROM entry AS e
WHERE e.shard = %(shard)s AND e.member_id = %(member_id)s AND e.seq < %(before)s
ORDER BY e.seq DESC
LIMIT %(most)s

-- name: all_progress
-- purpose: What has come back of all purchases of a member.
-- parameters: shard smallint, member_id bigint
-- locks: none
-- rows: one per purchase with a refund
SELECT r.member_id, r.purchase_seq, r.body
FROM refund_progress AS r
WHERE r.shard = %(shard)s AND r.member_id = %(member_id)s

-- name: feed
-- purpose: Groups after a cursor that no transaction in flight can still come before.
-- parameters: program_id, generation integer, xid text, outbox_id bigint, most integer
-- locks: none
-- rows: one per group, in feed order
SELECT o.generation, o.xid::text::bigint, o.outbox_id, o.recorded_at, o.members, o.seqs
FROM outbox AS o
CROSS JOIN feed_generation AS g
WHERE o.program_id = %(program_id)s
  AND (o.generation, o.xid, o.outbox_id)
      >= (%(generation)s::integer, %(xid)s::text::xid8, %(outbox_id)s::bigint)
  AND (o.generation < g.generation OR o.xid < pg_snapshot_xmin(pg_current_snapshot()))
ORDER BY o.generation, o.xid, o.outbox_id
LIMIT %(most)s

-- name: oldest_unseen
-- purpose: When the oldest group was recorded that the feed does not show yet, since a transaction
--          in flight could still come before it. Looked for in each program's tail of the index.
-- parameters: none
-- locks: none
-- rows: one; null where nothing is kept back
SELECT min(tail.recorded_at)
FROM program AS p
CROSS JOIN feed_generation AS g
CROSS JOIN LATERAL (
    SELECT o.recorded_at
    FROM outbox AS o
    WHERE o.program_id = p.program_id AND o.generation = g.generation
      AND o.xid >= pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY o.xid, o.outbox_id
    LIMIT 1
) AS tail

-- name: first_watermark
-- purpose: Begin the watermark of a program.
-- parameters: program_id
-- locks: none
-- rows: none
INSERT INTO account_watermark (program_id, generation, xid, outbox_id)
VALUES (%(program_id)s, 0, '0'::xid8, 0)
ON CONFLICT (program_id) DO NOTHING

-- name: lock_watermark
-- purpose: The watermark of a program's account totals, for one advancer at a time.
-- parameters: program_id
-- locks: the watermark row, FOR UPDATE
-- rows: at most one
SELECT w.generation, w.xid::text::bigint, w.outbox_id
FROM account_watermark AS w
WHERE w.program_id = %(program_id)s
FOR UPDATE

-- name: totals_after
-- purpose: The totals of the groups after the watermark that are sure to be all there.
-- parameters: program_id, generation integer, xid text, outbox_id bigint, most integer
-- locks: none
-- rows: one per group, in feed order
SELECT o.generation, o.xid::text::bigint, o.outbox_id, o.totals
FROM outbox AS o
CROSS JOIN feed_generation AS g
WHERE o.program_id = %(program_id)s
  AND (o.generation, o.xid, o.outbox_id)
      > (%(generation)s::integer, %(xid)s::text::xid8, %(outbox_id)s::bigint)
  AND (o.generation < g.generation OR o.xid < pg_snapshot_xmin(pg_current_snapshot()))
ORDER BY o.generation, o.xid, o.outbox_id
LIMIT %(most)s

-- name: add_totals
-- purpose: Add to account totals.
-- parameters: program_id, currencies text[], accounts smallint[], amounts text[]
-- locks: account_total rows, under the watermark's lock
-- rows: none
INSERT INTO account_total AS t (program_id, currency, account, amount)
SELECT %(program_id)s::integer, w.currency, w.account, w.amount::numeric
FROM unnest(%(currencies)s::text[], %(accounts)s::smallint[], %(amounts)s::text[])
    AS w (currency, account, amount)
ON CONFLICT (program_id, currency, account) DO UPDATE SET amount = t.amount + excluded.amount

-- name: move_watermark
-- purpose: Say up to where the totals are summed.
-- parameters: program_id, generation, xid text, outbox_id
-- locks: the watermark row
-- rows: none
UPDATE account_watermark
SET generation = %(generation)s, xid = %(xid)s::text::xid8, outbox_id = %(outbox_id)s
WHERE program_id = %(program_id)s

-- name: read_totals
-- purpose: The account totals up to the watermark.
-- parameters: program_id
-- locks: none
-- rows: one per currency and account
SELECT t.currency, t.account, t.amount
FROM account_total AS t
WHERE t.program_id = %(program_id)s
ORDER BY t.currency, t.account
