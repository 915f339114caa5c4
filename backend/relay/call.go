package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/provider"
	"weir/backend/route"
	"weir/backend/wire"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// firstSlice is how many output tokens are set aside at a time.
const firstSlice = 4096

// A call is one accepted request on its way. It belongs to one goroutine.
type call struct {
	*Relay
	w       http.ResponseWriter
	req     *http.Request
	dialect *dialect.Dialect
	route   dialect.Route
	grant   gateway.Grant

	row     gateway.Call
	ask     dialect.Ask
	body    *body
	input   int64 // estimated input tokens
	slice   int64 // output tokens held so far
	free    bool  // a limit is reached, and the call may finish: no more is held
	targets []target
	hold    *ledger.Hold
	maybes  []target // of attempts that may have been charged
	final   *attempt // the attempt that answered the client; nil: none did
	ended   bool
}

// A target is a planned channel with what its prices say.
type target struct {
	route.Target
	provider provider.Provider
	prices   string // the provider whose prices apply
	model    string // the name that the price book is asked for
	ceiling  billing.Ceiling
	priced   bool
}

func (t target) sandbox() bool { return t.Channel.Provider == gateway.Sandbox }

// begin opens the call's row.
func (c *call) begin() {
	c.row = gateway.Call{ID: "call_" + strings.ToLower(ulid.Make().String()), StartedAt: c.Now(), KeyID: c.grant.KeyID,
		KeyName: c.grant.KeyName, Dialect: c.dialect.Name, Op: c.route.Op, Endpoint: c.route.Endpoint}
	c.w.Header().Set("X-Weir-Call", c.row.ID)
}

// run takes the call from its body to its end.
func (c *call) run() {
	body, e := c.readBody()
	if e != nil {
		c.refuse(e)
		return
	}
	c.body = body
	ask, e := c.dialect.Ask(dialect.Request{Route: c.route, ContentType: c.req.Header.Get("Content-Type"), Body: body.bytes})
	c.ask = ask
	c.row.Model, c.row.Stream = ask.Model, ask.Stream
	c.row.Simulated = strings.HasPrefix(ask.Model, gateway.SandboxPrefix)
	if paused := c.pausedError(); paused != nil {
		e = paused // a body that cannot be read is not worth mending now
	}
	if e == nil {
		e = c.plan()
	}
	if e != nil {
		c.refuse(e)
		return
	}
	if e := c.reserve(); e != nil {
		return
	}
	for i, t := range c.targets {
		if c.try(t, i == len(c.targets)-1) {
			return
		}
	}
}

// senderPatience is how long a client may take to send its request.
const senderPatience = 2 * time.Minute

func (c *call) readBody() (*body, *gateway.Error) {
	control := http.NewResponseController(c.w)
	// A writer without deadlines, such as Try's, has its body at hand.
	_ = control.SetReadDeadline(time.Now().Add(senderPatience))
	body, e := c.bodies.read(c.req)
	_ = control.SetReadDeadline(time.Time{})
	return body, e
}

// plan finds the channels for the model and refuses what no channel may answer.
func (c *call) plan() *gateway.Error {
	model := c.ask.Model
	if c.row.Op != gateway.Stored && !c.grant.Allows(model) {
		return &gateway.Error{Kind: gateway.Forbidden, Field: "model", Message: i18n.T("error.relay.model_forbidden", "key", c.grant.KeyName, "model", model)}
	}
	if c.row.Simulated {
		return c.planSandbox()
	}
	rnd := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	for _, t := range route.Plan(c.request(), c.Channels.All(), c.Health.Open, rnd) {
		p, ok := provider.ByID(t.Channel.Provider)
		if !ok {
			continue
		}
		prices := t.Channel.PriceAs
		if prices == "" {
			prices = p.Prices
		}
		c.targets = append(c.targets, c.price(target{Target: t, provider: p, prices: prices, model: t.Model}))
	}
	c.targets = c.preferred(c.targets)
	if len(c.targets) > 0 {
		return c.mayBeUnpriced()
	}
	return c.noChannel()
}

// request is what the plan needs to know of the call.
func (c *call) request() route.Request {
	return route.Request{Model: c.ask.Model, AnyModel: c.row.Op == gateway.Stored, Offers: c.offered}
}

