package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
)

// A Progress is what is known of a running call. Should the program die, recovery prices the call by it.
type Progress struct {
	ChannelID     string            `json:"channel_id"`
	Provider      string            `json:"provider"`
	UpstreamModel string            `json:"upstream_model"`
	Endpoint      string            `json:"endpoint"`
	Prices        string            `json:"prices"`      // the provider whose prices apply
	PriceModel    string            `json:"price_model"` // the name by which the model is priced
	Count         billing.Counting  `json:"count,omitempty"`
	InputTokens   int64             `json:"input_tokens"`
	OutputTokens  int64             `json:"output_tokens"`
	Usage         json.RawMessage   `json:"usage,omitempty"`
	Tier          string            `json:"tier,omitempty"`         // the service tier that the reply named
	AskedTier     string            `json:"asked_tier,omitempty"`   // the one that was asked for
	AskedSize     string            `json:"asked_size,omitempty"`   // how much it was to search
	AskedSearch   string            `json:"asked_search,omitempty"` // in how many steps
	ReplyModel    string            `json:"reply_model,omitempty"`  // the one that the reply named
	Regional      bool              `json:"regional,omitempty"`     // the upstream serves from a region with prices of its own
	Attempts      []gateway.Attempt `json:"attempts,omitempty"`
}

// Update notes the newest progress. It costs nothing but a lock; the upkeep saves it every two seconds.
func (h *Hold) Update(p Progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.progress, h.changed = p, true
}

func (l *Ledger) track(h *Hold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[h] = struct{}{}
}

func (l *Ledger) untrack(h *Hold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, h)
}

// Running is how many calls are open now.
func (l *Ledger) Running() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.open))
}

// takeProgress returns progress that was not saved yet.
func (h *Hold) takeProgress() (p Progress, changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed, h.changed = h.changed, false
	return h.progress, changed
}

// keepProgress has the progress saved the next time.
func (h *Hold) keepProgress() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changed = true
}

const updateProgress = `UPDATE call SET channel_id = ?, provider = ?, upstream_model = ?, endpoint = ?, attempts = ?, progress = ?
	WHERE id = ? AND state = 'open'`

// saveProgress writes what running calls have learnt since the last time, in one transaction.
func (l *Ledger) saveProgress(ctx context.Context) error {
	l.mu.Lock()
	holds := make([]*Hold, 0, len(l.open))
	for h := range l.open {
		holds = append(holds, h)
	}
	l.mu.Unlock()
	var rows [][]any
	var saved []*Hold
	var calls []gateway.Call
	for _, h := range holds {
		p, changed := h.takeProgress()
		if !changed {
			continue
		}
		c := h.call
		c.ChannelID, c.Provider, c.UpstreamModel, c.Endpoint, c.Attempts = p.ChannelID, p.Provider, p.UpstreamModel, p.Endpoint, p.Attempts
		row, err := progressArgs(c, p)
		if err != nil {
			l.log.Error("a call's progress cannot be saved", "call", c.ID, "err", err)
			continue
		}
		rows, saved, calls = append(rows, row), append(saved, h), append(calls, c)
	}
	if len(rows) == 0 {
		return nil
	}
	err := l.st.Do(ctx, func(tx *store.Tx) error {
		for _, row := range rows {
			if _, err := tx.Exec(updateProgress, row...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for _, h := range saved {
			h.keepProgress()
		}
		return fmt.Errorf("save progress: %w", err)
	}
	l.tell(saved, calls)
	return nil
}

// tell publishes calls that still run. Under the lock that End takes first, so that no reader sees a call open after its end.
func (l *Ledger) tell(holds []*Hold, calls []gateway.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, h := range holds {
		if _, runs := l.open[h]; runs {
			l.feed.publish(Event{Kind: CallChanged, Call: &calls[i]})
		}
	}
}

func progressArgs(c gateway.Call, p Progress) ([]any, error) {
	if !json.Valid(p.Usage) {
		p.Usage = nil
	}
	progress, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode progress: %w", err)
	}
	var attempts any
	if len(p.Attempts) > 0 {
		list, err := json.Marshal(p.Attempts)
		if err != nil {
			return nil, fmt.Errorf("encode attempts: %w", err)
		}
		attempts = string(list)
	}
	return []any{c.ChannelID, c.Provider, c.UpstreamModel, c.Endpoint, attempts, string(progress), c.ID}, nil
}
