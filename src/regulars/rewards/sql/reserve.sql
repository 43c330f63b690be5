-- name: take_reservations
-- purpose: Record reservations for an event, anew where they had been released. Those that stand
--          already are passed over.
-- parameters: program_id integer; event_key uuid; made_at bigint; reservations uuid[],
--             names text[], amounts bigint[], pairwise
-- locks: reservation rows in the order of their ids; waits for a parallel attempt of the event
-- rows: reservation; one per reservation that has to be filled now
INSERT INTO reservation AS r (program_id, reservation, name, amount, state, made_at, event_key)
SELECT %(program_id)s, reservation, name, amount, 'reserved', %(made_at)s, %(event_key)s
FROM unnest(%(reservations)s::uuid[], %(names)s::text[], %(amounts)s::bigint[])
    AS wanted (reservation, name, amount)
ORDER BY reservation
ON CONFLICT (program_id, reservation) DO UPDATE
SET state = 'reserved', made_at = excluded.made_at, amount = excluded.amount
WHERE r.state = 'released'
RETURNING r.reservation

-- name: read_codes
-- purpose: The voucher codes that reservations have claimed.
-- parameters: program_id integer; reservations uuid[]
-- locks: none
-- rows: reservation, pool, wrapped_key, code; one per reservation with a code
SELECT v.reservation, v.pool, p.wrapped_key, v.code
FROM voucher AS v
JOIN voucher_pool AS p USING (program_id, pool)
WHERE v.program_id = %(program_id)s AND v.reservation = ANY (%(reservations)s::uuid[])

-- name: take_from_counter
-- purpose: Use up some of a counter, if so much is left.
-- parameters: program_id integer; name text; amount bigint
-- locks: one counter row; an event's counters are taken in the order of their names
-- rows: name; none where less is left, or where there is no such counter
UPDATE counter SET used = used + %(amount)s
WHERE program_id = %(program_id)s AND name = %(name)s AND used + %(amount)s <= total
RETURNING name

-- name: claim_codes
-- purpose: Give each of some reservations one free code of a pool.
-- parameters: program_id integer; pool text; reservations uuid[]; wanted integer: how many
-- locks: the rows of the codes, passing over those that others are about to claim
-- rows: reservation; fewer than asked for where the pool runs dry
WITH free AS MATERIALIZED (
    SELECT code_hash
    FROM voucher
    WHERE program_id = %(program_id)s AND pool = %(pool)s
      AND reservation IS NULL AND NOT withdrawn
    LIMIT %(wanted)s
    FOR UPDATE SKIP LOCKED
), paired AS (
    SELECT f.code_hash, r.reservation
    FROM (SELECT code_hash, row_number() OVER () AS number FROM free) AS f
    JOIN unnest(%(reservations)s::uuid[]) WITH ORDINALITY AS r (reservation, number) USING (number)
)
UPDATE voucher AS v SET reservation = paired.reservation
FROM paired
WHERE v.program_id = %(program_id)s AND v.pool = %(pool)s AND v.code_hash = paired.code_hash
RETURNING v.reservation

-- name: mark_used
-- purpose: Say that recorded decisions used these reservations.
-- parameters: program_id integer; reservations uuid[], sorted
-- locks: reservation rows in the order of the array
-- rows: reservation; one per reservation that stands
WITH locked AS MATERIALIZED (
    SELECT r.reservation
    FROM unnest(%(reservations)s::uuid[]) AS wanted (reservation)
    CROSS JOIN LATERAL (
        SELECT c.reservation
        FROM reservation AS c
        WHERE c.program_id = %(program_id)s AND c.reservation = wanted.reservation
          AND c.state <> 'released'
        FOR UPDATE
    ) AS r
)
UPDATE reservation AS u SET state = 'used'
FROM locked
WHERE u.program_id = %(program_id)s AND u.reservation = locked.reservation
RETURNING u.reservation

-- name: mark_released
-- purpose: Say that these reservations go back, of those that are in a certain state.
-- parameters: program_id integer; reservations uuid[], sorted; state text
-- locks: reservation rows in the order of the array
-- rows: reservation, name, amount; one per reservation that was in that state
WITH locked AS MATERIALIZED (
    SELECT r.reservation
    FROM unnest(%(reservations)s::uuid[]) AS wanted (reservation)
    CROSS JOIN LATERAL (
        SELECT c.reservation
        FROM reservation AS c
        WHERE c.program_id = %(program_id)s AND c.reservation = wanted.reservation
          AND c.state = %(state)s
        FOR UPDATE
    ) AS r
)
UPDATE reservation AS u SET state = 'released'
FROM locked
WHERE u.program_id = %(program_id)s AND u.reservation = locked.reservation
RETURNING u.reservation, u.name, u.amount

-- name: return_to_counter
-- purpose: Put back what a released reservation had taken.
-- parameters: program_id integer; name text; amount bigint
-- locks: one counter row; several are returned in the order of their names
-- rows: none
UPDATE counter SET used = used - %(amount)s
WHERE program_id = %(program_id)s AND name = %(name)s

-- name: return_codes
-- purpose: Make the codes of released reservations free again, or withdraw them.
-- parameters: program_id integer; reservations uuid[]; withdrawn boolean
-- locks: the rows of the codes, whose reservations are locked
-- rows: none
UPDATE voucher SET reservation = NULL, withdrawn = %(withdrawn)s
WHERE program_id = %(program_id)s AND reservation = ANY (%(reservations)s::uuid[])

-- name: stale_reservations
-- purpose: Reservations that were neither used nor released for long, and whether their event was
--          recorded all the same. All programs: it is a server's housekeeping.
-- parameters: older_than bigint; row_limit integer
-- locks: reservation rows, FOR UPDATE, passing over those that a decision is settling
-- rows: program_id, reservation, recorded; at most row_limit
SELECT r.program_id, r.reservation,
       EXISTS (SELECT FROM event_claim AS e
               WHERE e.program_id = r.program_id AND e.key = r.event_key) AS recorded
FROM reservation AS r
WHERE r.state = 'reserved' AND r.made_at < %(older_than)s
ORDER BY r.made_at
LIMIT %(row_limit)s
FOR UPDATE OF r SKIP LOCKED
