-- name: claim_request
-- purpose: Claim an Idempotency-Key, also one whose seven days are over, or whose request has come
--   to no answer for so long that it must have died. Waits for a transaction that has claimed it
--   and has not ended.
-- parameters: program_id, key, digest, now, created before which a claim is over, and before which
--   one without an answer is
-- locks: the claim's row
-- rows: one if the claim is ours, none if another request has it
INSERT INTO request_claim AS claim (program_id, key, digest, created_at)
VALUES (%(program_id)s, %(key)s, %(digest)s, %(now)s)
ON CONFLICT (program_id, key) DO UPDATE
SET digest = excluded.digest, status = NULL, answer = NULL, created_at = excluded.created_at
WHERE claim.created_at < %(over_before)s
   OR (claim.status IS NULL AND claim.created_at < %(dead_before)s)
RETURNING 1;

-- name: claimed_request
-- purpose: What another request has claimed this key for, and answered.
-- parameters: program_id, key
-- locks: none
-- rows: one, or none where it was removed in between
SELECT digest, status, answer
FROM request_claim
WHERE program_id = %(program_id)s AND key = %(key)s;

-- name: answer_request
-- purpose: Keep the answer of a claimed request.
-- parameters: program_id, key, status, answer
-- locks: the claim's row, held already
-- rows: none
UPDATE request_claim
SET status = %(status)s, answer = %(answer)s
WHERE program_id = %(program_id)s AND key = %(key)s;

-- name: confirm_request
-- purpose: Tie a key to its request, once it is known that there is something to be tied to.
-- parameters: program_id, key, digest, status, answer
-- locks: the claim's row
-- rows: none
UPDATE request_claim
SET status = %(status)s, answer = %(answer)s
WHERE program_id = %(program_id)s AND key = %(key)s AND digest = %(digest)s AND status IS NULL;

-- name: release_request
-- purpose: Give up a claim whose request has come to nothing.
-- parameters: program_id, key, digest
-- locks: the claim's row
-- rows: none
DELETE FROM request_claim
WHERE program_id = %(program_id)s AND key = %(key)s AND digest = %(digest)s;

-- name: forget_requests
-- purpose: Remove claims whose time is over.
-- parameters: created before, at most so many
-- locks: the rows removed; those that others hold are passed over
-- rows: none; the count is the answer
DELETE FROM request_claim
WHERE (program_id, key) IN (
    SELECT program_id, key
    FROM request_claim
    WHERE created_at < %(over_before)s
    ORDER BY created_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
);
