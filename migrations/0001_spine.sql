-- The spine: programs, members, claims, journal, lots, state, holds' counters, outbox.
-- Three kinds of table (docs/architecture.md): MEMBER tables lead their keys with shard, member_id;
-- CLAIM tables with program_id and the claimed key; COUNTER tables are reserved by row.
-- Instants are bigint microseconds since 1970-01-01T00:00:00Z, as everywhere in Regulars.

-- reference ---------------------------------------------------------------------------------

CREATE TABLE program (
    program_id    integer PRIMARY KEY,
    slug          text NOT NULL UNIQUE,
    epoch         bigint NOT NULL DEFAULT 0,
    created_at    bigint NOT NULL
);
COMMENT ON COLUMN program.epoch IS 'grows with every publication; checked inside each write transaction';

CREATE TABLE program_version (
    program_id     integer NOT NULL REFERENCES program,
    version        integer NOT NULL,
    document       text NOT NULL,
    digest         bytea NOT NULL,
    effective_from bigint NOT NULL,
    published_at   bigint NOT NULL,
    published_by   text NOT NULL,
    PRIMARY KEY (program_id, version),
    CHECK (effective_from >= published_at OR version = 1)
);

CREATE TABLE api_key (
    key_id       text PRIMARY KEY,
    program_id   integer NOT NULL REFERENCES program,
    secret_hash  bytea NOT NULL,
    name         text NOT NULL,
    scopes       text[] NOT NULL,
    backdate_us  bigint NOT NULL,
    created_at   bigint NOT NULL,
    revoked_at   bigint
);

-- member tables -----------------------------------------------------------------------------

CREATE TABLE member (
    member_id   bigint NOT NULL,
    enrolled_at bigint NOT NULL,
    program_id  integer NOT NULL,
    shard       smallint NOT NULL,
    erased_at   bigint,
    PRIMARY KEY (shard, member_id),
    CHECK (shard = (member_id & 1023))
);

-- Personal data only here and in identifier (hashes) and name_word (hashes). profile is encrypted
-- under the member's data key, which is wrapped by the master key master_key_id; erasure deletes
-- the row, and with the key everything that was ever encrypted under it.
CREATE TABLE member_profile (
    member_id     bigint NOT NULL,
    shard         smallint NOT NULL,
    master_key_id text NOT NULL,
    wrapped_key   bytea NOT NULL,
    profile       bytea NOT NULL,
    PRIMARY KEY (shard, member_id)
);

-- state: positional msgpack of core.state.MemberState, the fold of all effects up to seq. Some windows
-- of a year make it larger than 2 kB, from where on PostgreSQL would try to compress it or move it
-- out of line with every event: it stays in its row up to a page.
CREATE TABLE member_state (
    member_id  bigint NOT NULL,
    due_day    integer,
    seq        integer NOT NULL DEFAULT 0,
    program_id integer NOT NULL,
    shard      smallint NOT NULL,
    head       bytea NOT NULL,
    state      bytea NOT NULL,
    PRIMARY KEY (shard, member_id)
) WITH (fillfactor = 80, toast_tuple_target = 8160);
COMMENT ON COLUMN member_state.due_day IS
    'day number (UTC) before which nothing is due; coarse, so that an update seldom touches its index';
COMMENT ON COLUMN member_state.head IS 'hash of the member''s last journal entry';
CREATE INDEX member_state_due ON member_state (due_day) WHERE due_day IS NOT NULL;

-- The journal. body: positional msgpack of core.decision.Entry; hash: see ledger/hashing.py.
CREATE TABLE entry (
    member_id   bigint NOT NULL,
    occurred_at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    seq         integer NOT NULL,
    shard       smallint NOT NULL,
    hash        bytea NOT NULL,
    body        bytea NOT NULL,
    PRIMARY KEY (shard, member_id, seq)
);
ALTER TABLE entry ALTER COLUMN body SET STORAGE EXTERNAL;

-- One posting is one row and zero-sum by construction. Written with its entry, read by verify and
-- by reports in bulk, never by key: an index would cost a random page per event (decision 0004).
CREATE TABLE posting (
    member_id bigint NOT NULL,
    amount    bigint NOT NULL CHECK (amount > 0),
    lot       integer NOT NULL,
    seq       integer NOT NULL,
    shard     smallint NOT NULL,
    debit     smallint NOT NULL,
    credit    smallint NOT NULL CHECK (credit <> debit),
    currency  text NOT NULL
);

