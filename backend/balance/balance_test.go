package balance

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
)

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
