-- The price book's layers over what the program ships: the user's own prices, and catalogues that
-- were fetched and applied. Nothing here is ever rewritten by a price: a new one is a new row.

-- The user's own prices. A row that another one replaced, or that was taken back, stays for the bills that name it.
CREATE TABLE price_card (
  id         TEXT PRIMARY KEY,
  provider   TEXT    NOT NULL,                   -- the price list
  model      TEXT    NOT NULL,
  body       TEXT    NOT NULL,                   -- JSON, a card
  note       TEXT    NOT NULL,
  made_at    INTEGER NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_to   INTEGER,                            -- the first instant at which it no longer holds; NULL: open
  ended      INTEGER NOT NULL DEFAULT 0          -- it never held: replaced or taken back before its day
) STRICT, WITHOUT ROWID;

CREATE INDEX price_card_model ON price_card (provider, model, valid_from);

-- Models that cost what others do, on the user's word.
CREATE TABLE price_alias (
  provider      TEXT    NOT NULL,
  model         TEXT    NOT NULL,                -- in lower case
  name          TEXT    NOT NULL,                -- as it was written
  like_provider TEXT    NOT NULL,
  like_model    TEXT    NOT NULL,
  made_at       INTEGER NOT NULL,
  PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;

-- Rates of exchange that the user entered, by day.
CREATE TABLE price_rate (
  day         TEXT PRIMARY KEY,                  -- "2026-11-20", in UTC
  cny_per_usd TEXT    NOT NULL,
  source      TEXT    NOT NULL,
  made_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Publishers whose catalogues the user trusts, beside those that the program names.
CREATE TABLE price_key (
  fingerprint TEXT PRIMARY KEY,
  public_key  TEXT    NOT NULL,                  -- ed25519, base64
  name        TEXT    NOT NULL,
  until       TEXT    NOT NULL,                  -- the last day on which it signs; '': no end
  added_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Catalogues that were fetched. One is active at most; without one the shipped catalogue holds.
CREATE TABLE price_edition (
  version    INTEGER PRIMARY KEY,
  state      TEXT    NOT NULL CHECK (state = 'checked' OR state = 'active' OR state = 'kept' OR state = 'gone'),
  body       BLOB,                               -- the signed file, gzip; NULL: gone
  digest     TEXT    NOT NULL,                   -- SHA-256 of the file
  created_on TEXT    NOT NULL,
  signed_by  TEXT    NOT NULL,                   -- the key's fingerprint
  came_from  TEXT    NOT NULL,                   -- the address, or '': handed in
  checked_at INTEGER NOT NULL,
  applied_at INTEGER,
  before     INTEGER                             -- the version that it took the place of; 0: the shipped one
) STRICT;

CREATE UNIQUE INDEX price_edition_active ON price_edition (state) WHERE state = 'active';

-- Cards of catalogues that others took the place of: bills go on naming them.
CREATE TABLE price_former (
  id   TEXT PRIMARY KEY,
  body TEXT NOT NULL                             -- JSON, a card
) STRICT, WITHOUT ROWID;
