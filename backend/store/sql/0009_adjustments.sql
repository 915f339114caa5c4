-- What was charged can be looked at again: by the prices of today, by the provider's own figure, and by
-- its own account of a day.

-- What a call was priced by beside its usage, so that it can be priced again; NULL: that was not kept.
ALTER TABLE call ADD COLUMN priced_by TEXT;      -- JSON object

-- An act that priced calls of the past anew.
CREATE TABLE repricing (
  seq        INTEGER PRIMARY KEY,                -- in the order in which they were begun
  id         TEXT    NOT NULL UNIQUE,
  state      TEXT    NOT NULL CHECK (state = 'planning' OR state = 'booking' OR state = 'done' OR state = 'undoing' OR state = 'undone'),
  reason     TEXT    NOT NULL,
  source     TEXT    NOT NULL,                   -- where it was asked for: page, cli
  selection  TEXT    NOT NULL,                   -- JSON object: which calls it looked at
  prices     TEXT    NOT NULL,                   -- the date of the book
  calls      INTEGER NOT NULL DEFAULT 0,         -- that it changed
  old_pico   INTEGER NOT NULL DEFAULT 0,         -- what these were charged before
  new_pico   INTEGER NOT NULL DEFAULT 0,         -- and are charged now
  begun_at   INTEGER NOT NULL,
  ended_at   INTEGER,
  undo_reason TEXT,
  undone_at  INTEGER
) STRICT;

-- A call that a repricing changes, with its other bill: the new one until it is booked, from then on the
-- one before, and the new one again once that was taken back.
CREATE TABLE repricing_call (
  repricing  INTEGER NOT NULL REFERENCES repricing (seq),
  call_seq   INTEGER NOT NULL,
  booked     INTEGER NOT NULL DEFAULT 0,         -- the call has the new bill
  old_pico   INTEGER,                            -- its cost before; NULL: unpriced
  new_pico   INTEGER,
  old_charge INTEGER NOT NULL,
  new_charge INTEGER NOT NULL,
  bill       TEXT    NOT NULL,                   -- JSON object
  PRIMARY KEY (repricing, call_seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX repricing_call_call ON repricing_call (call_seq, repricing);

-- An entry that belongs to a call and is not its charge.
CREATE INDEX entry_of_call ON entry (call_id) WHERE kind <> 'charge' AND call_id IS NOT NULL;

-- Sums of settled calls by the day of UTC, whose days the providers' accounts are, and by the model that was
-- asked of the provider. What a subscription covers is not in them.
CREATE TABLE upstream_day (
  day            INTEGER NOT NULL,
  channel_id     TEXT    NOT NULL,
  provider       TEXT    NOT NULL,
  model          TEXT    NOT NULL,               -- the provider's name for it
  simulated      INTEGER NOT NULL,
  requests       INTEGER NOT NULL,               -- that the provider charges
  unpriced       INTEGER NOT NULL,
  cost_pico      INTEGER NOT NULL,
  input          INTEGER NOT NULL,               -- tokens of every kind that no cache had
  cache_read     INTEGER NOT NULL,
  cache_write_5m INTEGER NOT NULL,               -- with those of an unknown lifetime
  cache_write_1h INTEGER NOT NULL,               -- and longer
  output         INTEGER NOT NULL,
  compared       INTEGER NOT NULL,               -- calls of which the provider's figure and our own sum are known
  reported_pico  INTEGER NOT NULL,               -- the provider's figure of these
  computed_pico  INTEGER NOT NULL,               -- our own sum of these
  uncomputed     INTEGER NOT NULL,               -- calls of which only the provider's figure is known
  worst_pico     INTEGER NOT NULL,               -- the farthest that the two are apart for one call, or farther
  PRIMARY KEY (day, channel_id, provider, model, simulated)
) STRICT, WITHOUT ROWID;

INSERT INTO upstream_day
SELECT started_at - started_at % 86400000 AS day, channel_id, provider, upstream_model, simulated,
  sum(charge_calls),
  sum(cost_pico IS NULL),
  sum(ifnull(cost_pico, 0)),
  sum(ifnull(meters ->> 'input', 0) + ifnull(meters ->> 'input_audio', 0) + ifnull(meters ->> 'input_image', 0)),
  sum(ifnull(meters ->> 'cache_read', 0) + ifnull(meters ->> 'cache_read_audio', 0) + ifnull(meters ->> 'cache_read_image', 0)),
  sum(ifnull(meters ->> 'cache_write_5m', 0) + ifnull(meters ->> 'cache_write', 0)),
  sum(ifnull(meters ->> 'cache_write_1h', 0) + ifnull(meters ->> 'cache_write_12h', 0)),
  sum(ifnull(meters ->> 'output', 0) + ifnull(meters ->> 'output_audio', 0) + ifnull(meters ->> 'output_image', 0)),
  sum(reported_pico IS NOT NULL AND recomputed_pico IS NOT NULL),
  sum(iif(recomputed_pico IS NULL, 0, ifnull(reported_pico, 0))),
  sum(iif(reported_pico IS NULL, 0, ifnull(recomputed_pico, 0))),
  sum(reported_pico IS NOT NULL AND recomputed_pico IS NULL),
  max(ifnull(abs(reported_pico - recomputed_pico), 0))
FROM call WHERE state = 'settled' AND NOT covered
GROUP BY day, channel_id, provider, upstream_model, simulated;

-- The calls to compare, with all that the worst of a day are found by.
CREATE INDEX call_gap ON call (started_at, provider, upstream_model, simulated, reported_pico, recomputed_pico)
  WHERE reported_pico IS NOT NULL AND recomputed_pico IS NOT NULL;

-- A provider's own account of its days, laid beside ours: the result, not the file.
CREATE TABLE reconciliation (
  seq         INTEGER PRIMARY KEY,
  id          TEXT    NOT NULL UNIQUE,
  name        TEXT    NOT NULL,                  -- of the file
  format      TEXT    NOT NULL,
  imported_at INTEGER NOT NULL,
  result      TEXT    NOT NULL                   -- JSON object
) STRICT;
