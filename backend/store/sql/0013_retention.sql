-- Old calls may lose what explains them and keep what they came to, so that the file stays small.
ALTER TABLE call ADD COLUMN archived_at INTEGER; -- when its lines, its usage, its flags and its attempts were removed; NULL: it has them

-- Lists of few calls are found and counted in an index that has all that is asked for, and no row is read for what is left out.
DROP INDEX call_failed;
DROP INDEX call_unpriced;
CREATE INDEX call_failed ON call (started_at, state, ending, charge_pico, simulated, key_id, channel_id, model, cost_pico, covered)
  WHERE state = 'released' OR state = 'settled' AND (ending = 'upstream_cut' OR ending = 'failed');
CREATE INDEX call_unpriced ON call (started_at, state, cost_pico, covered, charge_pico, simulated, key_id, channel_id, model)
  WHERE state = 'settled' AND cost_pico IS NULL;

-- How many calls of each hour of UTC were released or refused: those that the rollup does not have.
CREATE TABLE unsettled_hour (
  state      TEXT    NOT NULL,
  slot       INTEGER NOT NULL,                   -- the hour's begin
  key_id     TEXT    NOT NULL,
  channel_id TEXT    NOT NULL,
  model      TEXT    NOT NULL,
  simulated  INTEGER NOT NULL,
  calls      INTEGER NOT NULL,
  PRIMARY KEY (state, slot, key_id, channel_id, model, simulated)
) STRICT, WITHOUT ROWID;

INSERT INTO unsettled_hour
SELECT state, started_at - started_at % 3600000 AS hour, key_id, channel_id, model, simulated, count(*)
FROM call WHERE state <> 'settled' AND (state = 'released' OR state = 'refused')
GROUP BY state, hour, key_id, channel_id, model, simulated;
