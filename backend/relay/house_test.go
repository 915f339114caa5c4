package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"weir/backend/access"
	"weir/backend/dialect/all"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/reuse"
	"weir/backend/route"
	"weir/backend/sandbox"
	"weir/backend/secret"
	"weir/backend/store"
	"weir/billing"
	"weir/test/standin"
)

// A house is a whole relay on a real ledger, with a stand-in for its providers.
type house struct {
	t        testing.TB
	relay    *Relay
	access   *access.Access
	channels *route.Channels
	ledger   *ledger.Ledger
	store    *store.Store
	reuse    *reuse.Watch
	up       *standin.Server
	usual    *http.Transport // to the upstreams
	home     string
	url      string
	key      gateway.Key
	secret   string
}

const upstreamKey = "sk-upstream-canary"

func build(t testing.TB) *house {
	t.Helper()
	ctx, home, log := context.Background(), t.TempDir(), slog.New(slog.DiscardHandler)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h := &house{t: t, home: home, up: standin.Start(t, standin.Options{})}
	st, err := store.Open(ctx, home)
	must(err)
	t.Cleanup(func() { must(st.Close()) })
	h.store = st
	h.ledger, err = ledger.Open(ctx, st, ledger.Options{Home: home, Now: time.Now, Zone: "UTC", Log: log})
	must(err)
	t.Cleanup(func() { must(h.ledger.Close()) })
	h.access, err = access.Open(ctx, st, time.Now)
	must(err)
	h.channels, err = route.OpenChannels(ctx, st, secret.Open(home, false, log), time.Now)
	must(err)
	book, err := billing.ShippedBook()
	must(err)
	waits := UsualWaits()
	waits.FirstFrame = 3 * time.Second // shorter than usual, and longer than a busy machine needs
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 256, WriteBufferSize: 32 << 10}
	t.Cleanup(transport.CloseIdleConnections)
	h.usual = transport
	h.reuse, err = reuse.Open(ctx, st, reuse.Options{Home: home, Now: time.Now, Log: log})
	must(err)
	t.Cleanup(func() { must(h.reuse.Close()) })
	h.relay = New(Config{Dialects: all.All(), Reuse: h.reuse, Access: h.access, Channels: h.channels, Health: route.NewHealth(time.Now), Ledger: h.ledger,
		Book: func() *billing.Book { return book }, Upstream: route.OpenTransports(transport, time.Now), Sandbox: sandbox.New(time.Now), Now: time.Now, Log: log, Waits: waits})
	srv := httptest.NewServer(h.relay)
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	must(err)
	port, err := strconv.Atoi(u.Port())
	must(err)
	h.url = srv.URL
	h.relay.Open(srv.URL, port)
	h.key, h.secret, err = h.access.Create(ctx, access.Spec{Name: "Tests"})
	must(err)
	return h
}

// channel adds an upstream of a dialect at the stand-in.
func (h *house) channel(dialect string, edit func(*gateway.Channel)) gateway.Channel {
	h.t.Helper()
	ch := gateway.Channel{Name: "Standin", Provider: "custom-openai", Dialect: dialect, BaseURL: h.up.OpenAI(), Weight: 1, Count: billing.CountAuto, Enabled: true, State: gateway.ChannelUntested}
	if dialect == "anthropic" {
		ch.Provider, ch.BaseURL = "custom-anthropic", h.up.Anthropic()
	}
	if dialect == "gemini" {
		ch.Provider, ch.BaseURL = "custom-gemini", h.up.Gemini()
	}
	if edit != nil {
		edit(&ch)
	}
	ch, err := h.channels.Add(context.Background(), ch, upstreamKey)
	if err != nil {
		h.t.Fatal(err)
	}
	return ch
}

