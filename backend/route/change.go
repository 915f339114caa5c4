package route

import (
	"context"
	"fmt"

	"weir/backend/gateway"
	"weir/backend/store"
)

const (
	updateChannel = `UPDATE channel SET name = ?, base_url = ?, models = ?, map = ?, priority = ?, weight = ?, count = ?, price_as = ?,
state = ?, message = ? WHERE id = ?`
	updateSecret = `UPDATE channel SET secret = ? WHERE id = ?`
)

// Update stores a channel's new name, address, models and state. A key that is not empty
// takes the place of the stored one. Its type and whether it is enabled stay.
func (c *Channels) Update(ctx context.Context, ch gateway.Channel, key string) (gateway.Channel, error) {
	if _, err := c.Channel(ch.ID); err != nil {
		return ch, err
	}
	sealed, models, mapped, err := c.columns(ctx, ch, key)
	if err != nil {
		return ch, err
	}
	err = c.apply(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(updateChannel, ch.Name, ch.BaseURL, models, mapped, ch.Priority, ch.Weight,
			string(ch.Count), ch.PriceAs, string(ch.State), ch.Message, ch.ID); err != nil || sealed == nil {
			return err
		}
		_, err := tx.Exec(updateSecret, sealed, ch.ID)
		return err
	})
	if err != nil {
		return ch, fmt.Errorf("update %s: %w", ch.ID, err)
	}
	c.forget(ch.ID)
	return c.Channel(ch.ID)
}

// seal returns a provider key as it is stored, nil for none.
func (c *Channels) seal(ctx context.Context, id, key string) ([]byte, error) {
	if key == "" {
		return nil, nil
	}
	return c.box.Seal(ctx, "channel", id, "secret", []byte(key))
}

// forget drops an opened key from memory, and whatever is being read right now.
func (c *Channels) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.secrets, id)
	c.changed++
}
