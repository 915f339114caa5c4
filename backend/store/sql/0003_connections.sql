-- What was written into the files of assistants, so that it can be taken back value by value.

-- An assistant that points at Weir, or did.
CREATE TABLE connection (
  tool         TEXT PRIMARY KEY,
  file         TEXT    NOT NULL,
  made_file    INTEGER NOT NULL,                 -- it was not there before
  key_id       TEXT    NOT NULL,
  made_key     INTEGER NOT NULL,                 -- the access key was made for this
  connected_at INTEGER NOT NULL,
  ended_at     INTEGER                           -- NULL: it still points at Weir
) STRICT, WITHOUT ROWID;

-- The values that were written, in the order in which they were.
CREATE TABLE connection_value (
  tool     TEXT    NOT NULL REFERENCES connection (tool) ON DELETE CASCADE,
  place    INTEGER NOT NULL,
  path     TEXT    NOT NULL,                     -- JSON list of names from the root down
  branch   INTEGER NOT NULL,                     -- an object or table that was made for the values
  old      BLOB,                                 -- how it was written before, sealed; NULL: it was not there
  around   TEXT,                                 -- the space that gave way; NULL: none did
  new_hash BLOB,                                 -- of the text that was put there; NULL for a branch
  PRIMARY KEY (tool, place)
) STRICT, WITHOUT ROWID;
