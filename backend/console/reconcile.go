package console

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"weir/backend/ledger"
	"weir/backend/reconcile"
	"weir/frontend/src/i18n"
)

// ReconcileFile is what reconcile.import takes: a provider's export, as text.
type ReconcileFile struct {
	Name      string `json:"name"`
	Text      string `json:"text"`
	ChannelID string `json:"channel_id,omitempty"` // compare with this provider's calls alone; without it, with all of its kind
}

// A Reconciliation is a provider's own account beside ours.
type Reconciliation struct {
	ReconciliationHead
	Rows []reconcile.Match `json:"rows"` // by day and model
}

// A ReconciliationHead is what a list shows of one.
type ReconciliationHead struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"` // of the file
	Format   string            `json:"format"`
	At       string            `json:"at"`
	Provider string            `json:"provider"`
	From     string            `json:"from"` // days of UTC, both among them
	To       string            `json:"to"`
	More     bool              `json:"more"` // the file said that it was not all
	Theirs   reconcile.Figures `json:"theirs"`
	Ours     reconcile.Figures `json:"ours"`
	Unpriced int64             `json:"unpriced_calls"` // of ours, calls that the cost does not know of
	Counts   map[string]int    `json:"counts"`         // rows by their state
}

// mostMatches keeps an answer under 1 MiB.
const mostMatches = 2500

// longestName is more than file names have.
const longestName = 200

func (c *Console) importReconciliation(ctx context.Context, a ReconcileFile) (Reconciliation, error) {
	account, err := reconcile.Parse([]byte(a.Text))
	if err != nil {
		return Reconciliation{}, err
	}
	ours, err := c.ourRows(ctx, account, a.ChannelID)
	if err != nil {
		return Reconciliation{}, err
	}
	outcome := reconcile.Lay(account, ours)
	if len(outcome.Rows) > mostMatches {
		return Reconciliation{}, invalid("text", i18n.T("error.reconcile.too_many", "n", len(outcome.Rows), "most", mostMatches))
	}
	text, err := json.Marshal(outcome)
	if err != nil {
		return Reconciliation{}, fmt.Errorf("write a reconciliation: %w", err)
	}
	kept, err := c.Ledger.KeepReconciliation(ctx, ledger.Reconciliation{Name: shownName(a.Name, account.Format), Format: account.Format, Result: text})
	if err != nil {
		return Reconciliation{}, err
	}
	return viewReconciliation(kept)
}

// shownName is a file's name as it can be shown; of one without a name, its format.
func shownName(name, format string) string {
	name = strings.TrimSpace(strings.ToValidUTF8(name, "�"))
	if name == "" {
		return format
	}
	if utf8.RuneCountInString(name) > longestName {
		name = string([]rune(name)[:longestName])
	}
	return name
}

// ourRows are the days of an account in our own sums, by the model that the provider was asked for: the account
// names models as the provider does, and knows nothing of the names that clients use here.
func (c *Console) ourRows(ctx context.Context, a reconcile.Account, channelID string) ([]reconcile.Row, error) {
	first, last := a.Days()
	from, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return nil, fmt.Errorf("the first day of an account: %w", err)
	}
	to, err := time.Parse(time.DateOnly, last)
	if err != nil {
		return nil, fmt.Errorf("the last day of an account: %w", err)
	}
	span := ledger.DaySpan{From: from, To: to.AddDate(0, 0, 1), Provider: a.Provider, ChannelID: channelID}
	days, err := c.Ledger.UpstreamDays(ctx, span)
	if err != nil {
		return nil, err
	}
	var rows []reconcile.Row
	for _, d := range days {
		if d.Requests == 0 {
			continue // such as counting tokens, which no provider accounts for
		}
		write := d.CacheWrite5m + d.CacheWrite1h
		input := d.Fresh + d.CacheRead + write
		rows = append(rows, reconcile.Row{Day: d.Day.Format(time.DateOnly), Model: d.Model, Unpriced: d.Unpriced, Figures: reconcile.Figures{
			Requests: &d.Requests, Input: &input, CacheRead: &d.CacheRead, CacheWrite: &write, Output: &d.Output, Cost: &d.Cost}})
	}
	return rows, nil
}

func (c *Console) listReconciliations(ctx context.Context, _ none) ([]ReconciliationHead, error) {
	all, err := c.Ledger.Reconciliations(ctx)
	if err != nil {
		return nil, err
	}
	heads := make([]ReconciliationHead, 0, len(all))
	for _, r := range all {
		v, err := viewReconciliation(r)
		if err != nil {
			return nil, err
		}
		heads = append(heads, v.ReconciliationHead)
	}
	return heads, nil
}

func (c *Console) showReconciliation(ctx context.Context, a byID) (Reconciliation, error) {
	r, err := c.Ledger.Reconciliation(ctx, a.ID)
	if err != nil {
		return Reconciliation{}, err
	}
	return viewReconciliation(r)
}

func (c *Console) removeReconciliation(ctx context.Context, a byID) (byID, error) {
	return a, c.Ledger.ForgetReconciliation(ctx, a.ID)
}

func viewReconciliation(r ledger.Reconciliation) (Reconciliation, error) {
	var o reconcile.Outcome
	if err := json.Unmarshal(r.Result, &o); err != nil {
		return Reconciliation{}, fmt.Errorf("read reconciliation %s: %w", r.ID, err)
	}
	v := Reconciliation{ReconciliationHead: ReconciliationHead{ID: r.ID, Name: r.Name, Format: r.Format, At: stamp(r.At), Provider: o.Provider,
		From: o.From, To: o.To, More: o.More, Theirs: o.Theirs, Ours: o.Ours, Unpriced: o.Unpriced, Counts: map[string]int{}}, Rows: list(o.Rows)}
	for _, m := range o.Rows {
		v.Counts[m.State]++
	}
	return v, nil
}