// offered says whether a channel's provider has what the call asks for.
func (c *call) offered(ch gateway.Channel) bool {
	p, ok := provider.ByID(ch.Provider)
	return ok && p.Offers(c.dialect.Name, c.row.Op)
}

// noChannel says why nothing can answer: the model is unknown, or nothing is set up.
func (c *call) noChannel() *gateway.Error {
	for _, ch := range c.Channels.All() {
		if ch.Enabled && c.offered(ch) {
			return &gateway.Error{Kind: gateway.NotFound, Field: "model", Message: i18n.T("error.relay.model_unserved", "model", c.ask.Model)}
		}
	}
	return &gateway.Error{Kind: gateway.NoChannel, Message: i18n.T("error.relay.no_provider", "dialect", c.dialect.Name, "model", gateway.SandboxPrefix+"gpt-5")}
}

// planSandbox finds whose prices a sandbox model has. One that nobody sells does not exist.
func (c *call) planSandbox() *gateway.Error {
	p, _ := provider.ByID(gateway.Sandbox)
	model := strings.TrimPrefix(c.ask.Model, gateway.SandboxPrefix)
	for _, prices := range []string{"anthropic", "openai"} {
		if c.Book.Known(prices, model, c.row.StartedAt) {
			ch := gateway.Channel{ID: gateway.Sandbox, Name: p.Name, Provider: p.ID, Dialect: c.dialect.Name, BaseURL: p.BaseURL}
			t := target{Target: route.Target{Channel: ch, Model: c.ask.Model}, provider: p, prices: prices, model: model}
			c.targets = []target{c.price(t)}
			return nil
		}
	}
	return &gateway.Error{Kind: gateway.NotFound, Field: "model", Message: i18n.T("error.relay.sandbox_model", "model", c.ask.Model)}
}

// price finds the dearest rates that can apply. A request that names no tier, speed or region
// gets the plain ones.
func (c *call) price(t target) target {
	rates := c.Book.PlainCeiling
	if c.ask.Tier != "" || bytes.Contains(c.body.bytes, []byte(`"speed"`)) || bytes.Contains(c.body.bytes, []byte(`"inference_geo"`)) {
		rates = c.Book.Ceiling
	}
	t.ceiling, t.priced = rates(t.prices, t.model, c.row.StartedAt)
	if c.row.Op.Free() {
		t.ceiling, t.priced = billing.Ceiling{}, true
	}
	return t
}

// mayBeUnpriced refuses a call without a price where a hard dollar limit covers it.
func (c *call) mayBeUnpriced() *gateway.Error {
	for _, t := range c.targets {
		if !t.priced && !c.grant.AllowUnpriced && c.Ledger.Covers(c.grant.KeyID, gateway.USD) {
			return &gateway.Error{Kind: gateway.Unpriced, Field: "model", Message: i18n.T("error.relay.unpriced", "model", t.model)}
		}
	}
	return nil
}

// amounts is what a slice of output, and the input with the first one, can cost at most.
func (c *call) amounts(input, output int64) gateway.Amounts {
	a := gateway.Amounts{Tokens: input + output}
	for _, t := range c.targets {
		if t.priced {
			a.Pico = max(a.Pico, t.ceiling.Cost(input, output).Pico())
		}
	}
	return a
}

// reserve makes the hold durable. Nothing of the call has left before it returns.
func (c *call) reserve() *gateway.Error {
	var a gateway.Amounts
	if !c.row.Op.Free() {
		c.input = max(wire.EstimateTokens(c.body.bytes)-c.ask.Opaque/3, 0)
		c.slice = c.ask.N * firstSlice
		if most := c.ask.N * c.ask.MaxOutput; most > 0 {
			c.slice = min(c.slice, most)
		}
		a = c.amounts(c.input, c.slice)
		a.Calls = 1
	}
	hold, err := c.Ledger.Hold(c.req.Context(), ledger.Start{Call: c.row, Hold: a, Progress: c.progress(c.targets[0]), RefusedStatus: c.status(gateway.QuotaExceeded)})
	if err == nil {
		c.hold = hold
		c.tellQuota()
		return nil
	}
	e := c.internal(err)
	if e.Kind == gateway.QuotaExceeded {
		c.row.HTTPStatus = fail(c.w, c.dialect, e)
		c.ended = true // the ledger wrote the refused row itself
		return e
	}
	c.refuse(e)
	return e
}

