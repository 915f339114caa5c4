package relay

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/backend/route"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// A target is a planned channel with what its prices say.
type target struct {
	route.Target
	provider provider.Provider
	prices   string // the provider whose prices apply
	model    string // the name that the price book is asked for
	ceiling  billing.Ceiling
	priced   bool
	ask      dialect.Ask // of the body that this upstream gets
	tried    []string    // keys of the channel that this call has used up
	key      route.Key   // the one to use after those; empty: the first that is healthy
}

func (t target) sandbox() bool { return t.Channel.Provider == gateway.Sandbox }

// regional says whether the upstream serves from a region with prices of its own.
func (t target) regional() bool { return billing.Regional(t.prices, t.Channel.BaseURL) }

// plan finds the channels for the model and refuses what no channel may answer.
func (c *call) plan() *gateway.Error {
	if c.row.Op != gateway.Stored && !c.grant.Allows(c.ask.Model) {
		return c.forbidden()
	}
	if c.ask.Others && c.grant.Restricted() {
		return &gateway.Error{Kind: gateway.Forbidden, Field: "model", Message: i18n.T("error.relay.other_models", "key", c.grant.KeyName)}
	}
	if by := c.home().by; by != "" && by != c.grant.KeyID {
		return &gateway.Error{Kind: gateway.NotFound, Message: i18n.T("error.relay.other_keys_reply")}
	}
	if c.row.Simulated {
		return c.planSandbox()
	}
	rnd := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	asked, denied := c.ask, false
	for _, t := range route.Plan(c.request(), c.Channels.All(), c.Health.Open, rnd) {
		p, ok := provider.ByID(t.Channel.Provider)
		if !ok {
			continue
		}
		if c.grant.Denies(t.Model) {
			denied = true // the public name led to it
			continue
		}
		ask, e := c.askOf(t.Channel, asked)
		if e != nil {
			return e
		}
		prices := cmp.Or(t.Channel.PriceAs, p.Prices)
		c.targets = append(c.targets, c.price(target{Target: t, provider: p, prices: prices, model: t.Model, ask: ask}))
		if p.Login {
			break // another would ask the same vendor with the same login
		}
	}
	c.targets = c.preferred(c.targets)
	if len(c.targets) > 0 {
		return c.mayBeUnpriced()
	}
	if denied {
		return c.forbidden()
	}
	return c.noChannel()
}

func (c *call) forbidden() *gateway.Error {
	return &gateway.Error{Kind: gateway.Forbidden, Field: "model", Message: i18n.T("error.relay.model_forbidden", "key", c.grant.KeyName, "model", c.ask.Model)}
}

// request is what the plan needs to know of the call.
func (c *call) request() route.Request {
	return route.Request{Model: c.ask.Model, AnyModel: c.row.Op == gateway.Stored, Offers: c.offered}
}

// offered says whether a channel's provider has what the call asks for.
func (c *call) offered(ch gateway.Channel) bool {
	p, ok := provider.ByID(ch.Provider)
	return ok && p.Login == (c.login != "") && p.Offers(c.dialect.Name, c.row.Op) && (c.grant.Channel == "" || c.grant.Channel == ch.ID)
}

// noChannel says why nothing can answer: the model is unknown, or nothing is set up.
func (c *call) noChannel() *gateway.Error {
	for _, ch := range c.Channels.All() {
		if ch.Enabled && c.offered(ch) {
			return &gateway.Error{Kind: gateway.NotFound, Field: "model", Message: i18n.T("error.relay.model_unserved", "model", c.ask.Model)}
		}
	}
	if c.login != "" {
		return &gateway.Error{Kind: gateway.NoChannel, Message: i18n.T("error.relay.no_login_provider", "dialect", c.dialect.Name)}
	}
	return &gateway.Error{Kind: gateway.NoChannel, Message: i18n.T("error.relay.no_provider", "dialect", c.dialect.Name, "model", gateway.SandboxPrefix+"gpt-5")}
}

// sandboxVendors are those whose models the sandbox plays.
var sandboxVendors = []string{"anthropic", "openai", "google"}

// planSandbox finds whose prices a sandbox model has. One that nobody sells does not exist.
func (c *call) planSandbox() *gateway.Error {
	p, _ := provider.ByID(gateway.Sandbox)
	if !p.Offers(c.dialect.Name, c.row.Op) {
		return &gateway.Error{Kind: gateway.NotFound, Field: "model", Message: i18n.T("error.relay.sandbox_op")}
	}
	model := strings.TrimPrefix(c.ask.Model, gateway.SandboxPrefix)
	for _, prices := range sandboxVendors {
		if c.Book().Known(prices, model, c.row.StartedAt) {
			ch := gateway.Channel{ID: gateway.Sandbox, Name: p.Name, Provider: p.ID, Dialect: c.dialect.Name, BaseURL: p.BaseURL}
			t := target{Target: route.Target{Channel: ch, Model: c.ask.Model}, provider: p, prices: prices, model: model, ask: c.ask}
			c.targets = []target{c.price(t)}
			return nil
		}
	}
	return &gateway.Error{Kind: gateway.NotFound, Field: "model", Message: i18n.T("error.relay.sandbox_model", "model", c.ask.Model)}
}

// price finds the dearest rates that can apply. A request that names no tier, speed or region
// gets the plain ones.
func (c *call) price(t target) target {
	rates := c.Book().PlainCeiling
	if t.ask.Tier != "" || t.ask.Dearer || len(t.Channel.Params) > 0 || t.regional() {
		rates = c.Book().Ceiling
	}
	t.ceiling, t.priced = rates(t.prices, t.model, c.row.StartedAt)
	if _, free := billing.Free(t.prices, c.row.Endpoint); free || c.row.Op.Free() {
		t.ceiling, t.priced = billing.Ceiling{}, true
	}
	return t
}

// mayBeUnpriced refuses a call without a price where a hard dollar limit, or one on each call, covers it.
func (c *call) mayBeUnpriced() *gateway.Error {
	for _, t := range c.targets {
		if !t.priced && c.login == "" && !c.grant.AllowUnpriced && (c.grant.MostPerCall > 0 || c.Ledger.Covers(payer(c.grant), gateway.USD)) {
			return &gateway.Error{Kind: gateway.Unpriced, Field: "model", Message: i18n.T("error.relay.unpriced", "model", t.model)}
		}
	}
	return nil
}

// amounts is what a slice of output, and the input with the first one, can cost at most, with
// what is charged by the second or the search.
func (c *call) amounts(input, output int64, x dialect.Extra) gateway.Amounts {
	a := gateway.Amounts{Tokens: input + output}
	for _, t := range c.targets {
		if t.priced && c.login == "" { // what a subscription covers costs no limit any money
			a.Pico = max(a.Pico, t.most(input, output, x).Pico())
		}
	}
	return a
}

// most is what tokens, and what else a call can use, can cost at most.
func (t target) most(input, output int64, x dialect.Extra) billing.Money {
	return t.ceiling.Cost(input, output).Add(t.ceiling.Fees(x.Seconds, x.Searches))
}

// attempts tries the targets in their order. One that another call is just finding out about
// goes last.
func (c *call) attempts() {
	rest := c.targets
	for late := 0; len(rest) > 0; {
		t := rest[0]
		if rest = rest[1:]; c.login == "" && !c.Health.Begin(t.Channel.ID) && len(rest) > late {
			rest, late = append(slices.Clip(rest), t), late+1
			continue
		}
		if c.try(t, len(rest) == 0) {
			return
		}
	}
}
