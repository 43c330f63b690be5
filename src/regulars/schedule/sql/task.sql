-- name: wait_for_task
-- purpose: Let the lock's transaction wait, idle, for as long as its task works elsewhere; cut off
--          after the usual minute, it would let a second process in.
-- parameters: none
-- locks: none
-- rows: none
SET LOCAL idle_in_transaction_session_timeout = 0

-- name: try_lock
-- purpose: Let one process at a time run a periodic task, until its transaction ends.
-- parameters: lock_class integer, task integer
-- locks: the advisory lock (lock_class, task), tried and not waited for
-- rows: one: whether the lock was had
SELECT pg_try_advisory_xact_lock(%(lock_class)s, %(task)s)
