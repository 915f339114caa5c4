package counting

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"weir/backend/store"
	"weir/billing"
)

// An Evidence is what a check found, and what became of it.
type Evidence struct {
	At      time.Time        `json:"at"`
	Model   string           `json:"model"`
	Dialect string           `json:"dialect"`
	Verdict Verdict          `json:"verdict"`
	Set     billing.Counting `json:"set"` // what the provider was set to; empty: it was left as it was
	Reports []Report         `json:"calls"`
}

// Checks keeps the last evidence of each channel. It is safe for concurrent use.
type Checks struct {
	st *store.Store

	mu   sync.Mutex
	last map[string]found // by channel
}

// found is evidence with the only address that it says something about.
type found struct {
	base string
	Evidence
}

const selectEvidence = `SELECT channel_id, base_url, evidence FROM counting`

// Open reads the evidence of a store.
func Open(ctx context.Context, st *store.Store) (*Checks, error) {
	c := &Checks{st: st, last: map[string]found{}}
	rows, err := st.Read().QueryContext(ctx, selectEvidence)
	if err != nil {
		return nil, fmt.Errorf("read how upstreams count: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var channel, text string
		var f found
		if err := rows.Scan(&channel, &f.base, &text); err != nil {
			return nil, fmt.Errorf("read how upstreams count: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &f.Evidence); err != nil {
			return nil, fmt.Errorf("read how %s counts: %w", channel, err)
		}
		c.last[channel] = f
	}
	return c, rows.Err()
}

// Of returns the last evidence of a channel at an address; nil: nobody has checked it there.
func (c *Checks) Of(channel, base string) *Evidence {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.last[channel]
	if !ok || f.base != base {
		return nil
	}
	return &f.Evidence
}

const writeEvidence = `INSERT INTO counting (channel_id, base_url, evidence) SELECT id, ?, ? FROM channel WHERE id = ?
ON CONFLICT DO UPDATE SET base_url = excluded.base_url, evidence = excluded.evidence`

// Keep stores evidence in the place of what was known of a channel.
func (c *Checks) Keep(ctx context.Context, channel, base string, e Evidence) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	err = c.st.Do(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(writeEvidence, base, string(text), channel)
		return err
	})
	if err != nil {
		return fmt.Errorf("write how %s counts: %w", channel, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last[channel] = found{base, e}
	return nil
}
