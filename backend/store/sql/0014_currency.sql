-- What a call cost in the currency of its provider's list, where that is not dollars, and by which rate
-- of exchange its dollars were reckoned.
ALTER TABLE call ADD COLUMN native TEXT;         -- JSON object
