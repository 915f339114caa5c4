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

// opened is a secret in memory, with the only base URL that it may be sent to.
type opened struct {
	Secret
	base string
}

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

// A row is what is stored of a channel in another form.
type row struct {
	secret, private                         []byte // sealed
	models, mapped, keys, params, heads, ms string // JSON
	proxy                                   string
}

// row makes a channel's columns. Of entered keys, headers and proxy, what was only shown is taken from old.
func (c *Channels) row(ctx context.Context, ch gateway.Channel, entered string, old gateway.Channel, known Secret) (r row, err error) {
	kept, ch, err := known.private(ch, old)
	if err != nil {
		return r, err
	}
	keys, marks := known.enter(entered, marksOf(old.Keys))
	if len(keys) == 1 && ch.State != old.State {
		marks[0].State, marks[0].Message = string(ch.State), ch.Message // what a test has just found
	}
	if r.secret, err = c.seal(ctx, ch.ID, keys); err != nil {
		return r, err
	}
	if r.private, err = c.sealPrivate(ctx, ch.ID, kept); err != nil {
		return r, err
	}
	r.proxy = ch.Proxy
	t := patience{ch.Timeouts.Header.Milliseconds(), ch.Timeouts.StreamHeader.Milliseconds(), ch.Timeouts.Idle.Milliseconds()}
	for _, v := range []struct {
		to   *string
		from any
	}{{&r.models, ch.Models}, {&r.mapped, ch.Map}, {&r.keys, marks}, {&r.params, ch.Params}, {&r.heads, ch.Headers}, {&r.ms, t}} {
		text, err := json.Marshal(v.from)
		if err != nil {
			return r, err
		}
		*v.to = string(text)
	}
	return r, nil
}

// patience is a channel's timeouts in milliseconds.
type patience struct {
	Header       int64 `json:"header,omitempty"`
	StreamHeader int64 `json:"stream_header,omitempty"`
	Idle         int64 `json:"idle,omitempty"`
}

const insertChannel = `INSERT INTO channel (id, name, provider, dialect, base_url, models, map, priority, weight, count, price_as,
enabled, state, message, keys, proxy, headers, params, timeouts, secret, private, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// Add stores a channel and its provider keys, one a line, sealed. No line is no key. It sets
// the id. Proxy and headers are given as they are, and come back as they are shown.
func (c *Channels) Add(ctx context.Context, ch gateway.Channel, keys string) (gateway.Channel, error) {
	ch.ID = "ch_" + strings.ToLower(ulid.Make().String())
	r, err := c.row(ctx, ch, keys, gateway.Channel{}, Secret{})
	if err != nil {
		return ch, err
	}
	err = c.apply(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(insertChannel, ch.ID, ch.Name, ch.Provider, ch.Dialect, ch.BaseURL, r.models, r.mapped,
			ch.Priority, ch.Weight, string(ch.Count), ch.PriceAs, ch.Enabled, string(ch.State), ch.Message,
			r.keys, r.proxy, r.heads, r.params, r.ms, r.secret, r.private, c.now().UnixMilli())
		return err
	})
	if err != nil {
		return ch, fmt.Errorf("add channel: %w", err)
	}
	return c.Channel(ch.ID)
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

// Secret returns what a channel keeps sealed. A locked keychain is a Locked error. A channel
// that leads elsewhere by now is a Conflict: its keys were not given for the address that the
// caller knows.
func (c *Channels) Secret(ctx context.Context, ch gateway.Channel) (Secret, error) {
	known, err := c.open(ctx, ch.ID)
	if err != nil {
		return Secret{}, err
	}
	if known.base != ch.BaseURL {
		return Secret{}, &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.route.moved", "provider", ch.Name)}
	}
	return known.Secret, nil
}

func (c *Channels) open(ctx context.Context, id string) (opened, error) {
	c.mu.Lock()
	known, ok := c.secrets[id]
	changed := c.changed
	c.mu.Unlock()
	if ok {
		return known, nil
	}
	known, err := c.unseal(ctx, id)
	if err != nil {
		return known, err
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
enabled, state, message, keys, secret IS NOT NULL, proxy, headers, params, timeouts FROM channel ORDER BY id`

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
	var models, mapped, keys, heads, params, ms string
	var keyed bool
	err = rows.Scan(&ch.ID, &ch.Name, &ch.Provider, &ch.Dialect, &ch.BaseURL, &models, &mapped, &ch.Priority, &ch.Weight,
		&ch.Count, &ch.PriceAs, &ch.Enabled, &ch.State, &ch.Message, &keys, &keyed, &ch.Proxy, &heads, &params, &ms)
	if err != nil {
		return ch, err
	}
	var marks []mark
	var t patience
	for _, v := range []struct {
		from string
		to   any
	}{{models, &ch.Models}, {mapped, &ch.Map}, {keys, &marks}, {heads, &ch.Headers}, {params, &ch.Params}, {ms, &t}} {
		if err := json.Unmarshal([]byte(v.from), v.to); err != nil {
			return ch, err
		}
	}
	ch.Keys = shown(ch.ID, marks, keyed)
	ch.Timeouts = gateway.Timeouts{Header: time.Duration(t.Header) * time.Millisecond,
		StreamHeader: time.Duration(t.StreamHeader) * time.Millisecond, Idle: time.Duration(t.Idle) * time.Millisecond}
	return ch, nil
}
