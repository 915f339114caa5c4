package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/wire"
	"weir/frontend/src/i18n"
)

// What the relay changes on a lane where client and upstream speak the same dialect, and
// nothing else. Every other byte passes as it came, unknown fields at every depth included.
//
//	request   the model's name, where the channel maps it                    patched, provider.URL
//	          the version in front of the path, which is the upstream's own    provider.URL
//	          stream_options.include_usage, set on OpenAI chat and completion streams    patched
//	          the most output asked for, lowered to what is left, for keys that want it    patched, call.fit
//	          values that the channel sets in JSON bodies, and headers       overridden, override
//	          hop-by-hop, key, cookie, forwarding and browser headers        provider.CleanRequestHeader
//	          x-weir-hop, to servers that are no vendor's own                addHop
//	          content-encoding: one layer is taken off; accept-encoding: identity    body.go, request
//	          the channel's own key and, where missing, anthropic-version    provider's Sign
//	          query parameters that may hold a key                           provider.URL
//	          a second content-type: the body was read by the first          request
//	reply     the extra usage frame that we asked for ourselves              stream.frame
//	          hop-by-hop and cookie headers                                  provider.CleanResponseHeader
//	          x-weir-call, x-weir-channel, x-weir-quota-left are added       call.go, attempt.reply
//	          our key, where an error repeats it                             hideKey
//	          401 and 403 that refuse our key, 3xx, web pages, empty bodies, transport failures
//	          become an error in the client's dialect                        attempt.judge, attempt.answer
//	          a stream that is cut gets one error frame, a cut array an object and its end    stream.broken

// patched returns the request body for this attempt's channel.
func (a *attempt) patched() []byte {
	ask, data := a.target.ask, a.overridden(a.target.Channel)
	if a.clamped > 0 {
		ask = ask.Capped(a.clamped, a.capName())
	}
	tells := a.row.Op == gateway.Chat || a.row.Op == gateway.Completions // its usage in a stream, where it is asked to
	a.asked = tells && a.row.Stream && !ask.IncludeUsage && !a.refusesUsage()
	switch {
	case a.asked:
		return ask.Rewrite(data, a.target.Model)
	case a.target.Model != ask.Model, a.clamped > 0:
		return ask.Rename(data, a.target.Model)
	}
	return data
}

// capName is what the bound on an answer is called where a request has none; empty: as its dialect has it.
func (a *attempt) capName() string {
	if a.row.Op != gateway.Chat {
		return ""
	}
	return a.target.provider.CapName
}

// reply passes a 2xx reply on. It returns nil when the call is over, or a verdict while
// nothing has left and another answer is possible.
func (a *attempt) reply(resp *http.Response) *verdict {
	a.w.Header().Set("X-Weir-Channel", a.target.Channel.ID)
	a.count = newCount(a.dialect, a.row.Endpoint)
	kind := strings.ToLower(resp.Header.Get("Content-Type"))
	streamed := strings.HasPrefix(kind, "text/event-stream") || kind == "" && a.row.Stream
	if isHTML(resp.Header) {
		return a.unusable(i18n.T("error.relay.web_page_reply", "provider", a.target.Channel.Name, "status", resp.StatusCode))
	}
	declared := strings.Join(resp.Header["Content-Encoding"], ",")
	pool := &buffers
	if 0 < resp.ContentLength && resp.ContentLength <= smallReply {
		pool = &smallBuffers
	}
	buf := pool.Get().(*[]byte)
	from := &begun{ReadCloser: resp.Body}
	resp.Body = from
	defer func() {
		from.first = nil // it lies in buf
		pool.Put(buf)
	}()
	encoding, first, err := from.encoding(declared, *buf)
	if err != nil && err != io.EOF {
		return a.broke(err)
	}
	if streamed && encoding == "" && declared == "" {
		return (&stream{attempt: a, resp: resp, split: &wire.Splitter{}, buf: *buf}).run()
	}
	if a.row.Stream && !streamed && encoding == "" && declared == "" && wire.BeginsArray(first) {
		array := &wire.ArraySplitter{}
		return (&stream{attempt: a, resp: resp, split: array, array: array, buf: *buf}).run()
	}
	if !streamed && encoding == "" && len(first) > 0 && 0 < resp.ContentLength && resp.ContentLength <= int64(len(*buf)) {
		return a.small(resp, (*buf)[:resp.ContentLength])
	}
	return a.whole(resp, streamed, encoding)
}

// broke judges a reply of which nothing came.
func (a *attempt) broke(err error) *verdict {
	if a.req.Context().Err() != nil {
		return a.unreachable(err)
	}
	return &verdict{result: gateway.Maybe, next: true, err: a.cutError(err)}
}

