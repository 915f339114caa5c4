-- The ledger's first schema. Money is INTEGER pico-dollars (1e-12), times are
-- INTEGER UTC milliseconds, flags are 0 or 1, and what is not known is NULL.
-- Checks say OR: for a list, IN would build a table on each write.

-- One row for each start of the program. A call whose boot is not the running
-- one and that is still open was interrupted.
CREATE TABLE boot (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at INTEGER NOT NULL
) STRICT;

-- Small facts of the house, by name.
CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Access keys: what is known of them without their secret.
CREATE TABLE access_key (
  id             TEXT PRIMARY KEY,
  name           TEXT    NOT NULL,
  prefix         TEXT    NOT NULL,               -- the secret's first characters, for display
  state          TEXT    NOT NULL,
  models         TEXT    NOT NULL DEFAULT '[]',  -- JSON list of public names; empty: any
  allow_unpriced INTEGER NOT NULL DEFAULT 0,
  on_limit       TEXT    NOT NULL DEFAULT 'finish',
  created_at     INTEGER NOT NULL,
  expires_at     INTEGER,                        -- NULL: never
  last_used_at   INTEGER                         -- NULL: never
) STRICT, WITHOUT ROWID;

-- Digests of access key secrets. After a rotation the old one stays valid for a while.
CREATE TABLE key_digest (
  digest      BLOB PRIMARY KEY,
  key_id      TEXT NOT NULL REFERENCES access_key (id) ON DELETE CASCADE,
  valid_until INTEGER                            -- NULL: the current secret
) STRICT, WITHOUT ROWID;

CREATE INDEX key_digest_key ON key_digest (key_id);

