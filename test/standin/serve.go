package standin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds what the stand-in reads of a request.
const maxBody = 256 << 20

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return // the client left in the middle of its request: nothing arrived
	}
	req := parse(r, body)
	text := s.pick(req)
	mode, err := ParseMode(text)
	c := call{request: req, mode: mode, usage: mode.usage(), id: s.nextID()}
	entry := s.Journal.arrive(Entry{
		Nonce: req.nonce, At: at, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(),
		Dialect: req.dialect, Op: req.op, Model: req.Model, Stream: req.Stream, Mode: text, Billed: NotBilled,
	}, body)
	out := &writer{w: w, ctx: r.Context(), journal: s.Journal, entry: entry, mode: mode}
	defer out.finish() // also when a cut leaves by panic
	stop := context.AfterFunc(r.Context(), func() {
		s.Journal.update(entry, func(e *Entry) {
			if e.Ended == "" {
				e.ClientLeftAt = time.Now()
			}
		})
	})
	defer stop()
	switch {
	case err != nil:
		out.fail(c, http.StatusBadRequest, "invalid_request_error", err.Error())
	case s.opts.APIKey != "" && !hasKey(r, s.opts.APIKey):
		out.fail(c, http.StatusUnauthorized, "authentication_error", "The key is not one of ours.")
	default:
		s.answer(out, r, c)
	}
}

// hasKey tells whether a request carries the key where one of the dialects puts it.
func hasKey(r *http.Request, key string) bool {
	return r.Header.Get("X-Api-Key") == key || r.Header.Get("X-Goog-Api-Key") == key || r.Header.Get("Authorization") == "Bearer "+key
}

// answer serves one understood request.
func (s *Server) answer(out *writer, r *http.Request, c call) {
	switch c.op {
	case "models":
		s.models(out, r, c)
		return
	case "count_tokens":
		name := "input_tokens"
		if c.dialect == "gemini" {
			name = "totalTokens"
		}
		out.json(http.StatusOK, fmt.Appendf(nil, `{"%s":%d}`+"\n", name, c.usage.In))
		return
	case "stored":
		s.storedResponse(out, r, c)
		return
	case "":
		out.fail(c, http.StatusNotFound, "not_found_error", "There is nothing at "+r.URL.Path+".")
		return
	}
	if s.Gate.pass(r.Context()) != nil {
		return
	}
	wait := c.mode.Wait("ttft", 0)
	if c.mode.Is("slow-header") {
		wait += c.mode.Wait("ms", time.Second)
	}
	if !out.sleep(wait) {
		return
	}
	if status := c.mode.status(); status != 0 {
		out.refuse(c, status)
		return
	}
	if s.misbehave(out, r, c) {
		return
	}
	if _, ok := s.kept(c.Previous, false); c.Previous != "" && !ok {
		out.fail(c, http.StatusBadRequest, "invalid_request_error", "Previous response with id '"+c.Previous+"' not found.")
		return
	}
	out.bill(Billed)
	if c.op == "responses" {
		s.keep(c)
	}
	f, passed := further[c.op]
	if !c.Stream || c.mode.Is("json-in-sse") || passed && f.event == nil {
		kind, body := "application/json", []byte(nil)
		if passed {
			kind, body = f.whole(c)
		} else {
			body = renderers[c.dialect].whole(c)
		}
		whole := frame{part: terminal, bytes: body, usage: &c.usage}
		out.send(kind, []frame{whole}, len(whole.bytes))
		return
	}
	kind := "text/event-stream; charset=utf-8"
	if c.array {
		kind = "application/json; charset=UTF-8"
	}
	out.send(kind, c.frames(), -1)
}

