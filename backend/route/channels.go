package route

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"weir/backend/gateway"
	"weir/backend/secret"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// Channels keeps the configured accounts. Reads come from a snapshot in memory, which
// each change replaces; secrets stay sealed until a call needs one.
type Channels struct {
	st  *store.Store
	box *secret.Box
	now func() time.Time

	snapshot atomic.Pointer[[]gateway.Channel]
	change   sync.Mutex

	heard atomic.Pointer[func()] // is told of every change; nil: nobody is

	mu      sync.Mutex
	secrets map[string]opened // by channel
	changed int               // counts the times that one was replaced
}

// opened is a provider key in memory, with the only base URL that it may be sent to.
type opened struct{ key, base string }

// OpenChannels reads the channels of a store.
func OpenChannels(ctx context.Context, st *store.Store, box *secret.Box, now func() time.Time) (*Channels, error) {
	c := &Channels{st: st, box: box, now: now, secrets: map[string]opened{}}
	return c, c.reload(ctx)
}

// All returns every channel, oldest first. The slice is shared: it must not be changed.
func (c *Channels) All() []gateway.Channel { return *c.snapshot.Load() }

// Channel returns one channel, or a NotFound error.
func (c *Channels) Channel(id string) (gateway.Channel, error) {
	for _, ch := range c.All() {
		if ch.ID == id {
			return ch, nil
		}
	}
	return gateway.Channel{}, &gateway.Error{Kind: gateway.NotFound, Field: "id", Message: i18n.T("error.route.no_such_channel", "id", id)}
}

// columns are what a row holds of a channel in another form: its key sealed, its lists as JSON.
func (c *Channels) columns(ctx context.Context, ch gateway.Channel, key string) (sealed []byte, models, mapped string, err error) {
	if sealed, err = c.seal(ctx, ch.ID, key); err != nil {
		return nil, "", "", err
	}
	list, err := json.Marshal(ch.Models)
	if err != nil {
		return nil, "", "", err
	}
	names, err := json.Marshal(ch.Map)
	return sealed, string(list), string(names), err
}

const insertChannel = `INSERT INTO channel (id, name, provider, dialect, base_url, models, map, priority, weight, count, price_as,
enabled, state, message, secret, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// Add stores a channel and its provider key, sealed. An empty key is none. It sets the id.
func (c *Channels) Add(ctx context.Context, ch gateway.Channel, key string) (gateway.Channel, error) {
	ch.ID = "ch_" + strings.ToLower(ulid.Make().String())
	sealed, models, mapped, err := c.columns(ctx, ch, key)
	if err != nil {
		return ch, err
	}
	err = c.apply(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(insertChannel, ch.ID, ch.Name, ch.Provider, ch.Dialect, ch.BaseURL, models, mapped,
			ch.Priority, ch.Weight, string(ch.Count), ch.PriceAs, ch.Enabled, string(ch.State), ch.Message, sealed, c.now().UnixMilli())
		return err
	})
	if err != nil {
		return ch, fmt.Errorf("add channel: %w", err)
	}
	return ch, nil
}

const updateEnabled = `UPDATE channel SET enabled = ? WHERE id = ?`

// SetEnabled turns a channel on or off.
func (c *Channels) SetEnabled(ctx context.Context, id string, on bool) (gateway.Channel, error) {
	return c.update(ctx, id, updateEnabled, on, id)
}

const updateChannelState = `UPDATE channel SET state = ?, message = ? WHERE id = ?`

// SetState records what a test or a call found.
func (c *Channels) SetState(ctx context.Context, id string, state gateway.ChannelState, message string) (gateway.Channel, error) {
	return c.update(ctx, id, updateChannelState, string(state), message, id)
}

const deleteChannel = `DELETE FROM channel WHERE id = ?`

// Remove deletes a channel and its key. Calls that it served keep its name.
func (c *Channels) Remove(ctx context.Context, id string) error {
	if _, err := c.Channel(id); err != nil {
		return err
	}
	err := c.apply(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(deleteChannel, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove %s: %w", id, err)
	}
	c.forget(id)
	return nil
}

func (c *Channels) update(ctx context.Context, id, query string, args ...any) (gateway.Channel, error) {
	if ch, err := c.Channel(id); err != nil {
		return ch, err
	}
	err := c.apply(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		return gateway.Channel{}, fmt.Errorf("update %s: %w", id, err)
	}
	return c.Channel(id)
}

const selectSecret = `SELECT secret, base_url FROM channel WHERE id = ?`

// Secret returns a channel's provider key, empty when it has none. A locked keychain is a
// Locked error. A channel that leads elsewhere by now is a Conflict: its key was not given
// for the address that the caller knows.
func (c *Channels) Secret(ctx context.Context, ch gateway.Channel) (string, error) {
	known, err := c.open(ctx, ch.ID)
	if err != nil {
		return "", err
	}
	if known.base != ch.BaseURL {
		return "", &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.route.moved", "provider", ch.Name)}
	}
	return known.key, nil
}

func (c *Channels) open(ctx context.Context, id string) (opened, error) {
	c.mu.Lock()
	known, ok := c.secrets[id]
	changed := c.changed
	c.mu.Unlock()
	if ok {
		return known, nil
	}
	var sealed []byte
	if err := c.st.Read().QueryRowContext(ctx, selectSecret, id).Scan(&sealed, &known.base); err != nil {
		return known, fmt.Errorf("read the key of %s: %w", id, err)
	}
	if sealed != nil {
		plain, err := c.box.Open(ctx, "channel", id, "secret", sealed)
		if err != nil {
			return known, err
		}
		known.key = string(plain)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed == changed {
		c.secrets[id] = known
	}
	return known, nil
}

func (c *Channels) apply(ctx context.Context, op func(tx *store.Tx) error) error {
	c.change.Lock()
	defer c.change.Unlock()
	if err := c.st.Do(ctx, op); err != nil {
		return err
	}
	err := c.reload(context.WithoutCancel(ctx))
	if heard := c.heard.Load(); heard != nil {
		(*heard)()
	}
	return err
}

// Hear calls told after every change from now on, those that a call caused included. It must not wait.
func (c *Channels) Hear(told func()) { c.heard.Store(&told) }

const selectChannels = `SELECT id, name, provider, dialect, base_url, models, map, priority, weight, count, price_as,
enabled, state, message FROM channel ORDER BY id`

func (c *Channels) reload(ctx context.Context) error {
	rows, err := c.st.Read().QueryContext(ctx, selectChannels)
	if err != nil {
		return fmt.Errorf("read channels: %w", err)
	}
	defer rows.Close()
	var all []gateway.Channel
	for rows.Next() {
		ch, err := scanChannel(rows)
		if err != nil {
			return fmt.Errorf("read channels: %w", err)
		}
		all = append(all, ch)
	}
	all = slices.Clip(all)
	c.snapshot.Store(&all)
	return rows.Err()
}

func scanChannel(rows *sql.Rows) (ch gateway.Channel, err error) {
	var models, mapped string
	err = rows.Scan(&ch.ID, &ch.Name, &ch.Provider, &ch.Dialect, &ch.BaseURL, &models, &mapped, &ch.Priority, &ch.Weight,
		&ch.Count, &ch.PriceAs, &ch.Enabled, &ch.State, &ch.Message)
	if err != nil {
		return ch, err
	}
	if err := json.Unmarshal([]byte(models), &ch.Models); err != nil {
		return ch, err
	}
	return ch, json.Unmarshal([]byte(mapped), &ch.Map)
}
