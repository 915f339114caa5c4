-- What a channel is set to beyond its address: several keys, a proxy, overrides, patience.

ALTER TABLE channel ADD COLUMN keys     TEXT NOT NULL DEFAULT '[]';  -- JSON list of what is shown of each line of secret; empty: nothing is known of them
ALTER TABLE channel ADD COLUMN proxy    TEXT NOT NULL DEFAULT '';    -- without name and password
ALTER TABLE channel ADD COLUMN headers  TEXT NOT NULL DEFAULT '{}';  -- JSON object, name to masked value
ALTER TABLE channel ADD COLUMN params   TEXT NOT NULL DEFAULT '{}';  -- JSON object, path to value
ALTER TABLE channel ADD COLUMN timeouts TEXT NOT NULL DEFAULT '{}';  -- JSON object, milliseconds; 0: the usual
ALTER TABLE channel ADD COLUMN private  BLOB;                        -- proxy and headers as they are, sealed; NULL: none
-- Whether the client's own subscription paid: the cost is a list price, and no part of what was spent.
ALTER TABLE call ADD COLUMN covered INTEGER NOT NULL DEFAULT 0;
