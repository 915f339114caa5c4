package relay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// Flags that the relay puts on bills beside billing's own.
const (
	countedHere  = "usage_missing_counted_by_weir" // tokens estimated: bytes of the request / 3, bytes of the answer / 4
	maybeCharged = "maybe_charged"                 // a failed attempt that the upstream may have charged, at its input's price
	heldCharge   = "charged_as_held"               // nobody knows what it used: limits count what was set aside for it
	lowered      = "answer_lowered"                // the request was changed to ask for no more than limits left
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
	spent := c.bill(end)
	if c.clamped > 0 {
		c.row.Bill.Flags = append(c.row.Bill.Flags, lowered)
	}
	cover(&c.row)
	spent.Pico = c.row.Charge.Pico()
	c.ticket.End(spent.Tokens)
	if !c.hold.End(ledger.Outcome{Call: c.row, Spent: spent}) {
		c.Log.Error("a call's settlement could not be made durable", "call", c.row.ID)
	}
}

// bill prices the call. Where billing breaks down, what was set aside is charged: a call that stayed open would hold
// it for ever.
func (c *call) bill(end gateway.End) (spent gateway.Amounts) {
	defer func() {
		if p := recover(); p != nil {
			c.Log.Error("panic in a call's bill", "call", c.row.ID, "panic", fmt.Sprint(p), "stack", stack())
			spent = c.unknown()
		}
	}()
	if c.final == nil {
		c.unbilled()
	} else {
		spent = c.billed(end)
	}
	c.addMaybes(&spent)
	return spent
}

// unknown ends a call of which nothing is known but what was set aside for it. Where the provider's last word on it
// came, that and its case are kept, so that it can be priced once billing works.
func (c *call) unknown() gateway.Amounts {
	if c.row.Assumed != "" {
		c.row.PricedBy = nil
	}
	most := billing.Pico(c.held)
	c.row.State, c.row.Basis = gateway.Settled, gateway.Estimated
	c.row.Bill = billing.Bill{Status: billing.Unpriced}
	c.row.Charge, c.row.Min, c.row.Max = billing.Money{}, &billing.Money{}, &most
	asHeld(&c.row, most)
	return gateway.Amounts{Tokens: c.worst(c.slice).Tokens, Calls: 1}
}

