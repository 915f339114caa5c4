-- Why providers' caches were missed, and what was written to them and never read. Nothing of a prompt is
-- here: what prompts are compared by lies in detail.db.

-- A call that a cache should have served and did not.
CREATE TABLE cache_miss (
  call_id    TEXT    PRIMARY KEY,
  started_at INTEGER NOT NULL,
  key_id     TEXT    NOT NULL,
  channel_id TEXT    NOT NULL,
  model      TEXT    NOT NULL,
  cause      TEXT    NOT NULL,
  facts      TEXT    NOT NULL,                   -- JSON object: what else is known of it
  tokens     INTEGER NOT NULL,                   -- that were not read
  pico       INTEGER                             -- what that cost at most; NULL: no price is known
) STRICT, WITHOUT ROWID;

CREATE INDEX cache_miss_time ON cache_miss (started_at, pico);

-- What a call wrote to a cache of a known life.
CREATE TABLE cache_write (
  call_id    TEXT    PRIMARY KEY,
  started_at INTEGER NOT NULL,
  key_id     TEXT    NOT NULL,
  channel_id TEXT    NOT NULL,
  model      TEXT    NOT NULL,
  tokens     INTEGER NOT NULL,
  used       INTEGER NOT NULL,                   -- of them, how many a later call read
  pico       INTEGER,                            -- what writing them cost beyond plain input; NULL: no price is known
  ends_at    INTEGER NOT NULL,                   -- when its life is over unless it is read again
  summed     INTEGER NOT NULL                    -- its life is over, and cache_sum has it
) STRICT, WITHOUT ROWID;

CREATE INDEX cache_write_open ON cache_write (ends_at) WHERE summed = 0;
CREATE INDEX cache_write_time ON cache_write (started_at);

-- Sums of both by the quarter hour in which the calls started.
CREATE TABLE cache_sum (
  slot       INTEGER NOT NULL,
  key_id     TEXT    NOT NULL,
  channel_id TEXT    NOT NULL,
  model      TEXT    NOT NULL,
  what       TEXT    NOT NULL,                   -- a miss's cause, or wasted
  calls      INTEGER NOT NULL,
  tokens     INTEGER NOT NULL,
  pico       INTEGER NOT NULL,
  unpriced   INTEGER NOT NULL,                   -- of these calls, those whose price nobody knows
  PRIMARY KEY (slot, key_id, channel_id, model, what)
) STRICT, WITHOUT ROWID;
