package balance

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/route"
	"weir/backend/secret"
	"weir/backend/store"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	keyed   = "sk-or-v1-canary-one"
	another = "sk-or-v1-canary-two"
)

// A house is balances on a ledger of their own, with a clock that tests turn.
type house struct {
	*Balances
	t    *testing.T
	home string
	log  strings.Builder

	mu  sync.Mutex
	now time.Time
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func openHouse(t *testing.T) *house {
	h := &house{t: t, home: t.TempDir(), now: noon}
	h.open()
	return h
}

// open opens what closes with the test, or earlier with the function that it returns.
func (h *house) open() (shut func()) {
	h.t.Helper()
	ctx := context.Background()
	must := func(err error) {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
	}
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	st, err := store.Open(ctx, h.home)
	must(err)
	led, err := ledger.Open(ctx, st, ledger.Options{Home: h.home, Now: h.clock, Zone: "UTC", Log: log})
	must(err)
	box := secret.Open(h.home, false, log)
	_, err = box.Seal(ctx, "test", "1", "secret", []byte("waits until the box is open"))
	must(err)
	channels, err := route.OpenChannels(ctx, st, box, h.clock)
	must(err)
	upstream := route.OpenTransports(&http.Transport{DisableKeepAlives: true}, h.clock)
	h.Balances, err = Open(ctx, Config{Store: st, Channels: channels, Ledger: led, Upstream: upstream.For,
		Proxy: func(*http.Request) (*url.URL, error) { return nil, nil }, Now: h.clock, Jitter: func(time.Duration) time.Duration { return 0 }, Log: log})
	must(err)
	shut = sync.OnceFunc(func() {
		must(led.Close())
		must(st.Close())
	})
	h.t.Cleanup(shut)
	return shut
}

// An upstream is a provider that counts what it is asked and answers by path.
type upstream struct {
	*httptest.Server

	mu    sync.Mutex
	asked []string
	reply func(w http.ResponseWriter, r *http.Request)
}

func startUpstream(t *testing.T, reply func(w http.ResponseWriter, r *http.Request)) *upstream {
	up := &upstream{reply: reply}
	up.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up.mu.Lock()
		up.asked = append(up.asked, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+" "+r.URL.Path)
		reply := up.reply
		up.mu.Unlock()
		reply(w, r)
	}))
	t.Cleanup(up.Close)
	return up
}

func (u *upstream) answers(reply func(w http.ResponseWriter, r *http.Request)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.reply = reply
}

func (u *upstream) take() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	all := u.asked
	u.asked = nil
	return all
}

// says answers every path with one text, and those that it does not have with 404.
func says(byPath map[string]string) func(w http.ResponseWriter, r *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		body, ok := byPath[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(body))
	}
}

func status(code int) func(w http.ResponseWriter, r *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = w.Write([]byte(`{"error":"` + keyed + `"}`))
	}
}

// add makes a channel of a kind at an upstream.
func (h *house) add(kind, base, keys string) gateway.Channel {
	h.t.Helper()
	ch, err := h.Channels.Add(context.Background(), gateway.Channel{Name: "A", Provider: kind, Dialect: "openai-chat", BaseURL: base, Weight: 1,
		Enabled: true, State: gateway.ChannelUntested}, keys)
	if err != nil {
		h.t.Fatal(err)
	}
	return ch
}

// short writes what is known of a channel: what is left, its age, how often it failed since, why.
func (h *house) short(ch gateway.Channel) string {
	var all []string
	for _, f := range h.Of(ch) {
		var parts []string
		for _, a := range f.Amounts {
			part := string(a.Funds) + " " + a.Left + a.Currency
			if a.Unlimited {
				part = string(a.Funds) + " unlimited"
			}
			parts = append(parts, part)
		}
		text := strings.Join(parts, "+")
		if !f.FetchedAt.IsZero() {
			text += fmt.Sprintf(" %s ago", h.clock().Sub(f.FetchedAt))
		}
		if f.Failures > 0 {
			text += fmt.Sprintf(", failed %d", f.Failures)
		}
		if (f.Error != "") != (f.Failures > 0) {
			h.t.Errorf("%d failures, and it says %q", f.Failures, f.Error)
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}
