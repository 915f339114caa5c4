-- What a call holds is written with the call itself: its amounts were there already, so that a list of the
-- windows is all that lacks, and an open call is one row less to write and to remove for each limit.
ALTER TABLE call ADD COLUMN holds TEXT;          -- JSON list of the windows that an open call holds its amounts in; NULL: none

UPDATE call SET holds = (
    SELECT json_group_array(json_object('limit', hold.limit_id, 'unit', limit_rule.unit, 'start', hold.window_start))
    FROM hold JOIN limit_rule ON limit_rule.id = hold.limit_id WHERE hold.call_id = call.id)
  WHERE state = 'open' AND state <> 'settled' AND EXISTS (SELECT 1 FROM hold WHERE hold.call_id = call.id);

DROP TABLE hold;
