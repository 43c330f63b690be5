-- name: append_entries
-- purpose: Append a group's entries to the journal, with their postings, and claim the identities of
--          its events; a duplicate key fails the group. One statement, since each costs something
--          by itself, on both sides.
-- parameters: shards, members, seqs, occurred, recorded, hashes, bodies, pairwise; program_ids,
--             keys, digests, claim_members, claim_seqs, pairwise, sorted by (program_id, key);
--             posting_shards, posting_members, posting_seqs, lots, debits, credits, currencies,
--             amounts, pairwise
-- locks: the claims' index entries, in the order of the arrays: two groups never wait for one
--        another; the members are locked
-- rows: none
WITH appended AS (
    INSERT INTO entry (shard, member_id, seq, occurred_at, recorded_at, hash, body)
    SELECT * FROM unnest(
        %(shards)s::smallint[], %(members)s::bigint[], %(seqs)s::integer[],
        %(occurred)s::bigint[], %(recorded)s::bigint[], %(hashes)s::bytea[], %(bodies)s::bytea[])
), posted AS (
    INSERT INTO posting (shard, member_id, seq, lot, debit, credit, currency, amount)
    SELECT * FROM unnest(
        %(posting_shards)s::smallint[], %(posting_members)s::bigint[],
        %(posting_seqs)s::integer[], %(lots)s::integer[], %(debits)s::smallint[],
        %(credits)s::smallint[], %(currencies)s::text[], %(amounts)s::bigint[])
)
INSERT INTO event_claim (program_id, key, digest, member_id, seq)
SELECT * FROM unnest(
    %(program_ids)s::integer[], %(keys)s::uuid[], %(digests)s::bigint[],
    %(claim_members)s::bigint[], %(claim_seqs)s::integer[])

-- name: put_lots
-- purpose: Bring changed lots up to date; restored ones, gone since they were drawn to zero, come
--          back.
-- parameters: shards, members, lots, currencies, remaining, earned, active, expires, rules,
--             pending, for_seqs, seqs, pairwise
-- locks: lot rows of locked members
-- rows: none
INSERT INTO lot (shard, member_id, lot, currency, remaining, earned_at, active_at, expires_at,
                 rule, pending, for_seq, seq)
SELECT * FROM unnest(
    %(shards)s::smallint[], %(members)s::bigint[], %(lots)s::integer[], %(currencies)s::text[],
    %(remaining)s::bigint[], %(earned)s::bigint[], %(active)s::bigint[], %(expires)s::bigint[],
    %(rules)s::text[], %(pending)s::boolean[], %(for_seqs)s::integer[], %(seqs)s::integer[])
ON CONFLICT (shard, member_id, lot) DO UPDATE
SET remaining = excluded.remaining, active_at = excluded.active_at,
    expires_at = excluded.expires_at, pending = excluded.pending

-- name: delete_lots
-- purpose: Take lots that were drawn to zero out of the open ones.
-- parameters: shards, members, lots, pairwise
-- locks: lot rows of locked members
-- rows: none
DELETE FROM lot AS l
USING unnest(%(shards)s::smallint[], %(members)s::bigint[], %(lots)s::integer[])
    AS gone (shard, member_id, lot)
WHERE l.shard = gone.shard AND l.member_id = gone.member_id AND l.lot = gone.lot

-- name: write_states
-- purpose: Write the members' states after the group, and insert the lots that it has opened. They
--          are most of the lots that change, and a plain insertion costs a third less, in time and
--          in the log, than one that looks for a conflict first.
-- parameters: state_shards, state_members, state_seqs, due_days (-1 for none), heads, states,
--             pairwise; shards, members, lots, currencies, remaining, earned, active, expires,
--             rules, pending, for_seqs, seqs, pairwise
-- locks: rows locked by lock_members
-- rows: none
WITH opened AS (
    INSERT INTO lot (shard, member_id, lot, currency, remaining, earned_at, active_at, expires_at,
                     rule, pending, for_seq, seq)
    SELECT * FROM unnest(
        %(shards)s::smallint[], %(members)s::bigint[], %(lots)s::integer[],
        %(currencies)s::text[], %(remaining)s::bigint[], %(earned)s::bigint[],
        %(active)s::bigint[], %(expires)s::bigint[], %(rules)s::text[], %(pending)s::boolean[],
        %(for_seqs)s::integer[], %(seqs)s::integer[])
)
UPDATE member_state AS m
SET seq = w.seq, due_day = nullif(w.due_day, -1), head = w.head, state = w.state
FROM unnest(
    %(state_shards)s::smallint[], %(state_members)s::bigint[], %(state_seqs)s::integer[],
    %(due_days)s::integer[], %(heads)s::bytea[], %(states)s::bytea[])
    AS w (shard, member_id, seq, due_day, head, state)
WHERE m.shard = w.shard AND m.member_id = w.member_id

-- name: put_progress
-- purpose: Write what has come back of purchases so far.
-- parameters: shards, members, seqs, bodies, pairwise
-- locks: refund_progress rows of locked members
-- rows: none
INSERT INTO refund_progress (shard, member_id, purchase_seq, body)
SELECT * FROM unnest(
    %(shards)s::smallint[], %(members)s::bigint[], %(seqs)s::integer[], %(bodies)s::bytea[])
ON CONFLICT (shard, member_id, purchase_seq) DO UPDATE SET body = excluded.body

-- name: insert_checkpoints
-- purpose: Keep states that late events refold from.
-- parameters: shards, members, seqs, occurred, states, pairwise
-- locks: none
-- rows: none
INSERT INTO checkpoint (shard, member_id, seq, latest_occurred_at, state)
SELECT * FROM unnest(
    %(shards)s::smallint[], %(members)s::bigint[], %(seqs)s::integer[], %(occurred)s::bigint[],
    %(states)s::bytea[])

-- name: insert_outbox
-- purpose: Tell the feed what the group recorded: one row per program. Its place is that of the
--          transaction, or of the last one that has ended by now if that is a later one: a group
--          may have begun, and been given its id, before another that had one of its members first.
--          That one has ended, so a member's entries stand in their order (outbox_id where the
--          places are the same), and no reader has passed a place that is not before its own id.
-- parameters: recorded_at, program_id, members bigint[], seqs integer[], totals bytea
-- locks: none
-- rows: none
INSERT INTO outbox (xid, recorded_at, generation, program_id, members, seqs, totals)
SELECT greatest(pg_current_xact_id(),
                (pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)::text::xid8),
       %(recorded_at)s, g.generation, %(program_id)s, %(members)s, %(seqs)s, %(totals)s
FROM feed_generation AS g
