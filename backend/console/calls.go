package console

import (
	"cmp"
	"context"
	"slices"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// CallsFilter is what calls.list takes. After is the id of the last call of the page before.
type CallsFilter struct {
	Limit int        `json:"limit,omitempty"`
	After string     `json:"after,omitempty"`
	Since *time.Time `json:"since,omitempty"`
	KeyID string     `json:"key_id,omitempty"`
	State string     `json:"state,omitempty"`
}

// A CallPage is a part of a list of calls that does not move while new ones come.
type CallPage struct {
	At             string  `json:"at"`        // the newest call when the list was read; sent back, the list stays the same
	Total          *int64  `json:"total"`     // calls in the whole list; null when the list was known
	SpentUSD       *string `json:"spent_usd"` // by real calls or, until there is one, by simulated ones
	UnpricedCalls  *int64  `json:"unpriced_calls"`
	SimulatedCalls *int64  `json:"simulated_calls"` // those that spent_usd leaves out
	Calls          []Call  `json:"calls"`
}

// callStates are those that lists can be asked for; empty is any.
var callStates = []gateway.CallState{"", gateway.Open, gateway.Settled, gateway.Released, gateway.Refused}

const (
	defaultPage = 100
	largestPage = 250 // keeps an answer under 1 MiB
)

func (c *Console) listCalls(ctx context.Context, a CallsFilter) ([]Call, error) {
	if a.Limit < 0 {
		return nil, invalid("limit", i18n.T("error.console.limit"))
	}
	f := ledger.Filter{Limit: min(cmp.Or(a.Limit, defaultPage), largestPage), After: a.After, KeyID: a.KeyID, State: gateway.CallState(a.State)}
	if !slices.Contains(callStates, f.State) {
		return nil, invalid("state", i18n.T("error.console.state"))
	}
	if a.Since != nil {
		f.Since = *a.Since
	}
	calls, err := c.Ledger.Calls(ctx, f)
	if err != nil {
		return nil, err
	}
	return c.viewCalls(ctx, calls)
}

func (c *Console) viewCalls(ctx context.Context, calls []gateway.Call) ([]Call, error) {
	out := make([]Call, len(calls))
	for i, call := range calls {
		out[i] = ViewCall(call, c.Prices.Book())
	}
	return out, c.addRepriced(ctx, out)
}

// CallsPage is what calls.page takes: which calls, and which part of their list. At is that
// of an earlier page: the list is then as it was at that time.
type CallsPage struct {
	Since     *time.Time `json:"since,omitempty"`
	Until     *time.Time `json:"until,omitempty"`
	KeyID     string     `json:"key_id,omitempty"`
	ChannelID string     `json:"channel_id,omitempty"`
	Model     string     `json:"model,omitempty"`
	State     string     `json:"state,omitempty"`    // one of a call, or failed: released, or cut by the upstream
	Unpriced  bool       `json:"unpriced,omitempty"` // only settled calls whose cost is not known
	Over      *string    `json:"over,omitempty"`     // decimal dollars: only calls that cost more
	At        string     `json:"at,omitempty"`
	Offset    int        `json:"offset,omitempty"`
	Limit     int        `json:"limit,omitempty"`
}

func (c *Console) pageCalls(ctx context.Context, a CallsPage) (CallPage, error) {
	f, err := a.filter()
	if err != nil {
		return CallPage{}, err
	}
	p, err := c.Ledger.Page(ctx, f, ledger.Place{At: a.At, Offset: a.Offset})
	if err != nil {
		return CallPage{}, err
	}
	v := CallPage{At: p.At}
	if p.Tally != nil {
		v.Total, v.SpentUSD, v.UnpricedCalls, v.SimulatedCalls = &p.Tally.Calls, usd(&p.Tally.Charged), &p.Tally.Unpriced, &p.Tally.Simulated
	}
	v.Calls, err = c.viewCalls(ctx, p.Calls)
	return v, err
}

const failedState = "failed"

func (a CallsPage) filter() (ledger.Filter, error) {
	f := ledger.Filter{Limit: cmp.Or(a.Limit, defaultPage), KeyID: a.KeyID, ChannelID: a.ChannelID, Model: a.Model, Unpriced: a.Unpriced}
	if a.Limit < 0 || a.Limit > largestPage {
		return f, invalid("limit", i18n.T("error.console.page_limit", "most", largestPage))
	}
	if a.Offset < 0 {
		return f, invalid("offset", i18n.T("error.console.offset"))
	}
	switch {
	case a.State == failedState:
		f.Failed = true
	case slices.Contains(callStates, gateway.CallState(a.State)):
		f.State = gateway.CallState(a.State)
	default:
		return f, invalid("state", i18n.T("error.console.page_state"))
	}
	if a.Over != nil {
		over, err := billing.ParseMoney(*a.Over)
		if err != nil || over.Pico() < 0 {
			return f, invalid("over", i18n.T("error.console.over"))
		}
		f.Over = &over
	}
	if a.Since != nil {
		f.Since = *a.Since
	}
	if a.Until != nil {
		f.Until = *a.Until
	}
	if a.Since != nil && a.Until != nil && !f.Since.Before(f.Until) {
		return f, invalid("until", i18n.T("error.console.span_ends"))
	}
	return f, nil
}

func (c *Console) showCall(ctx context.Context, a byID) (Call, error) {
	call, err := c.Ledger.Call(ctx, a.ID)
	if err != nil {
		return Call{}, err
	}
	calls, err := c.viewCalls(ctx, []gateway.Call{call})
	if err != nil {
		return Call{}, err
	}
	return calls[0], nil
}

type tryArgs struct {
	Dialect string `json:"dialect"`
}

// TriedCall names the call that sandbox.try made.
type TriedCall struct {
	CallID string `json:"call_id"`
}

func (c *Console) trySandbox(ctx context.Context, a tryArgs) (TriedCall, error) {
	id, err := c.Relay.Try(ctx, a.Dialect)
	return TriedCall{id}, err
}
