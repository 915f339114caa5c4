// Package sandbox is an upstream that needs no key and no network: it answers a fixed
// sentence and reports usage as a real one would. It never sends anything.
package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"weir/backend/wire"
	"weir/frontend/src/i18n"
)

const (
	maxBody = 64 << 20
	pace    = 15 * time.Millisecond // between the frames of a stream
)

// words is the answer. Each is sent as a frame of its own and counts as one token.
var words = strings.SplitAfter("This is the sandbox of Weir: no key was used, nothing was sent, "+
	"and every number on its receipt was counted as a real one.", " ")

// A Sandbox answers Chat Completions, Responses, Messages and Gemini calls, JSON and streamed. It remembers
// for five minutes which prompts began alike, so that a first call writes a cache and the
// ones after it read it. It is an http.RoundTripper and may be used from many goroutines.
type Sandbox struct {
	now func() time.Time

	mu   sync.Mutex
	seen map[[32]byte]time.Time // when a prompt's beginning was last used
	next int                    // the number of the next answer
}

// New makes a sandbox that reads the time from now.
func New(now func() time.Time) *Sandbox {
	return &Sandbox{now: now, seen: make(map[[32]byte]time.Time)}
}

// RoundTrip answers one request. It returns an error only when the request's context has ended
// or its body cannot be read.
func (s *Sandbox) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		defer r.Body.Close()
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxBody)); err != nil {
			return nil, fmt.Errorf("sandbox: read request: %w", err)
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	path := strings.TrimRight(r.URL.Path, "/")
	if model, method, ok := geminiPath(path); ok && r.Method == http.MethodPost {
		return s.gemini(r, model, method, body), nil
	}
	shape, counts, known := operation(path)
	if !known || r.Method != http.MethodPost {
		return fail(r, shape, http.StatusNotFound, i18n.T("error.sandbox.no_path", "method", r.Method, "path", r.URL.Path)), nil
	}
	var q ask
	if err := json.Unmarshal(body, &q); err != nil || q.Model == "" {
		return fail(r, shape, http.StatusBadRequest, i18n.T("error.sandbox.unreadable")), nil
	}
	if counts {
		return reply(r, http.StatusOK, object{"input_tokens": systemTokens + wire.EstimateTokens(body)}), nil
	}
	a := s.answer(shape, q.unified(), body)
	if q.Stream {
		return stream(r, a.frames(shape, q)), nil
	}
	return reply(r, http.StatusOK, a.whole(shape)), nil
}

// operation says in which shape a path is answered, and whether with a count alone.
func operation(path string) (sh shape, counts, known bool) {
	for _, o := range []struct {
		path   string
		sh     shape
		counts bool
	}{
		{"/chat/completions", openAI, false},
		{"/responses", responses, false},
		{"/responses/input_tokens", responses, true},
		{"/messages", anthropic, false},
		{"/messages/count_tokens", anthropic, true},
	} {
		if strings.HasSuffix(path, o.path) {
			return o.sh, o.counts, true
		}
	}
	return openAI, false, false
}

// reply is a JSON response.
func reply(r *http.Request, status int, v any) *http.Response {
	body, err := json.Marshal(v)
	if err != nil {
		body = nil // cannot be: objects hold strings, numbers and bools
	}
	return &http.Response{
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       r,
	}
}

func fail(r *http.Request, sh shape, status int, message string) *http.Response {
	kind := "invalid_request_error"
	if status == http.StatusNotFound && sh == anthropic {
		kind = "not_found_error"
	}
	if sh == anthropic {
		return reply(r, status, object{"type": "error", "error": object{"type": kind, "message": message}})
	}
	return reply(r, status, object{"error": object{"message": message, "type": kind, "param": nil, "code": nil}})
}

// stream is an event stream that sends a frame every so often, until the request's context ends.
func stream(r *http.Request, frames [][]byte) *http.Response {
	res := reply(r, http.StatusOK, nil)
	res.Header = http.Header{"Content-Type": {"text/event-stream; charset=utf-8"}, "Cache-Control": {"no-cache"}}
	res.ContentLength = -1
	ctx, cancel := context.WithCancel(r.Context())
	res.Body = &paced{ctx: ctx, cancel: cancel, frames: frames}
	return res
}

// paced is the body of a stream. Its reader waits; nothing runs in the background.
type paced struct {
	ctx     context.Context // that of the running answer
	cancel  context.CancelFunc
	frames  [][]byte
	current []byte
	begun   bool
}

func (p *paced) Read(b []byte) (int, error) {
	if len(p.current) == 0 {
		if len(p.frames) == 0 {
			return 0, io.EOF
		}
		if err := p.wait(); err != nil {
			return 0, err
		}
		p.current, p.frames = p.frames[0], p.frames[1:]
	}
	n := copy(b, p.current)
	p.current = p.current[n:]
	return n, nil
}

// wait lets the time between two frames pass; the first one comes at once.
func (p *paced) wait() error {
	if !p.begun {
		p.begun = true
		return p.ctx.Err()
	}
	t := time.NewTimer(pace)
	defer t.Stop()
	select {
	case <-p.ctx.Done():
		return p.ctx.Err()
	case <-t.C:
		return nil
	}
}

func (p *paced) Close() error {
	p.cancel()
	return nil
}
