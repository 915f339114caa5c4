package ledger

import (
	"fmt"

	"weir/backend/gateway"
	"weir/backend/store"
)

// An unsettledKey names a row of unsettled_hour.
type unsettledKey struct {
	state               gateway.CallState
	hour                int64
	key, channel, model string
	simulated           bool
}

// addUnsettled counts a released or refused call in.
func (g *gathering) addUnsettled(c *gateway.Call) {
	if g.unsettled == nil {
		g.unsettled = map[unsettledKey]int64{}
	}
	g.unsettled[unsettledKey{c.State, hourAt(c.StartedAt.UnixMilli()), c.KeyID, c.ChannelID, c.Model, c.Simulated}]++
}

const addUnsettled = `INSERT INTO unsettled_hour (state, slot, key_id, channel_id, model, simulated, calls) VALUES (?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT DO UPDATE SET calls = calls + excluded.calls`

func (g *gathering) writeUnsettled(tx *store.Tx) error {
	for of, n := range g.unsettled {
		if _, err := tx.Exec(addUnsettled, string(of.state), of.hour, of.key, of.channel, of.model, of.simulated, n); err != nil {
			return fmt.Errorf("count calls that are not settled: %w", err)
		}
	}
	return nil
}

// unequalUnsettled names the hours whose counts differ from their calls.
const unequalUnsettled = `SELECT state || ' ' || slot || ' ' || key_id || ' ' || channel_id || ' ' || model || ' ' || simulated FROM (
	SELECT state, slot, key_id, channel_id, model, simulated, calls FROM unsettled_hour
	UNION ALL SELECT state, started_at - started_at % 3600000, key_id, channel_id, model, simulated, -1
	FROM call WHERE state <> 'settled' AND state <> 'open')
	GROUP BY state, slot, key_id, channel_id, model, simulated HAVING sum(calls) <> 0`
