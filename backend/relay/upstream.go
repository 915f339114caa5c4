package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/frontend/src/i18n"
)

// An attempt is one try of the call at one channel.
type attempt struct {
	*call
	target  target
	started time.Time
	last    bool // no other target is left

	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer // ends an attempt whose upstream keeps silent
	sent   atomic.Bool // a byte of the body may have left
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
}

var (
	errSilent  = errors.New("the upstream kept silent")
	errStopped = errors.New("weir was stopped")
)

// try makes one attempt and returns true when the call is over.
func (c *call) try(t target, last bool) bool {
	a := &attempt{call: c, target: t, started: c.Now(), last: last}
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
	if a.mayGoOn(v) {
		a.note(v)
		if resp != nil {
			_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
		}
		return false
	}
	a.answer(resp, v)
	return true
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
	switch {
	case a.target.sandbox() || v.err != nil && v.err.Kind == gateway.Canceled:
	case a.row.Op == gateway.Stored && a.status == http.StatusNotFound: // it is another channel that has it
	case v.result == gateway.Billed || !v.next:
		a.Health.Succeeded(a.target.Channel.ID)
		if v.result == gateway.Billed && a.target.Channel.State == gateway.ChannelBadKey {
			a.markKey(gateway.ChannelOK, "")
		}
	default:
		a.Health.Failed(a.target.Channel.ID, v.wait)
	}
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
	resp, err := a.transport().RoundTrip(req)
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

func (a *attempt) transport() http.RoundTripper {
	if a.target.sandbox() {
		return a.Sandbox
	}
	return a.Upstream
}

// request is the client's request as this upstream gets it: see the table in forward.go.
func (a *attempt) request() (*http.Request, error) {
	t := a.target
	to, err := provider.URL(t.provider, t.Channel.BaseURL, a.dialect.Name,
		provider.Operation{Op: a.row.Op, Path: a.route.Path, Model: t.Model}, a.req.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	secret := ""
	if !t.sandbox() {
		known, err := a.Channels.Secret(a.ctx, t.Channel)
		if err != nil {
			return nil, err
		}
		if len(known.Keys) > 0 {
			secret = known.Keys[0].Text
		}
	}
	data := a.patched()
	req := (&http.Request{Method: a.req.Method, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: provider.CleanRequestHeader(a.req.Header), ContentLength: int64(len(data))}).WithContext(a.ctx)
	req.Header.Set("Accept-Encoding", "identity")
	t.provider.SignFor(a.dialect.Name, req.Header, secret)
	if len(data) == 0 {
		req.Body = http.NoBody // else an empty POST would be sent in chunks
		return req, nil
	}
	req.Body = a.body.reader(data, &a.sent)
	req.GetBody = func() (io.ReadCloser, error) { return a.body.reader(data, &a.sent), nil }
	return req, nil
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

// outcomes says what an upstream's status means: whether the attempt may have been charged,
// and whether another channel may do better. Other 4xx blame the request.
var outcomes = map[int]verdict{
	http.StatusUnauthorized:        {result: gateway.Unbilled, next: true},
	http.StatusForbidden:           {result: gateway.Unbilled, next: true},
	http.StatusNotFound:            {result: gateway.Unbilled, next: true},
	http.StatusRequestTimeout:      {result: gateway.Unbilled, next: true},
	http.StatusTooManyRequests:     {result: gateway.Unbilled, next: true},
	http.StatusServiceUnavailable:  {result: gateway.Unbilled, next: true},
	529:                            {result: gateway.Unbilled, next: true}, // Anthropic: overloaded
	http.StatusInternalServerError: {result: gateway.Maybe, next: true},
	http.StatusBadGateway:          {result: gateway.Maybe, next: true},
	http.StatusGatewayTimeout:      {result: gateway.Maybe, next: true},
}

// judge reads a status that is not 2xx. What replaces the upstream's own answer is listed in forward.go.
func (a *attempt) judge(resp *http.Response) *verdict {
	v, known := outcomes[resp.StatusCode]
	if !known {
		v.result = gateway.Unbilled
		if resp.StatusCode >= 500 {
			v = verdict{result: gateway.Maybe, next: true}
		}
	}
	name := a.target.Channel.Name
	switch {
	case resp.StatusCode < 400:
		v.next = true
		v.err = &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.redirect", "provider", name, "status", resp.StatusCode)}
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden && a.blamesKey(resp):
		v.err = &gateway.Error{Kind: gateway.NoChannel, Message: i18n.T("error.relay.key_refused", "provider", name, "status", resp.StatusCode)}
		a.markKey(gateway.ChannelBadKey, v.err.Message)
	case isHTML(resp.Header):
		v.err = &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.web_page_error", "provider", name, "status", resp.StatusCode)}
	case resp.ContentLength == 0:
		v.err = &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.empty_error", "provider", name, "status", resp.StatusCode)}
	}
	v.wait = retryAfter(resp.Header, a.Now())
	return &v
}

// keyWords are how providers say that a 403 is about the key. Others mean the prompt, the
// region or the model, and pass as they came.
var keyWords = []string{"authentication_error", "permission_error", "invalid_api_key", "api key", "api_key", "apikey", "unauthorized"}

func (a *attempt) blamesKey(resp *http.Response) bool {
	text := strings.ToLower(string(a.peek(resp)))
	return slices.ContainsFunc(keyWords, func(word string) bool { return strings.Contains(text, word) })
}

// markKey notes whether a channel's provider accepts its key.
func (a *attempt) markKey(state gateway.ChannelState, message string) {
	ch, err := a.Channels.Channel(a.target.Channel.ID)
	if err != nil || ch.State == state {
		return // removed meanwhile, or marked already
	}
	if _, err := a.Channels.SetState(context.WithoutCancel(a.ctx), ch.ID, state, message); err != nil {
		a.Log.Error("a channel's state could not be written", "channel", ch.ID, "err", err)
	}
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

// peek reads the beginning of an error and leaves the reply as if it had not.
func (a *attempt) peek(resp *http.Response) []byte {
	a.timer.Reset(a.Waits.Idle)
	head, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = failing{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), rest), resp.Body}
	return head
}

// failing is a reader of nothing but an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func (a *attempt) refusesUsage() bool {
	_, refuses := a.noUsage.Load(a.target.Channel.ID)
	return refuses
}

func isHTML(h http.Header) bool {
	return strings.HasPrefix(strings.TrimSpace(strings.ToLower(h.Get("Content-Type"))), "text/html")
}

// looksHTML finds a web page that calls itself something else.
func looksHTML(b []byte) bool {
	b = bytes.ToLower(bytes.TrimSpace(b[:min(len(b), 64)]))
	return bytes.HasPrefix(b, []byte("<!doctype html")) || bytes.HasPrefix(b, []byte("<html"))
}

// retryAfter reads an upstream's advice: seconds, a date, or OpenAI's retry-after-ms.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 && ms < 1e9 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	text := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(text, 64); err == nil && s > 0 && s < 1e6 {
		return time.Duration(s * float64(time.Second))
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}
