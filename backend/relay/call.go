package relay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/pace"
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
	login   string // the client's own Authorization for a vendor, which is kept nowhere else; empty: it has none

	row     gateway.Call
	ask     dialect.Ask
	body    *body
	input   int64 // estimated input tokens
	slice   int64 // output tokens held so far
	held    int64 // pico-dollars held so far
	clamped int64 // the most that each answer may have, by what is left; 0: as was asked
	ticket  pace.Ticket
	free    bool // a limit is reached, and the call may finish: no more is held
	targets []target
	hold    *ledger.Hold
	maybes  []target // of attempts that may have been charged
	final   *attempt // the attempt that answered the client; nil: none did
	ended   bool
}

// payer is whose limits a grant's calls must meet.
func payer(g gateway.Grant) ledger.Payer {
	return ledger.Payer{KeyID: g.KeyID, GroupID: g.GroupID, GroupName: g.GroupName}
}

// begin opens the call's row.
func (c *call) begin() {
	c.row = gateway.Call{ID: "call_" + strings.ToLower(ulid.Make().String()), StartedAt: c.Now(), KeyID: c.grant.KeyID,
		KeyName: c.grant.KeyName, Dialect: c.dialect.Name, Op: c.route.Op, Endpoint: c.route.Endpoint, Covered: c.login != ""}
	c.w.Header().Set("X-Weir-Call", c.row.ID)
}

// run takes the call from its body to its end.
func (c *call) run() {
	if e := c.looped(); e != nil {
		c.refuse(e)
		return
	}
	body, e := c.readBody()
	if e != nil {
		c.refuse(e)
		return
	}
	c.body = body
	ask, e := c.dialect.Ask(dialect.Request{Route: c.route, ContentType: c.req.Header.Get("Content-Type"), Body: body.bytes})
	c.ask = ask
	c.row.Model, c.row.Stream = ask.Model, ask.Stream
	if c.row.Simulated = strings.HasPrefix(ask.Model, gateway.SandboxPrefix); c.row.Simulated {
		c.login, c.row.Covered = "", false // the sandbox asks nobody
	}
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
	c.attempts()
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

// progress is what recovery needs to price the call before any reply came.
func (c *call) progress(t target) ledger.Progress {
	p := ledger.Progress{ChannelID: t.Channel.ID, Provider: t.Channel.Provider, UpstreamModel: t.Model, Endpoint: c.row.Endpoint,
		Prices: t.prices, PriceModel: t.model, Count: t.Channel.Count, InputTokens: c.input, Regional: t.regional(), Attempts: c.row.Attempts}
	if !t.sandbox() {
		p.AskedTier, p.AskedSize, p.AskedSearch = t.ask.Tier, t.ask.SearchSize, t.ask.SearchType
	}
	if c.ask.Background {
		p.OutputTokens = c.slice // the upstream goes on without Weir
	}
	return p
}

// tellQuota sets x-weir-quota-left on the replies of keys that limits of their own, or of their group, cover. A limit
// of which 80, 90 or 100 hundredths are spent says so.
func (c *call) tellQuota() {
	uses := c.hold.Uses()
	if len(uses) == 0 {
		return
	}
	parts := make([]string, len(uses))
	for i, u := range uses {
		parts[i] = u.Unit.Text(u.Left()) + string(u.Unit) + "/" + string(u.Window)
		if mark := u.Mark(); mark > 0 {
			parts[i] += ";mark=" + strconv.Itoa(mark)
		}
	}
	c.w.Header().Set("X-Weir-Quota-Left", strings.Join(parts, ", "))
}

// status is what an error of a kind is answered with in the client's dialect.
func (c *call) status(k gateway.Kind) int {
	status, _, _ := c.dialect.EncodeError(&gateway.Error{Kind: k})
	return status
}

// refusedStatus is status(gateway.QuotaExceeded), which each hold needs to know.
func (c *call) refusedStatus() int {
	for i := range c.Dialects {
		if c.dialect == &c.Dialects[i] {
			return c.refused[i]
		}
	}
	return c.status(gateway.QuotaExceeded) // this client's own
}

// refuse answers an error and writes the refused row.
func (c *call) refuse(e *gateway.Error) {
	c.ticket.Cancel()
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
		if p != http.ErrAbortHandler {
			c.Log.Error("panic in a call", "call", c.row.ID, "panic", fmt.Sprint(p), "stack", stack())
		}
		defer panic(http.ErrAbortHandler) // else the client would read a reply without an end, or an empty one, as whole
		if c.row.Err == nil {
			c.row.Err = &gateway.CallError{Kind: gateway.Internal, Message: i18n.T("error.relay.internal")}
		}
	}
	if !c.ended && c.hold != nil {
		c.settle(gateway.Failed)
	}
	c.ticket.End(c.input) // where nothing else ended it
	c.explain()
	if c.body != nil {
		c.body.release()
	}
	// The connection may serve more calls; a writer without deadlines needs none lifted.
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Time{})
}

// elapsed is how long the call has run, in milliseconds.
func elapsed(from, to time.Time) int64 { return to.Sub(from).Milliseconds() }
