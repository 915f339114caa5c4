package console

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/provider"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// RepriceCalls are the calls that a repricing looks at. What is empty does not restrict.
type RepriceCalls struct {
	Since     *time.Time `json:"since,omitempty" ts:"string"`
	Until     *time.Time `json:"until,omitempty" ts:"string"`
	Model     string     `json:"model,omitempty"`
	Provider  string     `json:"provider,omitempty"` // a kind of upstream
	KeyID     string     `json:"key_id,omitempty"`
	ChannelID string     `json:"channel_id,omitempty"`
	Unpriced  bool       `json:"unpriced,omitempty"` // only calls without a price
}

// RepriceApply is what reprice.apply takes: the calls of a preview, its token and a reason.
type RepriceApply struct {
	RepriceCalls
	Token  string `json:"token"`
	Reason string `json:"reason"`
	Source string `json:"source,omitempty"` // cli; else the page asks
}

// RepriceUndo is what reprice.undo takes.
type RepriceUndo struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
}

// A RepricePreview says what a repricing would do. Amounts are what the calls are charged that would change.
type RepricePreview struct {
	Looked        int64         `json:"looked"` // calls that were looked at
	Calls         int64         `json:"calls"`  // that would change
	OldUSD        string        `json:"old_usd"`
	NewUSD        string        `json:"new_usd"`
	DifferenceUSD string        `json:"difference_usd"`
	Priced        int64         `json:"priced"`   // had no price, and would have one
	Unpriced      int64         `json:"unpriced"` // would have none any more
	Loose         int64         `json:"loose"`    // would rest on an assumption, and do not now
	Left          []LeftCalls   `json:"left"`
	Models        []ModelChange `json:"models"` // the largest difference first
	MoreModels    int           `json:"more_models"`
	Token         string        `json:"token"` // stands for this very outcome
	PricesDate    string        `json:"prices_date"`
}

// LeftCalls are calls that cannot be priced again.
type LeftCalls struct {
	Why   string `json:"why" ts:"'reported' | 'covered' | 'free' | 'estimated' | 'archived' | 'unknown'"`
	Calls int64  `json:"calls"`
}

// A ModelChange is what a repricing would do to the calls of one model.
type ModelChange struct {
	Provider      string `json:"provider"`
	Model         string `json:"model"`
	Calls         int64  `json:"calls"`
	Priced        int64  `json:"priced"`
	OldUSD        string `json:"old_usd"`
	NewUSD        string `json:"new_usd"`
	DifferenceUSD string `json:"difference_usd"`
}

// A Repricing is an entry of the log.
type Repricing struct {
	ID            string       `json:"id"`
	State         string       `json:"state" ts:"'planning' | 'booking' | 'done' | 'undoing' | 'undone'"`
	Reason        string       `json:"reason"`
	Source        string       `json:"source" ts:"'page' | 'cli'"`
	Selection     RepriceCalls `json:"selection"`
	PricesDate    string       `json:"prices_date"`
	Calls         int64        `json:"calls"`
	OldUSD        string       `json:"old_usd"`
	NewUSD        string       `json:"new_usd"`
	DifferenceUSD string       `json:"difference_usd"`
	BegunAt       string       `json:"begun_at"`
	EndedAt       *string      `json:"ended_at"`
	UndoReason    *string      `json:"undo_reason"`
	UndoneAt      *string      `json:"undone_at"`
}

// Repriced says what the repricing that stands did to a call.
type Repriced struct {
	ID     string  `json:"id"`
	At     string  `json:"at"`
	Reason string  `json:"reason"`
	OldUSD *string `json:"old_usd"` // null: it had no price
	NewUSD *string `json:"new_usd"`
}

const (
	mostModels    = 200                     // that a preview lists
	longestReason = 500                     // characters
	briefWait     = 1500 * time.Millisecond // how long an answer waits for a small repricing to be done
)

func (c *Console) previewRepricing(ctx context.Context, a RepriceCalls) (RepricePreview, error) {
	sel, err := c.selection(a)
	if err != nil {
		return RepricePreview{}, err
	}
	p, err := c.Ledger.PreviewRepricing(ctx, sel)
	if err != nil {
		return RepricePreview{}, err
	}
	v := RepricePreview{Looked: p.Looked, Calls: p.Calls, OldUSD: p.Old.String(), NewUSD: p.New.String(), DifferenceUSD: p.New.Sub(p.Old).String(),
		Priced: p.Priced, Unpriced: p.Unpriced, Loose: p.Loose, Left: []LeftCalls{}, Models: []ModelChange{}, Token: p.Token, PricesDate: sel.Book.Date()}
	for _, why := range []string{ledger.LeftReported, ledger.LeftCovered, ledger.LeftFree, ledger.LeftEstimated, ledger.LeftArchived, ledger.LeftUnknown} {
		if n := p.Left[why]; n > 0 {
			v.Left = append(v.Left, LeftCalls{why, n})
		}
	}
	v.MoreModels = max(0, len(p.Models)-mostModels)
	for _, m := range p.Models[:min(len(p.Models), mostModels)] {
		v.Models = append(v.Models, ModelChange{Provider: m.Provider, Model: m.Model, Calls: m.Calls, Priced: m.Priced,
			OldUSD: m.Old.String(), NewUSD: m.New.String(), DifferenceUSD: m.New.Sub(m.Old).String()})
	}
	return v, nil
}

