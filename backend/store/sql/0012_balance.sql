-- What providers last told of the money that is left, and when they may be asked again.
CREATE TABLE balance (
  channel_id TEXT    NOT NULL REFERENCES channel (id) ON DELETE CASCADE,
  key_id     TEXT    NOT NULL,                   -- of the channel's keys; empty: it has none
  base_url   TEXT    NOT NULL,                   -- that was asked: another one is another account
  amounts    TEXT    NOT NULL,                   -- JSON list, of the last good answer
  fetched_at INTEGER,                            -- of the last good answer; NULL: there was none
  asked_at   INTEGER NOT NULL,
  next_at    INTEGER,                            -- NULL: not before the key is another
  failures   INTEGER NOT NULL,                   -- since the last good answer
  error      TEXT    NOT NULL,                   -- why the last question had no answer; empty: it had one
  PRIMARY KEY (channel_id, key_id)
) STRICT, WITHOUT ROWID;

-- What the last check of an upstream's way of counting cached tokens found.
CREATE TABLE counting (
  channel_id TEXT PRIMARY KEY REFERENCES channel (id) ON DELETE CASCADE,
  base_url   TEXT NOT NULL,                      -- that was asked
  evidence   TEXT NOT NULL                       -- JSON: when, with which model, what its calls reported
) STRICT, WITHOUT ROWID;