-- Open lots only (remaining > 0): a projection of the journal. A lot drawn to zero is deleted and
-- comes back when a refund restores it.
CREATE TABLE lot (
    member_id  bigint NOT NULL,
    remaining  bigint NOT NULL CHECK (remaining > 0),
    earned_at  bigint NOT NULL,
    active_at  bigint NOT NULL,
    expires_at bigint NOT NULL,
    lot        integer NOT NULL,
    seq        integer NOT NULL,
    for_seq    integer NOT NULL DEFAULT 0,
    shard      smallint NOT NULL,
    pending    boolean NOT NULL,
    currency   text NOT NULL,
    rule       text NOT NULL,
    PRIMARY KEY (shard, member_id, lot)
);
-- The lots that time changes by itself, by when: what is due is found without reading all of a
-- member's lots (ledger/sql/load.sql asks with the same expression; decision 0017).
CREATE INDEX lot_due ON lot (shard, member_id, least(
    CASE WHEN pending AND active_at > 0 THEN active_at END,
    CASE WHEN expires_at > 0 THEN expires_at END)) WHERE pending OR expires_at > 0;

-- What has come back of a purchase so far: msgpack of core.effects.RefundProgress (a projection).
CREATE TABLE refund_progress (
    member_id    bigint NOT NULL,
    purchase_seq integer NOT NULL,
    shard        smallint NOT NULL,
    body         bytea NOT NULL,
    PRIMARY KEY (shard, member_id, purchase_seq)
);

-- State every so many entries, so that a late event refolds from nearby.
CREATE TABLE checkpoint (
    member_id          bigint NOT NULL,
    latest_occurred_at bigint NOT NULL,
    seq                integer NOT NULL,
    shard              smallint NOT NULL,
    state              bytea NOT NULL,
    PRIMARY KEY (shard, member_id, seq)
);

-- claim tables ------------------------------------------------------------------------------

-- key: first 16 bytes of SHA-256 over source and event id (ledger/identity.py), so that a client's
-- long ids cost nothing; digest: 8 bytes of keyed BLAKE2b over the canonical body.
CREATE TABLE event_claim (
    key        uuid NOT NULL,
    digest     bigint NOT NULL,
    member_id  bigint NOT NULL,
    program_id integer NOT NULL,
    seq        integer NOT NULL,
    PRIMARY KEY (program_id, key)
);

CREATE TABLE identifier (
    program_id integer NOT NULL,
    kind       text NOT NULL,
    hash       bytea NOT NULL,
    member_id  bigint NOT NULL,
    PRIMARY KEY (program_id, kind, hash)
);
CREATE INDEX identifier_member ON identifier (program_id, member_id);

CREATE TABLE name_word (
    program_id integer NOT NULL,
    hash       bytea NOT NULL,
    member_id  bigint NOT NULL,
    PRIMARY KEY (program_id, hash, member_id)
);
CREATE INDEX name_word_member ON name_word (program_id, member_id);

-- An Idempotency-Key covers a request for 7 days: same digest, the stored answer; other digest, 409.
CREATE TABLE request_claim (
    program_id integer NOT NULL,
    key        text NOT NULL,
    digest     bytea NOT NULL,
    status     smallint,
    answer     bytea,
    created_at bigint NOT NULL,
    PRIMARY KEY (program_id, key)
);
CREATE INDEX request_claim_age ON request_claim (created_at);

-- A refund that came before its purchase waits here, visibly, until expires_at.
CREATE TABLE parked (
    program_id   integer NOT NULL,
    awaits       uuid NOT NULL,
    key          uuid NOT NULL,
    digest       bigint NOT NULL,
    occurred_at  bigint NOT NULL,
    parked_at    bigint NOT NULL,
    expires_at   bigint NOT NULL,
    outcome      text NOT NULL DEFAULT 'waiting',
    body         bytea NOT NULL,
    PRIMARY KEY (program_id, key)
);
CREATE INDEX parked_awaits ON parked (program_id, awaits) WHERE outcome = 'waiting';

-- Erasures: the list that a restored backup is brought up to date with. No personal data.
CREATE TABLE erasure (
    program_id integer NOT NULL,
    member_id  bigint NOT NULL,
    erased_at  bigint NOT NULL,
    PRIMARY KEY (program_id, member_id)
);

-- counter tables ----------------------------------------------------------------------------

CREATE TABLE counter (
    program_id integer NOT NULL,
    name       text NOT NULL,
    total      bigint NOT NULL,
    used       bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (program_id, name),
    CHECK (used >= 0 AND used <= total)
);

