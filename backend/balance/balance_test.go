package balance

import (
	"context"
	"encoding/json"
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

const credits = `{"data":{"total_credits":20,"total_usage":7.6}}`

func keyLimit(left string) string { return `{"data":{"limit":10,"limit_remaining":` + left + `}}` }

// TestKinds asks a stand-in of each kind by its own paths.
func TestKinds(t *testing.T) {
	status := `{"data":{"quota_per_unit":500000,"display_in_currency":true}}`
	billing := map[string]string{"/v1/dashboard/billing/subscription": `{"hard_limit_usd":5}`, "/v1/dashboard/billing/usage": `{"total_usage":150}`, "/api/status": status}
	for _, tt := range []struct {
		kind    string
		answers map[string]string
		want    string
		asked   int
	}{
		{"openrouter", map[string]string{"/api/v1/key": keyLimit("3.2"), "/api/v1/credits": credits}, "key_limit 3.2USD+account 12.4USD 0s ago", 2},
		{"openrouter", map[string]string{"/api/v1/key": keyLimit("3.2")}, "key_limit 3.2USD 0s ago", 2},
		{"openrouter", map[string]string{"/api/v1/key": `{"data":{"limit":null}}`, "/api/v1/credits": credits}, "key_limit unlimited+account 12.4USD 0s ago", 2},
		{"deepseek", map[string]string{"/user/balance": `{"balance_infos":[{"currency":"CNY","total_balance":"12.40"}]}`}, "account 12.4CNY 0s ago", 1},
		{"moonshot", map[string]string{"/v1/users/me/balance": `{"data":{"available_balance":4.5}}`}, "account 4.5USD 0s ago", 1},
		{"siliconflow-cn", map[string]string{"/v1/user/info": `{"data":{"totalBalance":"8.80"}}`}, "account 8.8CNY 0s ago", 1},
		{"new-api", map[string]string{"/api/usage/token/": `{"data":{"total_available":500000,"unlimited_quota":false}}`, "/api/status": status}, "key_limit 1USD 0s ago", 2},
		{"new-api", billing, "key_limit 3.5USD 0s ago", 4},
		{"one-api", billing, "key_limit 3.5USD 0s ago", 3},
		{"weir", map[string]string{"/v1/dashboard/billing/subscription": `{"hard_limit_usd":5,"unlimited":false,"answers_for":"account"}`,
			"/v1/dashboard/billing/usage": `{"total_usage":150}`}, "account 3.5USD 0s ago", 2},
		{"one-api", map[string]string{}, ", failed 1", 1},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			h := openHouse(t)
			up := startUpstream(t, says(tt.answers))
			ch := h.add(tt.kind, up.URL, keyed)
			if err := h.Ask(t.Context(), ch.ID); err != nil {
				t.Fatal(err)
			}
			if got := h.short(ch); got != tt.want {
				t.Errorf("it knows %s, want %s", got, tt.want)
			}
			if asked := up.take(); len(asked) != tt.asked {
				t.Errorf("it asked %q", asked)
			}
		})
	}
}

func TestWhoCannotBeAsked(t *testing.T) {
	h := openHouse(t)
	for _, ch := range []gateway.Channel{h.add("openai", "http://127.0.0.1:1", keyed), h.add("deepseek", "http://127.0.0.1:1", "")} {
		if err := h.Ask(t.Context(), ch.ID); err == nil || len(h.Of(ch)) != 0 {
			t.Errorf("%s: %v", ch.Provider, err)
		}
	}
	if err := h.Ask(t.Context(), "ch_none"); err == nil {
		t.Error("nobody was asked")
	}
}