-- Configured accounts at providers.
CREATE TABLE channel (
  id         TEXT PRIMARY KEY,
  name       TEXT    NOT NULL,
  provider   TEXT    NOT NULL,
  dialect    TEXT    NOT NULL,
  base_url   TEXT    NOT NULL,
  models     TEXT    NOT NULL DEFAULT '[]',      -- JSON list of public names; empty: any
  map        TEXT    NOT NULL DEFAULT '{}',      -- JSON object, public name to upstream name
  priority   INTEGER NOT NULL DEFAULT 0,
  weight     INTEGER NOT NULL DEFAULT 1,
  count      TEXT    NOT NULL DEFAULT 'auto',
  price_as   TEXT    NOT NULL DEFAULT '',
  enabled    INTEGER NOT NULL DEFAULT 1,
  state      TEXT    NOT NULL DEFAULT 'untested',
  message    TEXT    NOT NULL DEFAULT '',
  secret     BLOB,                               -- sealed; NULL: none
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Limits. A removed one keeps its row: its windows and entries name it.
CREATE TABLE limit_rule (
  id         TEXT PRIMARY KEY,
  scope      TEXT    NOT NULL,                   -- key, account
  scope_id   TEXT    NOT NULL,                   -- the key's id; '' for the account
  unit       TEXT    NOT NULL,                   -- usd, tokens, calls
  span       TEXT    NOT NULL,                   -- day, week, month, total
  tz         TEXT    NOT NULL,                   -- IANA zone in which the window starts
  amount     INTEGER NOT NULL CHECK (amount >= 0),
  hard       INTEGER NOT NULL,
  place      INTEGER NOT NULL,                   -- its place among its scope's limits
  created_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT, WITHOUT ROWID;

-- What a limit has spent and holds in one window, apart for simulated calls.
CREATE TABLE limit_window (
  limit_id  TEXT    NOT NULL REFERENCES limit_rule (id),
  start     INTEGER NOT NULL,                    -- 0 for a total
  simulated INTEGER NOT NULL,
  spent     INTEGER NOT NULL,
  held      INTEGER NOT NULL CHECK (held >= 0),
  PRIMARY KEY (limit_id, start, simulated)
) STRICT, WITHOUT ROWID;

-- One row for each accepted call, written before its first byte leaves.
CREATE TABLE call (
  seq                INTEGER PRIMARY KEY,
  id                 TEXT    NOT NULL UNIQUE,
  boot_id            INTEGER NOT NULL,
  started_at         INTEGER NOT NULL,
  ended_at           INTEGER,
  key_id             TEXT    NOT NULL,
  key_name           TEXT    NOT NULL,
  channel_id         TEXT    NOT NULL,           -- '': none was reached
  provider           TEXT    NOT NULL,
  dialect            TEXT    NOT NULL,
  op                 TEXT    NOT NULL,
  endpoint           TEXT    NOT NULL,           -- the upstream endpoint that answered
  model              TEXT    NOT NULL,
  upstream_model     TEXT    NOT NULL,
  stream             INTEGER NOT NULL,
  simulated          INTEGER NOT NULL,
  state              TEXT    NOT NULL CHECK (state = 'open' OR state = 'settled' OR state = 'released' OR state = 'refused'),
  hold_pico          INTEGER NOT NULL DEFAULT 0, -- what was set aside, slices included
  hold_tokens        INTEGER NOT NULL DEFAULT 0,
  hold_calls         INTEGER NOT NULL DEFAULT 0,
  progress           TEXT,                       -- JSON object; only while open
  -- What follows is known at the end.
  http_status        INTEGER NOT NULL DEFAULT 0,
  basis              TEXT    NOT NULL DEFAULT '',
  ending             TEXT    NOT NULL DEFAULT '',
  charge_pico        INTEGER NOT NULL DEFAULT 0, -- what counts against limits, in each unit
  charge_tokens      INTEGER NOT NULL DEFAULT 0,
  charge_calls       INTEGER NOT NULL DEFAULT 0,
  cost_pico          INTEGER,                    -- NULL: unpriced
  recomputed_pico    INTEGER,
  reported_pico      INTEGER,
  without_cache_pico INTEGER,
  min_pico           INTEGER,
  max_pico           INTEGER,
  price_status       TEXT    NOT NULL DEFAULT '',
  card               TEXT    NOT NULL DEFAULT '',
  note               TEXT    NOT NULL DEFAULT '',
  meters             TEXT,                       -- JSON object, meter to count
  lines              TEXT,                       -- JSON list
  flags              TEXT,                       -- JSON list
  attempts           TEXT,                       -- JSON list
  usage              TEXT,                       -- the upstream's own object
  error              TEXT                        -- JSON object, kind and message
) STRICT;

CREATE INDEX call_time ON call (started_at);
CREATE INDEX call_key ON call (key_id, started_at);
-- Most calls end settled; the index keeps what is open, released or refused within reach.
CREATE INDEX call_state ON call (state, started_at) WHERE state <> 'settled';

-- What an open call has set aside in one limit's window.
CREATE TABLE hold (
  call_id      TEXT    NOT NULL,
  limit_id     TEXT    NOT NULL,
  window_start INTEGER NOT NULL,
  amount       INTEGER NOT NULL,
  PRIMARY KEY (call_id, limit_id)
) STRICT, WITHOUT ROWID;

-- The book itself: what was charged, to the account (limit_id NULL, pico-dollars) and
-- to each limit that applied (in its unit). Rows are only ever added.
CREATE TABLE entry (
  id           INTEGER PRIMARY KEY,
  call_id      TEXT,                             -- NULL: an adjustment that belongs to no call
  limit_id     TEXT,
  window_start INTEGER,
  simulated    INTEGER NOT NULL,
  kind         TEXT    NOT NULL CHECK (kind = 'charge' OR kind = 'adjust' OR kind = 'reconcile'),
  amount       INTEGER NOT NULL,
  basis        TEXT    NOT NULL,
  at           INTEGER NOT NULL
) STRICT;

-- A call charges the account once, and each limit once.
CREATE UNIQUE INDEX entry_charge ON entry (call_id, ifnull(limit_id, '')) WHERE kind = 'charge';

CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
BEGIN
  SELECT RAISE (ABORT, 'entries are never changed');
END;

CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
BEGIN
  SELECT RAISE (ABORT, 'entries are never deleted');
END;

-- Sums of settled calls by the hour in which they started.
CREATE TABLE rollup (
  hour               INTEGER NOT NULL,
  key_id             TEXT    NOT NULL,
  channel_id         TEXT    NOT NULL,
  provider           TEXT    NOT NULL,
  model              TEXT    NOT NULL,
  simulated          INTEGER NOT NULL,
  calls              INTEGER NOT NULL,
  unpriced           INTEGER NOT NULL,           -- of these calls, those without a cost
  cost_pico          INTEGER NOT NULL,
  charge_pico        INTEGER NOT NULL,
  charge_tokens      INTEGER NOT NULL,
  charge_calls       INTEGER NOT NULL,
  without_cache_pico INTEGER NOT NULL,
  input              INTEGER NOT NULL,
  cache_read         INTEGER NOT NULL,
  cache_write        INTEGER NOT NULL,
  output             INTEGER NOT NULL,
  PRIMARY KEY (hour, key_id, channel_id, provider, model, simulated)
) STRICT, WITHOUT ROWID;