-- One thing reserved for one event: amount of counter name, or one code of the pool in voucher/<pool>.
-- reservation: made from event_key, name and a number, so that a repeated event finds its own.
CREATE TABLE reservation (
    program_id  integer NOT NULL,
    reservation uuid NOT NULL,
    name        text NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    state       text NOT NULL CHECK (state IN ('reserved', 'used', 'released')),
    made_at     bigint NOT NULL,
    event_key   uuid NOT NULL,
    PRIMARY KEY (program_id, reservation)
);
CREATE INDEX reservation_open ON reservation (made_at) WHERE state = 'reserved';

-- code: encrypted under the pool's data key. A withdrawn code was shown to a member whose redemption
-- was refunded: it is never given out again.
CREATE TABLE voucher (
    program_id  integer NOT NULL,
    pool        text NOT NULL,
    code_hash   bytea NOT NULL,
    code        bytea NOT NULL,
    reservation uuid,
    withdrawn   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (program_id, pool, code_hash)
);
CREATE INDEX voucher_free ON voucher (program_id, pool) WHERE reservation IS NULL AND NOT withdrawn;
CREATE UNIQUE INDEX voucher_reserved ON voucher (program_id, reservation)
    WHERE reservation IS NOT NULL;

CREATE TABLE voucher_pool (
    program_id  integer NOT NULL,
    pool        text NOT NULL,
    wrapped_key bytea NOT NULL,
    PRIMARY KEY (program_id, pool)
);
COMMENT ON COLUMN voucher_pool.wrapped_key IS 'data key of the pool''s codes, wrapped by a master key';

-- a move between two members whose second step has not been recorded yet; event: msgpack of MoveIn
CREATE TABLE open_move (
    program_id  integer NOT NULL,
    from_member bigint NOT NULL,
    from_seq    integer NOT NULL,
    to_member   bigint NOT NULL,
    made_at     bigint NOT NULL,
    event       bytea NOT NULL,
    PRIMARY KEY (program_id, from_member, from_seq)
);
CREATE INDEX open_move_to ON open_move (program_id, to_member);

-- the feed ----------------------------------------------------------------------------------

-- A restored backup starts a new generation: transaction ids begin anew in another cluster, and the
-- rows of older generations are all committed and keep their place.
CREATE TABLE feed_generation (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    generation integer NOT NULL
);
INSERT INTO feed_generation (generation) VALUES (1);

-- One row per committed group and program. xid orders what commits late; totals are the group's
-- program-side sums per account and currency, so that account totals never cost a hot row.
CREATE TABLE outbox (
    outbox_id   bigint GENERATED ALWAYS AS IDENTITY,
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    recorded_at bigint NOT NULL,
    generation  integer NOT NULL,
    program_id  integer NOT NULL,
    members     bigint[] NOT NULL,
    seqs        integer[] NOT NULL,
    totals      bytea NOT NULL,
    PRIMARY KEY (program_id, generation, xid, outbox_id)
);

-- Program-side account totals up to the watermark (generation, xid, outbox_id).
CREATE TABLE account_total (
    program_id integer NOT NULL,
    currency   text NOT NULL,
    account    smallint NOT NULL,
    amount     numeric NOT NULL,
    PRIMARY KEY (program_id, currency, account)
);
CREATE TABLE account_watermark (
    program_id integer PRIMARY KEY,
    generation integer NOT NULL,
    xid        xid8 NOT NULL,
    outbox_id  bigint NOT NULL
);

-- rights: the application appends to the journal and can never rewrite it -------------------

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'regulars_app') THEN
        BEGIN
            CREATE ROLE regulars_app NOLOGIN;
        EXCEPTION WHEN duplicate_object THEN NULL;
        END;
    END IF;
    EXECUTE format('GRANT regulars_app TO %I', current_user);
END
$$;
GRANT SELECT, INSERT ON entry, posting, outbox, checkpoint, program_version, erasure TO regulars_app;
GRANT SELECT, INSERT, UPDATE ON program, api_key, member, member_state, refund_progress, event_claim,
    request_claim, parked, counter, reservation, voucher, voucher_pool, account_total, account_watermark
    TO regulars_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON lot, member_profile, identifier, name_word, open_move
    TO regulars_app;
GRANT SELECT ON feed_generation TO regulars_app;
GRANT DELETE ON request_claim, parked, refund_progress TO regulars_app;
