-- The rollup in quarter hours, so that every zone's midnight is an edge of it, with what an
-- overview of a span needs. It is rebuilt from the calls themselves.

DROP TABLE rollup;

-- Sums of settled calls by the quarter hour in which they started.
CREATE TABLE rollup (
  slot               INTEGER NOT NULL,
  key_id             TEXT    NOT NULL,
  channel_id         TEXT    NOT NULL,
  provider           TEXT    NOT NULL,
  model              TEXT    NOT NULL,
  simulated          INTEGER NOT NULL,
  calls              INTEGER NOT NULL,
  unpriced           INTEGER NOT NULL,           -- of these calls, those without a cost
  estimated          INTEGER NOT NULL,           -- those charged by an estimate or in part
  cut                INTEGER NOT NULL,           -- those that did not come to their end, through no fault of the client
  cost_pico          INTEGER NOT NULL,
  charge_pico        INTEGER NOT NULL,
  charge_tokens      INTEGER NOT NULL,
  charge_calls       INTEGER NOT NULL,
  compared_pico      INTEGER NOT NULL,           -- cost of the calls of which it is known without a cache too
  without_cache_pico INTEGER NOT NULL,           -- what the same calls would have cost without it
  input              INTEGER NOT NULL,           -- tokens of every kind that no cache had
  cache_read         INTEGER NOT NULL,
  cache_write_5m     INTEGER NOT NULL,           -- with those of an unknown lifetime
  cache_write_1h     INTEGER NOT NULL,           -- and longer
  output             INTEGER NOT NULL,
  PRIMARY KEY (slot, key_id, channel_id, provider, model, simulated)
) STRICT, WITHOUT ROWID;

INSERT INTO rollup
SELECT started_at - started_at % 900000 AS slot, key_id, channel_id, provider, model, simulated,
  count(*),
  sum(cost_pico IS NULL),
  sum(basis = 'partial' OR basis = 'estimated'),
  sum(ending = 'upstream_cut' OR ending = 'failed'),
  sum(ifnull(cost_pico, 0)),
  sum(charge_pico),
  sum(charge_tokens),
  sum(charge_calls),
  sum(iif(without_cache_pico IS NULL, 0, ifnull(cost_pico, 0))),
  sum(iif(cost_pico IS NULL, 0, ifnull(without_cache_pico, 0))),
  sum(ifnull(meters ->> 'input', 0) + ifnull(meters ->> 'input_audio', 0) + ifnull(meters ->> 'input_image', 0)),
  sum(ifnull(meters ->> 'cache_read', 0) + ifnull(meters ->> 'cache_read_audio', 0) + ifnull(meters ->> 'cache_read_image', 0)),
  sum(ifnull(meters ->> 'cache_write_5m', 0) + ifnull(meters ->> 'cache_write', 0)),
  sum(ifnull(meters ->> 'cache_write_1h', 0) + ifnull(meters ->> 'cache_write_12h', 0)),
  sum(ifnull(meters ->> 'output', 0) + ifnull(meters ->> 'output_audio', 0) + ifnull(meters ->> 'output_image', 0))
FROM call WHERE state = 'settled'
GROUP BY slot, key_id, channel_id, provider, model, simulated;

-- Each filter of the list of calls finds its rows by an index. What an index leaves out,
-- such as calls that reached no channel, costs nothing to write.
CREATE INDEX call_channel ON call (channel_id, started_at) WHERE channel_id <> '';
CREATE INDEX call_model ON call (model, started_at);
CREATE INDEX call_cost ON call (started_at, seq, cost_pico, charge_pico, simulated) WHERE cost_pico > 0;
CREATE INDEX call_unpriced ON call (started_at) WHERE state = 'settled' AND cost_pico IS NULL;
CREATE INDEX call_failed ON call (started_at)
  WHERE state = 'released' OR state = 'settled' AND (ending = 'upstream_cut' OR ending = 'failed');