func (h *house) limit(text string) {
	h.t.Helper()
	l, err := ledger.ParseLimit(text, "UTC")
	if err == nil {
		err = h.ledger.SetLimits(context.Background(), gateway.ScopeKey, h.key.ID, []gateway.Limit{l})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// A sent is one request and what came back.
type sent struct {
	status int
	header http.Header
	body   []byte
	err    error // reading the reply failed
	call   gateway.Call
}

var paths = map[string]string{"openai-chat": "/v1/chat/completions", "responses": "/v1/responses", "anthropic": "/v1/messages",
	"gemini": "/v1beta/models/gemini-2.5-flash:generateContent"}

// post sends a body in a dialect and waits for the call's end in the ledger.
func (h *house) post(dialect, body string, edit func(*http.Request)) sent {
	h.t.Helper()
	req, err := http.NewRequest(http.MethodPost, h.url+paths[dialect], bytes.NewReader([]byte(body)))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if dialect == "anthropic" {
		req.Header.Set("X-Api-Key", h.secret)
		req.Header.Set("Anthropic-Version", "2023-06-01")
	} else if dialect == "gemini" {
		req.Header.Set("X-Goog-Api-Key", h.secret)
	} else {
		req.Header.Set("Authorization", "Bearer "+h.secret)
	}
	if edit != nil {
		edit(req)
	}
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return sent{err: err}
	}
	defer resp.Body.Close()
	s := sent{status: resp.StatusCode, header: resp.Header}
	s.body, s.err = io.ReadAll(resp.Body)
	if id := resp.Header.Get("X-Weir-Call"); id != "" {
		s.call = h.ended(id)
	}
	return s
}

// patience is how long tests wait for what comes at once on a machine that has nothing else to do.
const patience = 30 * time.Second

// ended returns a call once it is no longer open.
func (h *house) ended(id string) gateway.Call {
	h.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		c, err := h.ledger.Call(context.Background(), id)
		if err == nil && c.State != gateway.Open {
			return c
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("call %s: %+v, %v: it never ended", id, c, err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// check verifies the ledger's invariants, that nothing is held, and that what a call cost comes out of its row again.
func (h *house) check() {
	h.t.Helper()
	if err := h.ledger.Check(context.Background()); err != nil {
		h.t.Error(err)
	}
	uses, err := h.ledger.Uses(context.Background(), gateway.ScopeKey, h.key.ID, false)
	if err != nil {
		h.t.Error(err)
	}
	for _, u := range uses {
		if u.Held != 0 {
			h.t.Errorf("limit %s holds %d after the last call", u.ID, u.Held)
		}
	}
	again, err := h.ledger.PreviewRepricing(context.Background(), ledger.Selection{Book: h.relay.Book()})
	if err != nil || again.Calls != 0 || again.Left[ledger.LeftUnknown] != 0 {
		h.t.Errorf("priced again by the same book: %+v, %v, want no other price", again, err)
	}
}

func chatBody(stream bool) string {
	b, _ := json.Marshal(map[string]any{"model": "gpt-5", "stream": stream, "messages": []any{map[string]string{"role": "user", "content": "Grüße 水"}}})
	return string(b)
}

func messagesBody(stream bool) string {
	b, _ := json.Marshal(map[string]any{"model": "claude-sonnet-4-6", "max_tokens": 100, "stream": stream, "messages": []any{map[string]string{"role": "user", "content": "Grüße 水"}}})
	return string(b)
}

func bodyFor(dialect string, stream bool) string {
	switch dialect {
	case "anthropic":
		return messagesBody(stream)
	case "responses":
		return responsesBody(stream)
	}
	return chatBody(stream)
}

func cost(c gateway.Call) string {
	if c.Bill.Total == nil {
		return "unknown"
	}
	return c.Bill.Total.String()
}

// wait returns the calls once there are n.
func (h *house) wait(n int) []gateway.Call {
	h.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		calls, err := h.ledger.Calls(context.Background(), ledger.Filter{Limit: 100})
		if err == nil && len(calls) == n {
			return calls
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("%d calls, %v, want %d", len(calls), err, n)
		}
		time.Sleep(time.Millisecond)
	}
}

// grant makes the house's key one with another policy, keeping its limits.
func (h *house) grant(policy gateway.Policy) {
	h.t.Helper()
	ctx := context.Background()
	limits, err := h.ledger.Limits(ctx, gateway.ScopeKey, h.key.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	h.key, h.secret, err = h.access.Create(ctx, access.Spec{Name: "Policy", OnLimit: policy})
	if err == nil {
		err = h.ledger.SetLimits(ctx, gateway.ScopeKey, h.key.ID, limits)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}
