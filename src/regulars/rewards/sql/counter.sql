-- name: declare_totals
-- purpose: Set totals as a program version says; what is used stays used.
-- parameters: program_id integer; names text[], totals bigint[], pairwise
-- locks: counter rows in the order of their names
-- rows: name, total, used; one per counter
INSERT INTO counter AS c (program_id, name, total)
SELECT %(program_id)s, name, total
FROM unnest(%(names)s::text[], %(totals)s::bigint[]) AS declared (name, total)
ORDER BY name COLLATE "C"
ON CONFLICT (program_id, name) DO UPDATE SET total = greatest(excluded.total, c.used)
RETURNING c.name, c.total, c.used

-- name: set_total
-- purpose: Set one total, never below what is used.
-- parameters: program_id integer; name text; total bigint
-- locks: one counter row
-- rows: name, total, used; none where more is used
INSERT INTO counter AS c (program_id, name, total)
VALUES (%(program_id)s, %(name)s, %(total)s)
ON CONFLICT (program_id, name) DO UPDATE SET total = excluded.total
WHERE c.used <= excluded.total
RETURNING c.name, c.total, c.used

-- name: change_total
-- purpose: Raise or lower one total, never below what is used.
-- parameters: program_id integer; name text; difference bigint
-- locks: one counter row
-- rows: name, total, used; none where more is used, or where there is no such counter
UPDATE counter SET total = total + %(difference)s
WHERE program_id = %(program_id)s AND name = %(name)s AND total + %(difference)s >= used
RETURNING name, total, used

-- name: read_levels
-- purpose: Counters as they stand: those named, or all of a program.
-- parameters: program_id integer; names text[] or null
-- locks: none
-- rows: name, total, used; one per counter found
SELECT name, total, used
FROM counter
WHERE program_id = %(program_id)s
  AND (%(names)s::text[] IS NULL OR name = ANY (%(names)s::text[]))
ORDER BY name COLLATE "C"