// TestFailures leave the last good answer with its age, and are never a zero.
func TestFailures(t *testing.T) {
	large := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data":{"totalBalance":"0","fill":"` + strings.Repeat("x", mostAnswer) + `"}}`))
	}
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "900")
		_, _ = w.Write([]byte(`{"data":{"totalBalance":"0"}}`))
		panic(http.ErrAbortHandler)
	}
	text := func(body string) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
	}
	var target *upstream
	redirect := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target.URL+"/v1/user/info", http.StatusFound)
	}
	for name, reply := range map[string]func(w http.ResponseWriter, r *http.Request){
		"trouble": status(500), "a web page": text("<!doctype html><title>0</title>"), "half an answer": text(`{"data":{"totalBalance":"0`), "nothing": text(""),
		"no field": text(`{"data":{}}`), "an empty text": text(`{"data":{"totalBalance":""}}`), "no number": text(`{"data":{"totalBalance":"-Infinity"}}`),
		"a truth": text(`{"data":{"totalBalance":false}}`), "null": text(`{"data":{"totalBalance":null}}`), "too much": large, "a cut": cut, "a redirect": redirect,
		"a hurry": status(429), "no right": status(403), "another path": status(404),
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t)
			target = startUpstream(t, text(`{"data":{"totalBalance":"1"}}`))
			up := startUpstream(t, text(`{"data":{"totalBalance":"8.80"}}`))
			ch := h.add("siliconflow", up.URL, keyed)
			fresh := h.add("siliconflow", up.URL+"/other", keyed)
			if err := h.Ask(t.Context(), ch.ID); err != nil {
				t.Fatal(err)
			}
			up.answers(reply)
			h.wait(time.Hour)
			for _, id := range []string{ch.ID, fresh.ID} {
				if err := h.Ask(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			if got := h.short(ch); got != "account 8.8USD 1h0m0s ago, failed 1" {
				t.Errorf("what was known is %s", got)
			}
			if got := h.short(fresh); got != ", failed 1" {
				t.Errorf("what was not known is %s", got)
			}
			for _, f := range append(h.Of(ch), h.Of(fresh)...) {
				if strings.Contains(f.Error, keyed) {
					t.Errorf("it says %s", f.Error)
				}
			}
			if asked := target.take(); len(asked) != 0 {
				t.Errorf("a redirect was followed: %q", asked)
			}
			if strings.Contains(h.log.String(), "canary") {
				t.Errorf("the log has the key: %s", h.log.String())
			}
		})
	}
}

func TestSilence(t *testing.T) {
	h := openHouse(t)
	silent := make(chan struct{})
	up := startUpstream(t, func(http.ResponseWriter, *http.Request) { <-silent })
	defer close(silent)
	ch := h.add("siliconflow", up.URL, keyed)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := h.Ask(ctx, ch.ID); err == nil {
		t.Error("it was answered")
	}
	if got := h.short(ch); got != "" {
		t.Errorf("who left early made it %s", got)
	}
}

// TestSchedule turns the clock and lists when a key was asked for.
func TestSchedule(t *testing.T) {
	h := openHouse(t)
	up := startUpstream(t, says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"8.80"}}`}))
	ch := h.add("siliconflow", up.URL, keyed)
	looks := func(name string, most time.Duration, want ...time.Duration) {
		t.Helper()
		var got []time.Duration
		for at := time.Duration(0); at < most; at += 30 * time.Second {
			h.look(t.Context())
			if len(up.take()) > 0 {
				got = append(got, at)
			}
			h.wait(30 * time.Second)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: asked after %v, want %v", name, got, want)
		}
	}
	minute := time.Minute
	looks("at the start, and each hour", 130*minute, 30*time.Second, 60*minute+30*time.Second, 120*minute+30*time.Second)
	h.note(ledger.Event{Kind: ledger.CallChanged, Call: &gateway.Call{ChannelID: ch.ID, State: gateway.Open}})
	looks("a call that runs is no reason", 10*minute)
	h.note(ledger.Event{Kind: ledger.CallChanged, Call: &gateway.Call{ChannelID: ch.ID, State: gateway.Settled}})
	looks("a call that ended is one", 20*minute, 0)
	h.note(ledger.Event{Kind: ledger.CallChanged, Call: &gateway.Call{ChannelID: ch.ID, State: gateway.Settled}})
	looks("each ten minutes at most", minute, 0)
	h.note(ledger.Event{Kind: ledger.CallChanged, Call: &gateway.Call{ChannelID: ch.ID, State: gateway.Settled}})
	looks("however many there are", 12*minute, 9*minute)
	up.answers(status(500))
	looks("a failure is tried again, ever later", 30*time.Hour, 57*minute, 62*minute, 72*minute, 92*minute, 132*minute, 212*minute, 372*minute, 692*minute, 1332*minute)
	h.note(ledger.Event{Kind: ledger.CallChanged, Call: &gateway.Call{ChannelID: ch.ID, State: gateway.Settled}})
	looks("and a call is no reason then", minute)
	looks("after a day at most", 49*time.Hour, 811*minute, 811*minute+24*time.Hour)
	up.answers(says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"1"}}`}))
	if err := h.Ask(t.Context(), ch.ID); err != nil {
		t.Fatal(err)
	}
	up.take()
	looks("a person's question begins anew", 61*minute, 60*minute)
	h.SetAsks(false)
	looks("who does not want it is not asked for", 5*time.Hour)
	h.SetAsks(true)
	if _, err := h.Channels.SetEnabled(t.Context(), ch.ID, false); err != nil {
		t.Fatal(err)
	}
	looks("nor a channel that is off", 5*time.Hour)
}