// encoding says how the reply's bytes are compressed, which servers do unasked, or without
// saying so, or say so without doing it. The first bytes, which it reads into buf, decide where
// they can; the body still begins with them.
func (b *begun) encoding(declared string, buf []byte) (encoding string, first []byte, err error) {
	n, err := b.ReadCloser.Read(buf)
	first = buf[:n]
	b.first, b.err = first, err
	seen := wire.Sniff(first)
	switch declared = strings.ToLower(declared); {
	case n > 0 && err != nil:
		err = nil // it comes again with the next read
	case declared == "identity":
		declared = ""
	}
	if seen != "" || declared == "gzip" || declared == "zstd" {
		return seen, first, err
	}
	return declared, first, err
}

// begun is a body whose first read was done before.
type begun struct {
	io.ReadCloser
	first []byte
	err   error
}

func (b *begun) Read(p []byte) (int, error) {
	if len(b.first) == 0 && b.err == nil {
		return b.ReadCloser.Read(p)
	}
	n := copy(p, b.first)
	if b.first = b.first[n:]; len(b.first) > 0 {
		return n, nil
	}
	return n, b.err
}

func (a *attempt) unusable(message string) *verdict {
	return &verdict{result: gateway.Maybe, next: true, err: &gateway.Error{Kind: gateway.BadUpstream, Message: message}}
}

// buffers are lent for copying replies. Most replies that are no streams are small.
var (
	buffers      = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}
	smallBuffers = sync.Pool{New: func() any { b := make([]byte, smallReply); return &b }}
)

const smallReply = 8 << 10

// small passes on a reply of a known length, which is read whole into buf: all of it is held
// back until the settlement is durable. Its first bytes are in their place already.
func (a *attempt) small(resp *http.Response, buf []byte) *verdict {
	g := newGate(a.w, resp, 0)
	n, err := 0, error(nil)
	for n < len(buf) && err == nil {
		var k int
		k, err = resp.Body.Read(buf[n:])
		n += k
		a.timer.Reset(a.Waits.Idle)
	}
	if n == len(buf) {
		err = io.EOF
	}
	if looksHTML(buf[:n]) {
		g.abandon()
		return a.unusable(i18n.T("error.relay.web_page_reply", "provider", a.target.Channel.Name, "status", resp.StatusCode))
	}
	a.count.document(buf[:n])
	a.count.whole()
	return a.wholeEnd(g, resp, buf[:n], err)
}

// whole passes on a reply that is no plain stream: JSON, or anything compressed. Its last
// piece is held back until the settlement is durable.
func (a *attempt) whole(resp *http.Response, streamed bool, encoding string) *verdict {
	bufs := [2]*[]byte{buffers.Get().(*[]byte), buffers.Get().(*[]byte)}
	defer buffers.Put(bufs[0])
	defer buffers.Put(bufs[1])
	observe, finish := a.count.observer(encoding, streamed)
	g := newGate(a.w, resp, 0)
	var held []byte
	for i := 0; ; i++ {
		buf := *bufs[i%2]
		n, err := resp.Body.Read(buf)
		if n > 0 {
			a.timer.Reset(a.Waits.Idle)
			if len(held) > 0 {
				g.release()
				if g.write(held) != nil {
					a.left(finish)
					return nil
				}
			} else if encoding == "" && looksHTML(buf[:n]) {
				g.abandon()
				return a.unusable(i18n.T("error.relay.web_page_reply", "provider", a.target.Channel.Name, "status", resp.StatusCode))
			}
			observe(buf[:n])
			held = buf[:n]
		}
		if err != nil {
			finish()
			return a.wholeEnd(g, resp, held, err)
		}
		if n == 0 {
			i-- // keep the piece that is held
		}
	}
}

