package route

import (
	"context"
	"fmt"
	"strings"

	"weir/backend/gateway"
	"weir/backend/store"
)

const updateChannel = `UPDATE channel SET name = ?, base_url = ?, models = ?, map = ?, priority = ?, weight = ?, count = ?, price_as = ?,
state = ?, message = ?, keys = ?, proxy = ?, headers = ?, params = ?, timeouts = ?, secret = ?, private = ? WHERE id = ?`

// Update stores a channel's new name, address, models, overrides and state. Keys that are not
// empty, one a line, take the place of the stored ones. Of keys, headers and proxy, what comes
// as it is shown stays as it is. The channel's type and whether it is enabled stay.
func (c *Channels) Update(ctx context.Context, ch gateway.Channel, keys string) (gateway.Channel, error) {
	old, err := c.Channel(ch.ID)
	if err != nil {
		return ch, err
	}
	known, err := c.unseal(ctx, ch.ID)
	if err != nil {
		return ch, err
	}
	if strings.TrimSpace(keys) == "" {
		keys = known.Text()
	}
	r, err := c.row(ctx, ch, keys, old, known.Secret)
	if err != nil {
		return ch, err
	}
	err = c.apply(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(updateChannel, ch.Name, ch.BaseURL, r.models, r.mapped, ch.Priority, ch.Weight,
			string(ch.Count), ch.PriceAs, string(ch.State), ch.Message, r.keys, r.proxy, r.heads, r.params, r.ms, r.secret, r.private, ch.ID)
		return err
	})
	if err != nil {
		return ch, fmt.Errorf("update %s: %w", ch.ID, err)
	}
	c.forget(ch.ID)
	return c.Channel(ch.ID)
}

// forget drops an opened key from memory, and whatever is being read right now.
func (c *Channels) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.secrets, id)
	c.changed++
}