// TestARefusedKey is asked for again when it is another one, and not before.
func TestARefusedKey(t *testing.T) {
	h := openHouse(t)
	up := startUpstream(t, says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"8.80"}}`}))
	ch := h.add("siliconflow", up.URL, keyed)
	h.wait(time.Minute)
	h.look(t.Context())
	up.answers(status(401))
	h.wait(2 * time.Hour)
	h.look(t.Context())
	if got := h.short(ch); got != "account 8.8USD 2h0m0s ago, failed 1" {
		t.Errorf("a refused key leaves %s", got)
	}
	up.take()
	h.wait(100 * time.Hour)
	h.look(t.Context())
	if asked := up.take(); len(asked) != 0 {
		t.Errorf("a refused key was tried again: %q", asked)
	}
	ch, err := h.Channels.Update(t.Context(), ch, another)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.short(ch); got != "" {
		t.Errorf("of the new key it knows %s", got)
	}
	up.answers(says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"3"}}`}))
	h.look(t.Context())
	if asked := up.take(); len(asked) != 1 || asked[0] != another+" /v1/user/info" {
		t.Errorf("it asked %q", asked)
	}
	if got := h.short(ch); got != "account 3USD 0s ago" {
		t.Errorf("of the new key it knows %s", got)
	}
}

// TestSeveralKeys are asked one by one: each may have a limit of its own, and one that is refused
// says nothing of the others.
func TestSeveralKeys(t *testing.T) {
	h := openHouse(t)
	up := startUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("Authorization"), "one") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		says(map[string]string{"/api/v1/key": keyLimit("4")})(w, r)
	})
	ch := h.add("openrouter", up.URL, keyed+"\n"+another)
	h.wait(time.Minute)
	h.look(t.Context())
	if got := h.short(ch); got != ", failed 1; key_limit 4USD 0s ago" {
		t.Errorf("it knows %s", got)
	}
	up.take()
	h.wait(61 * time.Minute)
	h.look(t.Context())
	if asked := up.take(); len(asked) != 2 || !strings.HasPrefix(asked[0], another) {
		t.Errorf("it asked %q", asked)
	}
}

