-- What makes limits liveable: groups of keys, paces, a key's networks and refused models, and changes to a running window.

-- Keys that share limits.
CREATE TABLE key_group (
  id         TEXT PRIMARY KEY,
  name       TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE access_key ADD COLUMN group_id      TEXT    NOT NULL DEFAULT '';    -- '': none
ALTER TABLE access_key ADD COLUMN denied        TEXT    NOT NULL DEFAULT '[]';  -- JSON list of model names and patterns
ALTER TABLE access_key ADD COLUMN networks      TEXT    NOT NULL DEFAULT '[]';  -- JSON list of prefixes; empty: any
ALTER TABLE access_key ADD COLUMN clamp         INTEGER NOT NULL DEFAULT 0;
ALTER TABLE access_key ADD COLUMN most_per_call INTEGER NOT NULL DEFAULT 0;     -- pico-dollars; 0: no bound
ALTER TABLE access_key ADD COLUMN pause_on_burn INTEGER NOT NULL DEFAULT 0;

CREATE INDEX access_key_group ON access_key (group_id) WHERE group_id <> '';

-- How much may begin in a minute, and run at once. 0: no bound.
CREATE TABLE pace (
  scope    TEXT    NOT NULL,                     -- key, group, account
  scope_id TEXT    NOT NULL,                     -- '' for the account
  requests INTEGER NOT NULL CHECK (requests >= 0),
  tokens   INTEGER NOT NULL CHECK (tokens >= 0),
  running  INTEGER NOT NULL CHECK (running >= 0),
  PRIMARY KEY (scope, scope_id)
) STRICT, WITHOUT ROWID;

-- What this window may reach beyond the limit's amount.
ALTER TABLE limit_window ADD COLUMN extra INTEGER NOT NULL DEFAULT 0 CHECK (extra >= 0);

-- What people did to a running window, and why. Rows are only ever added.
CREATE TABLE limit_change (
  id           INTEGER PRIMARY KEY,
  limit_id     TEXT    NOT NULL REFERENCES limit_rule (id),
  window_start INTEGER NOT NULL,
  simulated    INTEGER NOT NULL,
  kind         TEXT    NOT NULL CHECK (kind = 'topup' OR kind = 'reset'),
  amount       INTEGER NOT NULL,                 -- added to what it may reach; or what had been spent
  reason       TEXT    NOT NULL,
  at           INTEGER NOT NULL
) STRICT;

CREATE INDEX limit_change_limit ON limit_change (limit_id, id);

CREATE TRIGGER limit_change_no_update BEFORE UPDATE ON limit_change
BEGIN
  SELECT RAISE (ABORT, 'changes of limits are never changed');
END;

CREATE TRIGGER limit_change_no_delete BEFORE DELETE ON limit_change
BEGIN
  SELECT RAISE (ABORT, 'changes of limits are never deleted');
END;
