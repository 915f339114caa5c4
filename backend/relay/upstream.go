package relay

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/backend/route"
	"weir/frontend/src/i18n"
)

// An attempt is one try of the call at one channel.
type attempt struct {
	*call
	target  target
	key     route.Key // of the channel that the upstream is asked with; empty: it has none
	Waits   Waits     // the relay's, where the channel has none of its own
	started time.Time
	last    bool // no other target is left

	ctx    context.Context
	cancel context.CancelCauseFunc
	road   http.RoundTripper // to the upstream
	timer  *time.Timer       // ends an attempt whose upstream keeps silent
	sent   atomic.Bool       // the request may have left
	status int
	asked  bool // the usage frame of the stream is our own wish
	named  bool // the reply has said its id
	count  *count
}

// A verdict says what a failed attempt means.
type verdict struct {
	result gateway.Result
	next   bool           // another channel may succeed
	err    *gateway.Error // what the client is told; nil: the upstream's own answer
	wait   time.Duration  // how long the upstream asks to be left alone
	key    ofKey          // whether the answer is about the key, and not about the channel
}

var (
	errSilent  = errors.New("the upstream kept silent")
	errStopped = errors.New("weir was stopped")
)

// try makes one attempt and returns true when the call is over.
func (c *call) try(t target, last bool) bool {
	a := &attempt{call: c, target: t, Waits: c.waits(t.Channel.Timeouts), started: c.Now(), last: last}
	if len(c.row.Attempts) > 0 {
		c.hold.Update(c.progress(t))
	}
	a.ctx, a.cancel = context.WithCancelCause(c.req.Context())
	defer a.cancel(nil)
	defer context.AfterFunc(c.stopped, func() { a.cancel(errStopped) })()
	resp, v := a.send()
	if resp != nil {
		defer resp.Body.Close()
	}
	if v == nil {
		v = a.reply(resp)
	}
	if v != nil && a.withoutUsage(resp) {
		a.note(v)
		return c.try(t, last)
	}
	if v == nil {
		return true
	}
	key, again := a.anotherKey(v)
	if !again && !a.mayGoOn(v) {
		a.answer(resp, v)
		return true
	}
	a.note(v)
	if resp != nil {
		stop := hurry(resp)
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
		stop()
	}
	if !again {
		return false
	}
	t.tried, t.key = append(t.tried, a.key.ID), key
	return c.try(t, last)
}

// waits is how patient an attempt is: the channel's own bounds take the place of the usual ones.
func (c *call) waits(own gateway.Timeouts) Waits {
	w := c.Waits
	w.Header = cmp.Or(own.Header, w.Header)
	w.StreamHeader = cmp.Or(own.StreamHeader, w.StreamHeader)
	w.Idle = cmp.Or(own.Idle, w.Idle)
	return w
}

// mayGoOn says whether another target may be tried: after an attempt that may have been
// charged one more at most, and none after silence.
func (a *attempt) mayGoOn(v *verdict) bool {
	if a.last || !v.next || a.req.Context().Err() != nil {
		return false
	}
	return len(a.maybes) == 0 && !errors.Is(context.Cause(a.ctx), errSilent)
}

// note records a finished attempt in the call's row and in the channel's health.
func (a *attempt) note(v *verdict) {
	row := gateway.Attempt{N: len(a.row.Attempts) + 1, ChannelID: a.target.Channel.ID, HTTPStatus: a.status,
		Result: v.result, Ms: elapsed(a.started, a.Now())}
	if v.err != nil {
		row.Message = v.err.Message
	}
	a.row.Attempts = append(a.row.Attempts, row)
	if v.result == gateway.Maybe {
		a.maybes = append(a.maybes, a.target)
	}
	a.row.ChannelID, a.row.Provider, a.row.UpstreamModel = a.target.Channel.ID, a.target.Channel.Provider, a.target.Model
	a.heal(v)
}

// send carries the request to the upstream. It returns a reply whose status is 2xx, or a
// verdict, with the reply that it rests on where one came.
func (a *attempt) send() (*http.Response, *verdict) {
	if a.Is(a.target.Channel.BaseURL) {
		// The door may have come to this port after the channel did: the call would go round until no file is left to open.
		message := i18n.T("error.relay.own_address", "provider", a.target.Channel.Name)
		return nil, &verdict{result: gateway.Unbilled, next: true, err: &gateway.Error{Kind: gateway.Unreachable, Message: message}}
	}
	req, err := a.request()
	if err != nil {
		return nil, &verdict{result: gateway.Unbilled, next: true, err: a.internal(err)}
	}
	wait := a.Waits.Header
	if a.row.Stream {
		wait = a.Waits.StreamHeader
	}
	a.timer = time.AfterFunc(wait, func() { a.cancel(errSilent) })
	resp, err := a.road.RoundTrip(req)
	if err != nil {
		a.timer.Stop()
		return nil, a.unreachable(err)
	}
	a.status = resp.StatusCode
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return resp, nil
	}
	return resp, a.judge(resp)
}