// misbehave answers in the ways that are no reply of a model at all, and tells whether it did.
func (s *Server) misbehave(out *writer, r *http.Request, c call) bool {
	h := out.w.Header()
	switch {
	case c.mode.Is("html"):
		h.Set("Content-Type", "text/html; charset=utf-8")
		out.body(c.mode.Int("code", http.StatusBadGateway), []byte("<!doctype html><html><head><title>Bad gateway</title></head>"+
			"<body><h1>The edge could not reach its origin</h1></body></html>\n"))
	case c.mode.Is("captive"):
		h.Set("Content-Type", "text/html; charset=utf-8")
		out.body(http.StatusOK, []byte("<!doctype html><html><body><form action=\"/login\">Accept the terms of this network"+
			"</form></body></html>\n"))
	case c.mode.Is("empty200"):
		h.Set("Content-Type", "application/json")
		out.body(http.StatusOK, nil)
	case c.mode.Is("redirect-steal"):
		h.Set("Location", s.Canary.URL+r.URL.Path)
		out.body(c.mode.Int("code", http.StatusTemporaryRedirect), nil)
	case c.mode.Is("close-before-headers"):
		out.bill(MayBill)
		out.cut("closed")
	case c.mode.Is("refuse-stream-options") && c.StreamOptions != nil:
		out.fail(c, http.StatusBadRequest, "invalid_request_error", "Unrecognized request argument supplied: stream_options")
	default:
		return false
	}
	return true
}

// models answers the list of models, or one of them, in the dialect of the path.
func (s *Server) models(out *writer, r *http.Request, c call) {
	names := s.opts.Models
	if names == nil {
		names = []string{"gpt-4o", "gpt-5", "claude-sonnet-4-5", "claude-sonnet-4-6"}
	}
	if c.dialect == "gemini" {
		s.geminiModels(out, r, c, names)
		return
	}
	_, wanted, one := strings.Cut(r.URL.Path, "/v1/models/")
	var rows []string
	for _, name := range names {
		row := fmt.Sprintf(`{"id":%s,"object":"model","created":1780000000,"owned_by":"standin"}`, quote(name))
		if c.dialect == "anthropic" {
			row = fmt.Sprintf(`{"type":"model","id":%s,"display_name":%s,"created_at":"2026-05-01T00:00:00Z"}`,
				quote(name), quote(name))
		}
		if one && name == wanted {
			out.json(http.StatusOK, []byte(row+"\n"))
			return
		}
		rows = append(rows, row)
	}
	switch {
	case one:
		out.fail(c, http.StatusNotFound, "not_found_error", "There is no model "+wanted+".")
	case c.dialect == "anthropic":
		out.json(http.StatusOK, fmt.Appendf(nil, `{"data":[%s],"has_more":false,"first_id":%s,"last_id":%s}`+"\n",
			strings.Join(rows, ","), quote(names[0]), quote(names[len(names)-1])))
	default:
		out.json(http.StatusOK, fmt.Appendf(nil, `{"object":"list","data":[%s]}`+"\n", strings.Join(rows, ",")))
	}
}

// refusals are the kinds and sentences of the statuses that a mode can name.
var refusals = map[int]struct{ kind, message string }{
	400: {"invalid_request_error", "The request is not one that the model can answer."},
	401: {"authentication_error", "The key is not one of ours."},
	403: {"permission_error", "The key may not use this model."},
	404: {"not_found_error", "There is no such model."},
	429: {"rate_limit_error", "Too many requests. Slow down."},
	500: {"api_error", "Something broke inside the provider."},
	502: {"api_error", "The provider's edge could not reach its origin."},
	503: {"api_error", "The provider is out of service for a while."},
	529: {"overloaded_error", "Overloaded"},
}

// refuse answers with a status and, where the mode asks for it, advice on when to come back.
func (o *writer) refuse(c call, status int) {
	h := o.w.Header()
	switch ra := c.mode.Text("ra", "none"); ra {
	case "none":
	case "date":
		h.Set("Retry-After", time.Now().Add(3*time.Second).UTC().Format(http.TimeFormat))
	default:
		h.Set("Retry-After", ra)
	}
	if ms := c.mode.Int("ms", 0); ms > 0 {
		h.Set("Retry-After-Ms", strconv.Itoa(ms))
	}
	if status == 500 || status == 502 {
		o.bill(MayBill)
	}
	h.Set("X-Request-Id", "req_standin")
	o.fail(c, status, refusals[status].kind, refusals[status].message)
}
