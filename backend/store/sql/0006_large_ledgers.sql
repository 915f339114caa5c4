-- What is asked often must not take longer the more calls there are.

-- What each key's settled calls were charged in all: the sums of the rollup.
CREATE TABLE key_total (
  key_id      TEXT    NOT NULL,
  simulated   INTEGER NOT NULL,
  charge_pico INTEGER NOT NULL,
  unpriced    INTEGER NOT NULL,                  -- calls without a cost
  PRIMARY KEY (key_id, simulated)
) STRICT, WITHOUT ROWID;

INSERT INTO key_total
SELECT key_id, simulated, sum(charge_pico), sum(unpriced) FROM rollup GROUP BY key_id, simulated;

-- Whoever counts calls that are not settled finds all that it needs in the index, and reads no row.
DROP INDEX call_state;
CREATE INDEX call_state ON call (state, started_at, simulated, key_id, channel_id, model) WHERE state <> 'settled';