// cover takes the charge from a call that its client's subscription paid for. What it cost
// stays as its list price.
func cover(row *gateway.Call) {
	if row.Covered {
		row.Charge, row.Min, row.Max = billing.Money{}, nil, nil
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
	f, row := c.final, &c.row
	row.State, row.Basis = gateway.Settled, gateway.Exact
	raw := f.count.tally.Raw()
	row.Usage = raw
	cs := c.priceCase(f, raw)
	by := cs
	by.Usage, row.PricedBy = nil, &by
	if raw != nil && (!f.count.tally.Final() || end != gateway.Finished && !f.count.final) {
		row.Assumed = cutShort
	}
	book := c.Book() // one book for all of it: another may come into force meanwhile
	row.Bill = book.Bill(cs)
	if row.Op.Free() {
		row.Basis = gateway.Zero
		return gateway.Amounts{}
	}
	if _, free := billing.Free(cs.Provider, cs.Endpoint); free {
		row.Basis = gateway.Zero
		return gateway.Amounts{Calls: 1}
	}
	usage, least := row.Bill.Usage, billing.Money{}
	says := func(flag string) bool { return slices.Contains(row.Bill.Flags, flag) }
	switch {
	case raw == nil && row.Bill.Total != nil: // sold by the piece: no count is needed
	case raw == nil, says(billing.FlagUsageMissing), f.count.written > 0 && says(billing.FlagUsageZero):
		row.Basis, row.Assumed, row.Bill = gateway.Estimated, countedHere, guessed(book, cs, c.counted(f))
		usage = row.Bill.Usage // what an upload's bytes say of tokens is dropped there
	case row.Bill.Status == billing.Rejected:
		guess := book.Estimate(cs, c.counted(f), countedHere)
		row.Basis, row.Charge = gateway.Estimated, charge(book, cs, guess)
		row.Bill.Flags = append(row.Bill.Flags, countedHere)
		return gateway.Amounts{Tokens: guess.Usage.Tokens(), Calls: 1}
	case says(billing.FlagUsagePartial):
		least, usage = total(row.Bill), c.completed(f, usage)
		row.Basis, row.Assumed, row.Bill = gateway.Estimated, countedHere, book.Estimate(cs, usage, countedHere)
	case row.Assumed == cutShort:
		least, usage[billing.Output] = total(row.Bill), max(usage[billing.Output], f.count.tokens())
		row.Basis, row.Bill = gateway.Partial, book.Estimate(cs, usage, cutShort)
	}
	row.Charge = charge(book, cs, row.Bill)
	switch {
	case row.Bill.Total == nil && says(billing.FlagUsageMissing) && f.target.priced:
		asHeld(row, f.target.most(c.input, c.ask.Extra.Output, c.ask.Extra))
	case row.Basis != gateway.Exact && row.Bill.Total != nil:
		c.bounds(f.target, least)
	}
	return gateway.Amounts{Tokens: usage.Tokens(), Calls: 1}
}

// priceCase is what billing needs to know of an attempt.
func (c *call) priceCase(f *attempt, raw json.RawMessage) billing.Case {
	request := f.count.tally.Request()
	request.Regional = f.target.regional()
	if !f.target.sandbox() {
		ask := &f.target.ask
		request.Tier, request.Size, request.SearchType = ask.Tier, ask.SearchSize, ask.SearchType
	}
	return billing.Case{Provider: f.target.prices, Endpoint: c.row.Endpoint, Model: f.target.model, At: c.row.StartedAt,
		Usage: raw, Tier: f.count.tally.Tier(), Request: request, Count: f.target.Channel.Count}
}

// guessed prices what Weir counted itself. What a cache may have saved it cannot know.
func guessed(book *billing.Book, cs billing.Case, u billing.Usage) billing.Bill {
	b := book.Estimate(cs, u, countedHere)
	b.WithoutCache, b.Saved = nil, nil
	return b
}

// counted is what the bytes that passed tell of a reply without usage.
func (c *call) counted(f *attempt) (u billing.Usage) {
	u[billing.Input] = c.input
	u[billing.Output] = f.count.tokens()
	if c.ask.Background {
		u[billing.Output] = max(u[billing.Output], c.slice) // it is written after the reply: what was set aside for it
	}
	return u
}

// completed fills in the side that a report leaves out.
func (c *call) completed(f *attempt, u billing.Usage) billing.Usage {
	guess := c.counted(f)
	if u.Prompt() == 0 {
		u[billing.Input] = guess[billing.Input]
	}
	if u.Answer() == 0 {
		u[billing.Output] = guess[billing.Output]
	}
	return u
}

// bounds says between which amounts an estimated cost lies. What Weir counted itself is no
// floor: it may be more than what was charged.
func (c *call) bounds(t target, least billing.Money) {
	u := c.row.Bill.Usage
	most := t.most(max(c.input, u.Prompt()), max(c.mostOutput(), u.Answer()), c.ask.Extra)
	if most.Cmp(c.row.Charge) < 0 {
		most = c.row.Charge
	}
	c.row.Min, c.row.Max = &least, &most
}

// absurdOutput is more output than any reply has, whatever a request asks for.
const absurdOutput = 100_000_000

// mostOutput is how many output tokens a reply can have: as many as were asked for at most,
// and where the request does not say, what was held.
func (c *call) mostOutput() int64 {
	switch most := c.ask.N * c.ask.MaxOutput; {
	case c.ask.N == 0:
		return c.ask.Extra.Output
	case most > 0:
		return min(most, absurdOutput)
	}
	return max(c.slice, firstSlice)
}

// addMaybes adds a line for each failed attempt that may have been charged: its input at
// the usual price, at most the whole hold.
func (c *call) addMaybes(spent *gateway.Amounts) {
	if len(c.maybes) == 0 || c.row.Op.Free() {
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
	book := c.Book()
	for _, m := range c.maybes {
		most = most.Add(m.most(c.input, c.mostOutput(), c.ask.Extra))
		spent.Tokens += addMaybe(row, book, billing.Case{Provider: m.prices, Model: m.model, Request: billing.Request{Regional: m.regional()}}, c.input)
	}
	if row.Bill.Total == nil && row.Charge.Pico() == 0 && c.unheard() {
		last := c.maybes[len(c.maybes)-1]
		asHeld(row, last.most(c.input, c.ask.Extra.Output, c.ask.Extra))
	}
	row.Min, row.Max = &least, &most
}

// unheard says whether the last attempt may have done its work without telling: nothing, or
// no error, had come from it.
func (c *call) unheard() bool {
	last := c.row.Attempts[len(c.row.Attempts)-1]
	return last.Result == gateway.Maybe && (last.HTTPStatus == 0 || last.HTTPStatus < http.StatusMultipleChoices)
}

// asHeld charges what was set aside for a call that told nothing, where it was anything.
func asHeld(row *gateway.Call, held billing.Money) {
	if held.Pico() > 0 {
		row.Charge, row.Bill.Flags = held, append(row.Bill.Flags, heldCharge)
	}
}

// addMaybe adds the line of a failed attempt, by whose prices it would be charged, and returns its tokens.
func addMaybe(row *gateway.Call, book *billing.Book, by billing.Case, input int64) (tokens int64) {
	var u billing.Usage
	u[billing.Input] = input
	by.Endpoint, by.At = row.Endpoint, row.StartedAt
	guess := book.Estimate(by, u, maybeCharged)
	row.Basis = gateway.Estimated
	if !slices.Contains(row.Bill.Flags, maybeCharged) {
		row.Bill.Flags = append(row.Bill.Flags, maybeCharged)
	}
	tokens = guess.Usage.Tokens()
	switch {
	case guess.Total != nil:
	case row.Bill.Card != "" && slices.Contains(guess.Flags, billing.FlagUsageMissing):
		row.Bill.Status = billing.Estimated // what the other attempt cost is known, and how much this one can add
		return tokens
	default:
		row.Bill.Total, row.Bill.Saved, row.Bill.WithoutCache = nil, nil, nil
		row.Bill.Status = billing.Unpriced
		return tokens
	}
	for _, line := range guess.Lines {
		line.What = maybeCharged
		row.Bill.Lines = append(row.Bill.Lines, line)
	}
	row.Charge = row.Charge.Add(*guess.Total)
	if row.Bill.Total == nil {
		return tokens
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
	return tokens
}

func total(b billing.Bill) billing.Money {
	if b.Total == nil {
		return billing.Money{}
	}
	return *b.Total
}

// charge is what a bill counts against limits: its total, or as much as is known of it.
func charge(book *billing.Book, cs billing.Case, b billing.Bill) billing.Money {
	if b.Total == nil {
		return book.KnownPart(cs, b.Usage)
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
	row.Err = &gateway.CallError{Kind: gateway.Internal, Message: i18n.T("error.relay.interrupted")}
	var u billing.Usage
	u[billing.Input], u[billing.Output] = p.InputTokens, p.OutputTokens
	cs := billing.Case{Provider: p.Prices, Endpoint: row.Endpoint, Model: p.PriceModel, At: row.StartedAt, Usage: p.Usage, Tier: p.Tier, Count: p.Count,
		Request: billing.Request{Tier: p.AskedTier, Model: p.ReplyModel, Size: p.AskedSize, SearchType: p.AskedSearch, Regional: p.Regional}}
	by := cs
	by.Usage, row.PricedBy = nil, &by
	row.Assumed, row.Bill = countedHere, guessed(book, cs, u)
	least := billing.Money{}
	if p.Usage != nil {
		if b := book.Bill(cs); b.Total != nil || b.Usage.Tokens() > 0 {
			u, least = b.Usage, total(b)
			u[billing.Output] = max(u[billing.Output], p.OutputTokens)
			row.Basis, row.Assumed, row.Bill = gateway.Partial, cutShort, book.Estimate(cs, u, cutShort)
		}
	}
	if _, free := billing.Free(cs.Provider, cs.Endpoint); free {
		row.Basis = gateway.Zero
	}
	row.Charge = charge(book, cs, row.Bill)
	if slices.Contains(row.Bill.Flags, billing.FlagUsageMissing) {
		asHeld(&row, billing.Pico(i.Held.Pico))
	}
	spent := gateway.Amounts{Tokens: row.Bill.Usage.Tokens(), Calls: min(i.Held.Calls, 1)}
	most := max(i.Held.Pico, row.Charge.Pico())
	for _, a := range p.Attempts {
		if a.Result == gateway.Maybe { // at which price is not known any more: at that of its successor
			most += i.Held.Pico
			spent.Tokens += addMaybe(&row, book, billing.Case{Provider: p.Prices, Model: p.PriceModel, Request: billing.Request{Regional: p.Regional}}, p.InputTokens)
		}
	}
	mostCost := billing.Pico(max(most, row.Charge.Pico()))
	row.Min, row.Max = &least, &mostCost
	cover(&row)
	spent.Pico = row.Charge.Pico()
	return ledger.Outcome{Call: row, Spent: spent}
}