// TestRestart shows at once what was known, with its age, and does not forget to be patient.
func TestRestart(t *testing.T) {
	h := &house{t: t, home: t.TempDir(), now: noon}
	shut := h.open()
	up := startUpstream(t, says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"8.80"}}`}))
	good := h.add("siliconflow", up.URL, keyed)
	failing := startUpstream(t, status(500))
	bad := h.add("siliconflow", failing.URL, keyed)
	h.wait(time.Minute)
	for range 3 {
		h.wait(20 * time.Minute)
		h.look(t.Context())
	}
	before := h.short(good) + " | " + h.short(bad)
	if before != "account 8.8USD 40m0s ago | , failed 3" {
		t.Errorf("before the restart: %s", before)
	}
	shut()
	h.open()
	if after := h.short(good) + " | " + h.short(bad); after != before {
		t.Errorf("after the restart: %s, before: %s", after, before)
	}
	up.take()
	failing.take()
	for _, tt := range []struct {
		wait      time.Duration
		good, bad int
	}{{0, 0, 0}, {firstAfter, 1, 0}, {20 * time.Minute, 0, 1}} {
		h.wait(tt.wait)
		h.look(t.Context())
		if good, bad := len(up.take()), len(failing.take()); good != tt.good || bad != tt.bad {
			t.Errorf("%v later: the good one was asked %d times, the bad one %d", tt.wait, good, bad)
		}
	}
}

// TestRemoved is a channel that goes while its provider thinks: nothing of it stays.
func TestRemoved(t *testing.T) {
	h := openHouse(t)
	var ch gateway.Channel
	up := startUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		if err := h.Channels.Remove(context.Background(), ch.ID); err != nil {
			t.Error(err)
		}
		_, _ = w.Write([]byte(`{"data":{"totalBalance":"8.80"}}`))
	})
	ch = h.add("siliconflow", up.URL, keyed)
	if err := h.Ask(t.Context(), ch.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.short(ch); got != "" {
		t.Errorf("of a removed channel it knows %s", got)
	}
}

// TestForget drops what belongs to a key, an address or a channel that is gone.
func TestForget(t *testing.T) {
	h := openHouse(t)
	up := startUpstream(t, says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"8.80"}}`, "/x/v1/user/info": `{"data":{"totalBalance":"1"}}`}))
	moved, rekeyed, gone := h.add("siliconflow", up.URL, keyed), h.add("siliconflow", up.URL, keyed), h.add("siliconflow", up.URL, keyed)
	h.wait(time.Minute)
	h.look(t.Context())
	if got := h.rows(); got != 3 {
		t.Errorf("%d rows are stored", got)
	}
	h.SetAsks(false)
	moved.BaseURL = up.URL + "/x"
	moved, err := h.Channels.Update(t.Context(), moved, "")
	if err == nil {
		_, err = h.Channels.Update(t.Context(), rekeyed, another)
	}
	if err == nil {
		err = h.Channels.Remove(t.Context(), gone.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := h.short(moved); got != "" {
		t.Errorf("at another address it knows %s", got)
	}
	h.look(t.Context())
	if got := h.rows(); got != 0 || len(h.known) != 0 {
		t.Errorf("%d rows are left, %d known", got, len(h.known))
	}
	h.SetAsks(true)
	h.look(t.Context())
	if got := h.short(moved); got != "account 1USD 0s ago" {
		t.Errorf("at another address it knows %s", got)
	}
}

func (h *house) rows() (n int) {
	h.t.Helper()
	if err := h.Store.Read().QueryRowContext(context.Background(), `SELECT count(*) FROM balance`).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// TestItsOwnWay goes as the channel's calls do: its proxy, its headers.
func TestItsOwnWay(t *testing.T) {
	h := openHouse(t)
	var through []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		through = append(through, r.URL.Host+r.URL.Path+" "+r.Header.Get("X-Team"))
		_, _ = w.Write([]byte(`{"data":{"totalBalance":"2"}}`))
	}))
	defer proxy.Close()
	ch, err := h.Channels.Add(t.Context(), gateway.Channel{Name: "A", Provider: "siliconflow", Dialect: "openai-chat", BaseURL: "http://upstream.invalid/v1", Weight: 1,
		Enabled: true, State: gateway.ChannelUntested, Proxy: strings.Replace(proxy.URL, "http://", "http://name:word@", 1), Headers: map[string]string{"X-Team": "blue"}}, keyed)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Ask(t.Context(), ch.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.short(ch); got != "account 2USD 0s ago" || len(through) != 1 || through[0] != "upstream.invalid/v1/user/info blue" {
		t.Errorf("it knows %s, the proxy saw %q", got, through)
	}
}

func TestASettingOfNoIsRemembered(t *testing.T) {
	h := &house{t: t, home: t.TempDir(), now: noon}
	shut := h.open()
	if !h.Asks() {
		t.Error("nobody said no")
	}
	if err := h.Store.Set(t.Context(), Setting, "no"); err != nil {
		t.Fatal(err)
	}
	shut()
	h.open()
	if h.Asks() {
		t.Error("it asks all the same")
	}
}

// TestRun ends with its context, and whoever listens hears of what is new.
func TestRun(t *testing.T) {
	h := openHouse(t)
	up := startUpstream(t, says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"8.80"}}`}))
	ch := h.add("siliconflow", up.URL, keyed)
	told := make(chan struct{}, 1)
	h.Hear(func() { told <- struct{}{} })
	if err := h.Ask(t.Context(), ch.ID); err != nil {
		t.Fatal(err)
	}
	<-told
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		h.Run(ctx)
		close(ended)
	}()
	cancel()
	<-ended
	text, err := json.Marshal(h.Of(ch)[0].Amounts)
	if err != nil || !strings.Contains(string(text), `"left":"8.8"`) {
		t.Errorf("%s, %v", text, err)
	}
}
