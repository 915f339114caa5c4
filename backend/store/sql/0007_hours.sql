-- The rollup by full hours of UTC too, which are those of nearly every zone: a span of months is read in a quarter of its rows.
CREATE TABLE rollup_hour (
  slot               INTEGER NOT NULL,           -- the hour's begin
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

INSERT INTO rollup_hour
SELECT slot - slot % 3600000 AS hour, key_id, channel_id, provider, model, simulated,
  sum(calls), sum(unpriced), sum(estimated), sum(cut), sum(cost_pico),
  sum(charge_pico), sum(charge_tokens), sum(charge_calls), sum(compared_pico), sum(without_cache_pico),
  sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(output)
FROM rollup
GROUP BY hour, key_id, channel_id, provider, model, simulated;