func (a *attempt) wholeEnd(g *gate, resp *http.Response, held []byte, err error) *verdict {
	a.timer.Stop()
	switch {
	case err == io.EOF && len(held) == 0 && g.shut():
		g.abandon()
		return a.unusable(i18n.T("error.relay.empty_reply", "provider", a.target.Channel.Name, "status", resp.StatusCode))
	case err == io.EOF && a.count.seen.Has(dialect.Fault):
		if v := (&verdict{result: gateway.Maybe, next: true}); a.mayGoOn(v) && g.abandon() {
			return v
		}
		a.failed(resp.StatusCode, &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.fault_in_reply", "provider", a.target.Channel.Name)})
	case err == io.EOF:
		a.remember(a.count.doc)
		a.finished(resp.StatusCode)
	case a.req.Context().Err() != nil:
		a.left(func() {})
		return nil
	case g.shut():
		g.abandon()
		return &verdict{result: gateway.Maybe, next: true, err: a.cutError(err)}
	default:
		a.cut(resp.StatusCode, err)
		panic(http.ErrAbortHandler) // so that the client sees that the reply is not whole
	}
	g.release()
	_ = g.write(held) // who left has been settled already
	return nil
}

// answer tells the client how the call failed, and settles before the end of it.
func (a *attempt) answer(resp *http.Response, v *verdict) {
	a.note(v)
	if v.err != nil || resp == nil {
		status := a.call.status(v.err.Kind)
		end := gateway.Failed
		if v.err.Kind == gateway.Canceled {
			end = gateway.ClientLeft
		}
		a.row.HTTPStatus = status
		a.row.Err = &gateway.CallError{Kind: v.err.Kind, Message: v.err.Message}
		a.settle(end)
		fail(a.w, a.dialect, v.err)
		return
	}
	a.w.Header().Set("X-Weir-Channel", a.target.Channel.ID)
	a.row.HTTPStatus = resp.StatusCode
	a.row.Err = &gateway.CallError{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.status", "provider", a.target.Channel.Name, "status", resp.StatusCode)}
	g := newGate(a.w, resp, 0)
	first := make([]byte, 4<<10)
	n, err := io.ReadFull(resp.Body, first)
	a.timer.Stop()
	hideKey(first[:n], a.key.Text)
	if n == 0 || looksHTML(first[:n]) {
		g.abandon()
		e := &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.no_api_error", "provider", a.target.Channel.Name, "status", resp.StatusCode)}
		a.row.HTTPStatus = a.call.status(e.Kind)
		a.row.Err = &gateway.CallError{Kind: e.Kind, Message: e.Message}
		a.settle(gateway.Failed)
		fail(a.w, a.dialect, e)
		return
	}
	a.settle(gateway.Failed)
	g.release()
	if g.write(first[:n]) == nil && err == nil {
		a.rest(g, resp.Body)
	}
}

// hideKey puts stars in the place of a provider key that an error repeats.
func hideKey(text []byte, key string) {
	for at := 0; key != ""; at += len(key) {
		i := bytes.Index(text[at:], []byte(key))
		if i < 0 {
			return
		}
		at += i
		copy(text[at:], strings.Repeat("*", len(key)))
	}
}

// rest passes on what follows the beginning of an upstream's error. Like any reply it may
// break off; then the client sees that it is not whole.
func (a *attempt) rest(g *gate, from io.Reader) {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	for {
		a.timer.Reset(a.Waits.Idle)
		n, err := from.Read(*buf)
		if g.write((*buf)[:n]) != nil || err == io.EOF {
			a.timer.Stop()
			return
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// finished settles a reply that came whole.
func (a *attempt) finished(status int) {
	a.over(status, gateway.Billed, nil)
	a.settle(gateway.Finished)
}

// failed settles a reply in which the upstream reported an error.
func (a *attempt) failed(status int, e *gateway.Error) {
	result := gateway.Maybe
	if a.count.tally.Raw() != nil || a.count.written > 0 {
		result = gateway.Billed
	}
	a.over(status, result, e)
	a.settle(gateway.Failed)
}

// cut settles a reply that the upstream broke off.
func (a *attempt) cut(status int, err error) *gateway.Error {
	e := a.cutError(err)
	a.over(status, gateway.Billed, e)
	end := gateway.UpstreamCut
	if errors.Is(context.Cause(a.ctx), errStopped) {
		end = gateway.Failed
	}
	a.settle(end)
	return e
}

func (a *attempt) cutError(err error) *gateway.Error {
	e := &gateway.Error{Kind: gateway.StreamIncomplete, Message: i18n.T("error.relay.cut", "provider", a.target.Channel.Name), Err: err}
	switch cause := context.Cause(a.ctx); {
	case errors.Is(cause, errSilent):
		e.Kind, e.Message = gateway.Timeout, i18n.T("error.relay.stalled", "provider", a.target.Channel.Name)
	case errors.Is(cause, errStopped):
		e.Kind, e.Message = gateway.Overloaded, i18n.T("error.relay.stopped")
	}
	return e
}

// left stops the upstream and settles by what is known when the client is gone.
func (a *attempt) left(finish func()) {
	a.cancel(context.Canceled)
	a.timer.Stop()
	finish()
	a.over(a.status, gateway.Billed, &gateway.Error{Kind: gateway.Canceled, Message: i18n.T("error.relay.client_left_midway")})
	a.settle(gateway.ClientLeft)
}

// over records the attempt that answered the client.
func (a *attempt) over(status int, result gateway.Result, e *gateway.Error) {
	a.note(&verdict{result: result, err: e})
	a.row.HTTPStatus = status
	if e != nil {
		a.row.Err = &gateway.CallError{Kind: e.Kind, Message: e.Message}
	}
	if result == gateway.Billed {
		a.call.final = a
	}
}

func stack() string { return string(debug.Stack()) }