// progress is what recovery needs to price the call before any reply came.
func (c *call) progress(t target) ledger.Progress {
	return ledger.Progress{ChannelID: t.Channel.ID, Provider: t.Channel.Provider, UpstreamModel: t.Model, Endpoint: c.row.Endpoint,
		Prices: t.prices, PriceModel: t.model, Count: t.Channel.Count, InputTokens: c.input, Attempts: c.row.Attempts}
}

// tellQuota sets x-weir-quota-left on the replies of limited keys.
func (c *call) tellQuota() {
	uses := c.hold.Uses()
	if len(uses) == 0 {
		return
	}
	parts := make([]string, len(uses))
	for i, u := range uses {
		parts[i] = u.Unit.Text(u.Left()) + string(u.Unit) + "/" + string(u.Window)
	}
	c.w.Header().Set("X-Weir-Quota-Left", strings.Join(parts, ", "))
}

// extend sets the next slice aside when a reply has used four fifths of what is held. It
// returns an error where the key wants running calls cut at a limit.
func (c *call) extend(output int64) *gateway.Error {
	if c.row.Op.Free() || output*5 < c.slice*4 || c.slice == 0 || c.free {
		return nil
	}
	next := c.ask.N * firstSlice
	if most := c.ask.N * c.ask.MaxOutput; most > 0 {
		next = min(next, most-c.slice)
	}
	if next <= 0 {
		return nil
	}
	err := c.hold.Extend(c.req.Context(), c.amounts(0, next))
	if err == nil {
		c.slice += next
		return nil
	}
	if e := c.internal(err); e.Kind == gateway.QuotaExceeded && c.grant.OnLimit == gateway.Cut {
		return e
	}
	c.free = true // the overrun is booked
	return nil
}

// status is what an error of a kind is answered with in the client's dialect.
func (c *call) status(k gateway.Kind) int {
	status, _, _ := c.dialect.EncodeError(&gateway.Error{Kind: k})
	return status
}

// refuse answers an error and writes the refused row.
func (c *call) refuse(e *gateway.Error) {
	c.row.HTTPStatus = c.status(e.Kind)
	c.row.EndedAt = c.Now()
	c.row.State, c.row.End = gateway.Refused, gateway.WasRefused
	c.row.Err = &gateway.CallError{Kind: e.Kind, Message: e.Message}
	c.ended = true
	if err := c.Ledger.Refuse(context.WithoutCancel(c.req.Context()), c.row); err != nil {
		c.Log.Error("a refused call could not be written", "call", c.row.ID, "err", err)
	}
	fail(c.w, c.dialect, e)
}

// internal returns err as an error that a client may read.
func (c *call) internal(err error) *gateway.Error {
	var e *gateway.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled):
		return &gateway.Error{Kind: gateway.Canceled, Message: i18n.T("error.relay.client_left")}
	}
	c.Log.Error("call failed", "call", c.row.ID, "err", err)
	return &gateway.Error{Kind: gateway.Internal, Message: i18n.T("error.relay.internal"), Err: err}
}

// end runs whatever happens, a panic included: no call may keep its hold.
func (c *call) end() {
	if p := recover(); p != nil {
		if p == http.ErrAbortHandler {
			defer panic(p)
		} else {
			c.Log.Error("panic in a call", "call", c.row.ID, "panic", fmt.Sprint(p), "stack", stack())
		}
		if c.row.Err == nil {
			c.row.Err = &gateway.CallError{Kind: gateway.Internal, Message: i18n.T("error.relay.internal")}
		}
	}
	if !c.ended && c.hold != nil {
		c.settle(gateway.Failed)
	}
	if c.body != nil {
		c.body.release()
	}
	// The connection may serve more calls; a writer without deadlines needs none lifted.
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Time{})
}

// elapsed is how long the call has run, in milliseconds.
func elapsed(from, to time.Time) int64 { return to.Sub(from).Milliseconds() }
