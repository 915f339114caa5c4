package relay

import (
	"encoding/json"
	"slices"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
)

// Flags that the relay puts on bills beside billing's own.
const (
	countedHere  = "usage_missing_counted_by_weir" // tokens estimated: bytes of the request / 3, bytes of the answer / 4
	maybeCharged = "maybe_charged"                 // a failed attempt that the upstream may have charged, at its input's price
	cutShort     = "cut_short"                     // the reply did not come to its end; what it used is a lower bound
)

// settle writes the call's end. It runs once, whatever else happens.
func (c *call) settle(end gateway.End) {
	if c.ended {
		return
	}
	c.ended = true
	c.row.EndedAt = c.Now()
	c.row.End = end
	var spent gateway.Amounts
	if c.final == nil {
		c.unbilled()
	} else {
		spent = c.billed(end)
	}
	c.addMaybes(&spent)
	spent.Pico = c.row.Charge.Pico()
	if !c.hold.End(ledger.Outcome{Call: c.row, Spent: spent}) {
		c.Log.Error("a call's settlement could not be made durable", "call", c.row.ID)
	}
}

// unbilled ends a call that no upstream charged: released, at exactly nothing.
func (c *call) unbilled() {
	zero := billing.Money{}
	c.row.State, c.row.Basis = gateway.Released, gateway.Zero
	c.row.Bill = billing.Bill{Status: billing.Priced, Total: &zero}
}

// billed prices the attempt that answered the client.
func (c *call) billed(end gateway.End) gateway.Amounts {
	f := c.final
	row := &c.row
	row.State, row.Basis = gateway.Settled, gateway.Exact
	raw := f.count.tally.Raw()
	row.Usage = raw
	cs := c.priceCase(f, raw)
	row.Bill = c.Book.Bill(cs)
	if row.Op == gateway.CountTokens {
		row.Basis = gateway.Zero
		return gateway.Amounts{}
	}
	usage := row.Bill.Usage
	switch {
	case raw == nil, f.count.written > 0 && slices.Contains(row.Bill.Flags, billing.FlagUsageZero):
		row.Basis, row.Bill = gateway.Estimated, c.Book.Estimate(cs, c.counted(f), countedHere)
		usage = row.Bill.Usage
	case row.Bill.Status == billing.Rejected:
		guess := c.Book.Estimate(cs, c.counted(f), countedHere)
		row.Basis, row.Charge = gateway.Estimated, total(guess)
		row.Bill.Flags = append(row.Bill.Flags, countedHere)
		return gateway.Amounts{Tokens: guess.Usage.Tokens(), Calls: 1}
	case !f.count.tally.Final():
		usage = c.partial(f, cs)
	}
	if row.Basis != gateway.Exact && row.Bill.Total != nil {
		c.bounds(f.target, end)
	}
	row.Charge = total(row.Bill)
	return gateway.Amounts{Tokens: usage.Tokens(), Calls: 1}
}

// priceCase is what billing needs to know of an attempt.
func (c *call) priceCase(f *attempt, raw json.RawMessage) billing.Case {
	said := map[string]string{}
	if m := f.count.tally.Model(); m != "" {
		said["response_model"] = m
	}
	if c.ask.Tier != "" && !f.target.sandbox() {
		said["service_tier"] = c.ask.Tier
	}
	request, err := json.Marshal(said)
	if err != nil {
		request = nil // cannot be: strings can always be encoded
	}
	return billing.Case{Provider: f.target.prices, Endpoint: c.row.Endpoint, Model: f.target.model, At: c.row.StartedAt,
		Usage: raw, Tier: f.count.tally.Tier(), Request: request, Count: f.target.Channel.Count}
}

// counted is what the bytes that passed tell of a reply without usage.
func (c *call) counted(f *attempt) (u billing.Usage) {
	u[billing.Input] = c.input
	u[billing.Output] = f.count.tokens()
	return u
}

// partial prices a reply that ended before its final usage came: the input is the
// upstream's own count, the output at least what was seen.
func (c *call) partial(f *attempt, cs billing.Case) billing.Usage {
	row := &c.row
	row.Basis = gateway.Partial
	usage, seen := row.Bill.Usage, f.count.tokens()
	if usage[billing.Output] < seen {
		usage[billing.Output] = seen
		row.Bill = c.Book.Estimate(cs, usage, cutShort)
	}
	return usage
}

