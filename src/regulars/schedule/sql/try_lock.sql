-- purpose: Let one process at a time run a periodic task, until its transaction ends.
-- parameters: lock_class integer, task integer
-- locks: the advisory lock (lock_class, task), tried and not waited for
-- rows: one: whether the lock was had
SELECT pg_try_advisory_xact_lock(%(lock_class)s, %(task)s)
