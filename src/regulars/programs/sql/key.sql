-- name: insert_key
-- purpose: Keep a new API key: what it may do and the keyed hash of its secret.
-- parameters: key_id, program_id, secret_hash bytea, name, scopes text[], backdate_us, created_at
-- locks: none beyond the insertion
-- rows: none
INSERT INTO api_key (key_id, program_id, secret_hash, name, scopes, backdate_us, created_at)
VALUES (%(key_id)s, %(program_id)s, %(secret_hash)s, %(name)s, %(scopes)s, %(backdate_us)s,
        %(created_at)s)

-- name: find_key
-- purpose: A key by its public id, revoked or not.
-- parameters: key_id
-- locks: none
-- rows: key_id, program_id, name, scopes, backdate_us, created_at, revoked_at, secret_hash; at
--       most one
SELECT key_id, program_id, name, scopes, backdate_us, created_at, revoked_at, secret_hash
FROM api_key
WHERE key_id = %(key_id)s

-- name: list_keys
-- purpose: The keys of a program.
-- parameters: program_id
-- locks: none
-- rows: key_id, program_id, name, scopes, backdate_us, created_at, revoked_at; oldest first
SELECT key_id, program_id, name, scopes, backdate_us, created_at, revoked_at
FROM api_key
WHERE program_id = %(program_id)s
ORDER BY created_at, key_id

-- name: revoke_key
-- purpose: End a key. A second time changes nothing.
-- parameters: program_id, key_id, revoked_at
-- locks: the key's row
-- rows: key_id, program_id, name, scopes, backdate_us, created_at, revoked_at; at most one
UPDATE api_key SET revoked_at = coalesce(revoked_at, %(revoked_at)s)
WHERE program_id = %(program_id)s AND key_id = %(key_id)s
RETURNING key_id, program_id, name, scopes, backdate_us, created_at, revoked_at