// bounds says between which amounts an estimated cost lies.
func (c *call) bounds(t target, end gateway.End) {
	least := total(c.row.Bill)
	most := t.ceiling.Cost(c.input, max(c.slice, c.row.Bill.Usage[billing.Output]))
	if end == gateway.Finished && c.row.Basis == gateway.Estimated {
		least = billing.Money{}
	}
	if most.Cmp(least) < 0 {
		most = least
	}
	c.row.Min, c.row.Max = &least, &most
}

// addMaybes adds a line for each failed attempt that may have been charged: its input at
// the usual price, at most the whole hold.
func (c *call) addMaybes(spent *gateway.Amounts) {
	if len(c.maybes) == 0 || c.row.Op == gateway.CountTokens {
		return
	}
	row := &c.row
	sure := row.Charge
	least, most := sure, sure
	if row.Min != nil {
		least, most = *row.Min, *row.Max
	}
	if row.State == gateway.Released {
		row.State = gateway.Settled
		spent.Calls = 1
	}
	row.Basis = gateway.Estimated
	row.Bill.Flags = append(row.Bill.Flags, maybeCharged)
	for _, t := range c.maybes {
		most = most.Add(t.ceiling.Cost(c.input, max(c.slice, firstSlice)))
		var u billing.Usage
		u[billing.Input] = c.input
		guess := c.Book.Estimate(billing.Case{Provider: t.prices, Endpoint: row.Endpoint, Model: t.model, At: row.StartedAt}, u, maybeCharged)
		spent.Tokens += c.input
		c.addMaybe(guess)
	}
	row.Min, row.Max = &least, &most
}

func (c *call) addMaybe(guess billing.Bill) {
	row := &c.row
	if guess.Total == nil {
		row.Bill.Total, row.Bill.Saved, row.Bill.WithoutCache = nil, nil, nil
		row.Bill.Status = billing.Unpriced
		return
	}
	for _, line := range guess.Lines {
		line.What = maybeCharged
		row.Bill.Lines = append(row.Bill.Lines, line)
	}
	row.Charge = row.Charge.Add(*guess.Total)
	if row.Bill.Total == nil {
		return
	}
	sum := row.Bill.Total.Add(*guess.Total)
	row.Bill.Total, row.Bill.Status = &sum, billing.Estimated
	if row.Bill.WithoutCache != nil {
		fresh := row.Bill.WithoutCache.Add(*guess.Total)
		row.Bill.WithoutCache = &fresh
	}
	if row.Bill.Card == "" {
		row.Bill.Card, row.Bill.Note = guess.Card, guess.Note
	}
}

func total(b billing.Bill) billing.Money {
	if b.Total == nil {
		return billing.Money{}
	}
	return *b.Total
}

// Interrupted says how a call ends that an earlier run of the program left open: estimated
// by what was known last.
func Interrupted(book *billing.Book, i ledger.Interrupted) ledger.Outcome {
	row := i.Call
	p := i.Progress
	row.State, row.End, row.Basis = gateway.Settled, gateway.Failed, gateway.Estimated
	row.EndedAt = row.StartedAt
	row.ChannelID, row.Provider, row.UpstreamModel = p.ChannelID, p.Provider, p.UpstreamModel
	row.Attempts, row.Usage = p.Attempts, p.Usage
	row.Err = &gateway.CallError{Kind: gateway.Internal, Message: "Weir ended in the middle of this call. What it used is estimated."}
	var u billing.Usage
	u[billing.Input], u[billing.Output] = p.InputTokens, p.OutputTokens
	cs := billing.Case{Provider: p.Prices, Endpoint: row.Endpoint, Model: p.PriceModel, At: row.StartedAt, Usage: p.Usage, Tier: p.Tier}
	row.Bill = book.Estimate(cs, u, countedHere)
	if p.Usage != nil {
		if b := book.Bill(cs); b.Total != nil {
			u = b.Usage
			u[billing.Output] = max(u[billing.Output], p.OutputTokens)
			row.Bill = book.Estimate(cs, u, cutShort)
			row.Basis = gateway.Partial
		}
	}
	row.Charge = total(row.Bill)
	least, most := billing.Money{}, billing.Pico(max(i.Held.Pico, row.Charge.Pico()))
	row.Min, row.Max = &least, &most
	return ledger.Outcome{Call: row, Spent: gateway.Amounts{Pico: row.Charge.Pico(), Tokens: u.Tokens(), Calls: min(i.Held.Calls, 1)}}
}