func (c *Console) selection(a RepriceCalls) (ledger.Selection, error) {
	page := CallsPage{Since: a.Since, Until: a.Until, KeyID: a.KeyID, ChannelID: a.ChannelID, Model: a.Model, Unpriced: a.Unpriced}
	f, err := page.filter()
	return ledger.Selection{Filter: f, Provider: a.Provider, Book: c.Prices.Book(), Derive: c.deriveCase}, err
}

// deriveCase finds what a call was priced by that was made before Weir kept that: by its provider's settings
// as they are now.
func (c *Console) deriveCase(call gateway.Call) (billing.Case, bool) {
	p, ok := provider.ByID(call.Provider)
	if !ok {
		return billing.Case{}, false
	}
	cs := billing.Case{Provider: p.Prices, Model: call.UpstreamModel}
	for _, ch := range c.Channels.All() {
		if ch.ID == call.ChannelID {
			cs.Provider, cs.Count = cmp.Or(ch.PriceAs, p.Prices), ch.Count
			cs.Request.Regional = billing.Regional(cs.Provider, ch.BaseURL)
		}
	}
	return cs, true
}

func (c *Console) applyRepricing(ctx context.Context, a RepriceApply) (Repricing, error) {
	reason, err := reasonOf(a.Reason)
	if err != nil {
		return Repricing{}, err
	}
	if reason == "" {
		return Repricing{}, invalid("reason", i18n.T("error.reprice.no_reason"))
	}
	sel, err := c.selection(a.RepriceCalls)
	if err != nil {
		return Repricing{}, err
	}
	text, err := json.Marshal(a.RepriceCalls)
	if err != nil {
		return Repricing{}, err
	}
	r, done, err := c.Ledger.Reprice(ctx, sel, a.Token, ledger.Act{Reason: reason, Source: sourceOf(a.Source), Selection: text})
	if err != nil {
		return Repricing{}, err
	}
	return c.briefly(ctx, r.ID, done)
}

func (c *Console) undoRepricing(ctx context.Context, a RepriceUndo) (Repricing, error) {
	reason, err := reasonOf(a.Reason)
	if err != nil {
		return Repricing{}, err
	}
	r, done, err := c.Ledger.UndoRepricing(ctx, a.ID, reason)
	if err != nil {
		return Repricing{}, err
	}
	return c.briefly(ctx, r.ID, done)
}

// briefly answers with a repricing that is done, where that does not take long, else as it stands.
func (c *Console) briefly(ctx context.Context, id string, done <-chan struct{}) (Repricing, error) {
	timer := time.NewTimer(briefWait)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
	r, err := c.Ledger.Repricing(context.WithoutCancel(ctx), id)
	if err != nil {
		return Repricing{}, err
	}
	return viewRepricing(r), nil
}

func (c *Console) listRepricings(ctx context.Context, _ none) ([]Repricing, error) {
	all, err := c.Ledger.Repricings(ctx)
	out := make([]Repricing, len(all))
	for i, r := range all {
		out[i] = viewRepricing(r)
	}
	return out, err
}

func viewRepricing(r ledger.Repricing) Repricing {
	v := Repricing{ID: r.ID, State: string(r.State), Reason: r.Reason, Source: r.Source, PricesDate: r.Prices, Calls: r.Calls,
		OldUSD: r.Old.String(), NewUSD: r.New.String(), DifferenceUSD: r.New.Sub(r.Old).String(),
		BegunAt: stamp(r.BegunAt), EndedAt: stampOrNull(r.EndedAt), UndoReason: orNull(r.UndoReason), UndoneAt: stampOrNull(r.UndoneAt)}
	// What an older Weir wrote there may have fields that are gone: then the log says less of it.
	_ = json.Unmarshal(r.Selection, &v.Selection)
	return v
}

// sourceOf says where something was asked for.
func sourceOf(text string) string {
	if text == "cli" {
		return text
	}
	return "page"
}

// reasonOf trims a reason, and refuses one that nobody would read.
func reasonOf(text string) (string, error) {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > longestReason || !utf8.ValidString(text) {
		return "", invalid("reason", i18n.T("error.reprice.long_reason", "most", longestReason))
	}
	return text, nil
}

// addRepriced adds what the repricings that stand did to calls.
func (c *Console) addRepriced(ctx context.Context, calls []Call) error {
	ids := make([]string, len(calls))
	for i, call := range calls {
		ids[i] = call.ID
	}
	all, err := c.Ledger.Repriced(ctx, ids...)
	for i := range calls {
		if r, ok := all[calls[i].ID]; ok {
			calls[i].Repriced = &Repriced{ID: r.ID, At: stamp(r.At), Reason: r.Reason, OldUSD: usd(r.Old), NewUSD: usd(r.New)}
		}
	}
	return err
}