// request is the client's request as this upstream gets it: see the table in forward.go. It
// chooses the key and the road, too.
func (a *attempt) request() (*http.Request, error) {
	t := a.target
	to, err := a.destination()
	if err != nil {
		return nil, err
	}
	known, err := a.secret()
	if err != nil {
		return nil, err
	}
	data, ctx := a.patched(), a.ctx
	if len(data) > 0 {
		ctx = a.traced()
	}
	req := (&http.Request{Method: a.req.Method, URL: to.url, Host: to.url.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: provider.CleanRequestHeader(a.req.Header), ContentLength: int64(len(data))}).WithContext(ctx)
	req.Header.Set("Accept-Encoding", "identity")
	if kinds := req.Header["Content-Type"]; len(kinds) > 1 {
		req.Header["Content-Type"] = kinds[:1] // the one by which the body was read
	}
	override(req.Header, known.Headers)
	t.provider.SignFor(a.dialect.Name, req.Header, a.key.Text)
	if t.provider.Login {
		req.Header.Set("Authorization", a.login)
	}
	if to.hears {
		a.addHop(req.Header)
	}
	if len(data) == 0 {
		req.Body = http.NoBody // else an empty POST would be sent in chunks
		return req, nil
	}
	req.Body = a.body.reader(data)
	req.GetBody = func() (io.ReadCloser, error) { return a.body.reader(data), nil }
	return req, nil
}

// traced is the attempt's context, with which the transport tells when the request begins to leave.
func (a *attempt) traced() context.Context {
	return httptrace.WithClientTrace(a.ctx, &httptrace.ClientTrace{WroteHeaders: func() { a.sent.Store(true) }})
}

// secret opens what the channel keeps sealed, and chooses the key and the road by it.
func (a *attempt) secret() (known route.Secret, err error) {
	if a.target.sandbox() {
		a.road = a.Sandbox
		return known, nil
	}
	if known, err = a.Channels.Secret(a.ctx, a.target.Channel); err != nil {
		return known, err
	}
	if a.key = a.target.key; a.key.ID == "" && !a.target.provider.Login {
		a.key, _ = a.Health.Pick(a.homeFirst(known.Keys), nil)
	}
	a.road, err = a.Upstream.For(known.Proxy)
	return known, err
}

// unreachable judges an attempt that brought no reply.
func (a *attempt) unreachable(err error) *verdict {
	result := gateway.Unbilled
	if a.sent.Load() && !isDial(err) {
		result = gateway.Maybe
	}
	name := a.target.Channel.Name
	switch {
	case errors.Is(context.Cause(a.ctx), errSilent):
		return &verdict{result: result, next: true, err: &gateway.Error{Kind: gateway.Timeout, Message: i18n.T("error.relay.silent", "provider", name), Err: err}}
	case errors.Is(context.Cause(a.ctx), errStopped):
		return &verdict{result: result, err: a.cutError(err)}
	case a.req.Context().Err() != nil:
		return &verdict{result: result, err: &gateway.Error{Kind: gateway.Canceled, Message: i18n.T("error.relay.client_left_early"), Err: err}}
	case result == gateway.Maybe:
		return &verdict{result: result, next: true, err: &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.broke", "provider", name), Err: err}}
	}
	return &verdict{result: result, next: true, err: &gateway.Error{Kind: gateway.Unreachable, Message: noWay(name, err), Err: err}}
}

func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// noWay says why a provider cannot be reached, by the part of a network error that a person can act on.
func noWay(name string, err error) string {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		return i18n.T("error.relay.unreachable_name", "provider", name)
	case errors.As(err, &op):
		reason := op.Err.Error()
		if i := strings.LastIndex(reason, ": "); i >= 0 {
			reason = reason[i+2:]
		}
		return i18n.T("error.relay.unreachable_because", "provider", name, "reason", reason)
	}
	return i18n.T("error.relay.unreachable", "provider", name)
}

// withoutUsage remembers an upstream that refuses the stream_options that we set, so that it
// is asked again without them.
func (a *attempt) withoutUsage(resp *http.Response) bool {
	if !a.asked || resp == nil || a.status != http.StatusBadRequest && a.status != http.StatusUnprocessableEntity {
		return false
	}
	head := a.peek(resp)
	if !bytes.Contains(head, []byte("stream_options")) && !bytes.Contains(head, []byte("include_usage")) {
		return false
	}
	a.noUsage.Store(a.target.Channel.ID, true)
	return true
}

func (a *attempt) refusesUsage() bool {
	_, refuses := a.noUsage.Load(a.target.Channel.ID)
	return refuses || a.target.provider.UsageUnasked
}

func isHTML(h http.Header) bool {
	return strings.HasPrefix(strings.TrimSpace(strings.ToLower(h.Get("Content-Type"))), "text/html")
}

// looksHTML finds a web page that calls itself something else.
func looksHTML(b []byte) bool {
	b = bytes.ToLower(bytes.TrimSpace(b[:min(len(b), 64)]))
	return bytes.HasPrefix(b, []byte("<!doctype html")) || bytes.HasPrefix(b, []byte("<html"))
}
