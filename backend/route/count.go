package route

import (
	"context"

	"weir/backend/gateway"
	"weir/billing"
)

const updateCount = `UPDATE channel SET count = ? WHERE id = ?`

// SetCount says how a channel's upstream counts cached tokens.
func (c *Channels) SetCount(ctx context.Context, id string, count billing.Counting) (gateway.Channel, error) {
	return c.update(ctx, id, updateCount, string(count), id)
}
