package console

import (
	"context"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
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
	At            string  `json:"at"`    // the newest call of the list; sent back, the list stays the same
	Total         *int64  `json:"total"` // calls in the whole list; null when the list was known
	SpentUSD      *string `json:"spent_usd"`
	UnpricedCalls *int64  `json:"unpriced_calls"`
	Calls         []Call  `json:"calls"`
}

const (
	defaultPage = 100
	largestPage = 250 // keeps an answer under 1 MiB
)

func (c *Console) listCalls(ctx context.Context, a CallsFilter) ([]Call, error) {
	if a.Limit < 0 {
		return nil, invalid("limit", "The limit is a whole number from 1 on.")
	}
	if a.Limit == 0 {
		a.Limit = defaultPage
	}
	switch gateway.CallState(a.State) {
	case "", gateway.Open, gateway.Settled, gateway.Released, gateway.Refused:
	default:
		return nil, invalid("state", "A state is open, settled, released or refused.")
	}
	f := ledger.Filter{Limit: min(a.Limit, largestPage), After: a.After, KeyID: a.KeyID, State: gateway.CallState(a.State)}
	if a.Since != nil {
		f.Since = *a.Since
	}
	calls, err := c.Ledger.Calls(ctx, f)
	out := make([]Call, len(calls))
	for i, call := range calls {
		out[i] = ViewCall(call, c.Book)
	}
	return out, err
}

func (c *Console) showCall(ctx context.Context, a byID) (Call, error) {
	call, err := c.Ledger.Call(ctx, a.ID)
	if err != nil {
		return Call{}, err
	}
	return ViewCall(call, c.Book), nil
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
