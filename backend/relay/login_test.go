package relay

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/provider"
)

const (
	claudeLogin  = "Bearer sk-ant-oat01-login-canary"
	chatGPTLogin = "Bearer eyJhbGciOi.login-canary.c2ln"
	loginReply   = `{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}],"model":"claude-sonnet-4-6","stop_reason":"end_turn","usage":{"input_tokens":1000,"output_tokens":100}}`
)

// A vendor stands where a host of the internet is: every connection over TLS leads to it.
type vendor struct {
	mu     sync.Mutex
	hosts  []string // that were dialled
	came   []*http.Request
	bodies []string
	status int
	header http.Header
	body   string
}

func (h *house) vendor(status int, body string) *vendor {
	h.t.Helper()
	v := &vendor{status: status, body: body, header: http.Header{}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		defer v.mu.Unlock()
		v.came, v.bodies = append(v.came, r), append(v.bodies, string(text))
		w.Header().Set("Content-Type", "application/json")
		for name := range v.header {
			w.Header().Set(name, v.header.Get(name))
		}
		w.WriteHeader(v.status)
		_, _ = io.WriteString(w, v.body)
	}))
	h.t.Cleanup(srv.Close)
	h.usual.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		v.mu.Lock()
		v.hosts = append(v.hosts, address)
		v.mu.Unlock()
		return (&net.Dialer{}).DialContext(ctx, network, srv.Listener.Addr().String())
	}
	return v
}

func (h *house) loginChannel(id string) gateway.Channel {
	h.t.Helper()
	p, ok := provider.ByID(id)
	if !ok {
		h.t.Fatalf("there is no provider %s", id)
	}
	ch, err := h.channels.Add(context.Background(), gateway.Channel{Name: p.Name, Provider: p.ID, Dialect: p.Dialect, BaseURL: p.BaseURL, Weight: 1, Enabled: true, State: gateway.ChannelUntested}, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return ch
}

// own sends the access key in Weir's own header and a login of the client's.
func (h *house) own(login string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Del("X-Api-Key")
		r.Header.Set("X-Weir-Key", h.secret)
		r.Header.Del("Authorization")
		if login != "" {
			r.Header.Set("Authorization", login)
		}
	}
}

// TestOwnLogin: a client's login reaches its vendor as it came, and costs no limit any money.
func TestOwnLogin(t *testing.T) {
	for _, tt := range []struct {
		name, provider, login, host, path string
		dialect, request                  string
		inPath                            bool
	}{
		{"Claude's, the key in a header", "anthropic-login", claudeLogin, "api.anthropic.com", "/v1/messages", "anthropic", messagesBody(false), false},
		{"Claude's, the key in the path", "anthropic-login", claudeLogin, "api.anthropic.com", "/v1/messages", "anthropic", messagesBody(false), true},
		{"ChatGPT's", "openai-login", chatGPTLogin, "chatgpt.com", "/backend-api/codex/responses", "responses", `{"model":"gpt-5","input":"Hi"}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			v := h.vendor(200, loginReply)
			h.loginChannel(tt.provider)
			h.channel(tt.dialect, func(c *gateway.Channel) { c.Priority = 9 })
			h.limit("0.000000000001usd/total")
			got := h.post(tt.dialect, tt.request, func(r *http.Request) {
				h.own(tt.login)(r)
				r.Header.Set("Chatgpt-Account-Id", "account")
				if tt.inPath {
					r.Header.Del("X-Weir-Key")
					r.URL.Path = "/k/" + h.secret + r.URL.Path
				}
			})
			if got.status != 200 || string(got.body) != loginReply {
				t.Fatalf("the client got %d: %s", got.status, got.body)
			}
			r := v.came[0]
			if len(v.hosts) != 1 || v.hosts[0] != tt.host+":443" || r.Host != tt.host || r.URL.RequestURI() != tt.path || v.bodies[0] != tt.request {
				t.Errorf("%v got %s %s with %s", v.hosts, r.Host, r.URL.RequestURI(), v.bodies[0])
			}
			if r.Header.Get("Authorization") != tt.login || r.Header.Get("Chatgpt-Account-Id") != "account" || r.Header.Get("X-Weir-Key") != "" || r.Header.Get("X-Api-Key") != "" || r.Header.Get("X-Weir-Hop") != "" {
				t.Errorf("the vendor got %v", r.Header)
			}
			if h.up.Journal.Len() != 0 {
				t.Error("the login went to another upstream")
			}
			c := got.call
			if !c.Covered || c.State != gateway.Settled || c.Charge.Pico() != 0 || (c.Bill.Total == nil || c.Bill.Total.Pico() == 0) && tt.dialect == "anthropic" {
				t.Errorf("the call is %s, covered %v, at %s, charged %s", c.State, c.Covered, cost(c), c.Charge)
			}
			now := time.Now()
			sums, err := h.ledger.Sums(t.Context(), ledger.Slot{From: now.Add(-time.Hour), To: now.Add(time.Hour)}, false)
			if err != nil || sums.Calls != 1 || sums.Charged.Pico() != 0 || sums.Compared.Pico() != 0 || sums.Unpriced != 0 {
				t.Errorf("the sums are %+v, %v", sums, err)
			}
			h.check()
		})
	}
}

// TestCoveredCallsCount: tokens and calls are limits of their own.
func TestCoveredCallsCount(t *testing.T) {
	h := build(t)
	h.vendor(200, loginReply)
	h.loginChannel("anthropic-login")
	h.limit("1calls/total")
	if got := h.post("anthropic", messagesBody(false), h.own(claudeLogin)); got.status != 200 {
		t.Errorf("the first: %d %s", got.status, got.body)
	}
	if got := h.post("anthropic", messagesBody(false), h.own(claudeLogin)); got.status != 402 {
		t.Errorf("the second: %d", got.status)
	}
	h.check()
}

// TestACoveredCallLacksInNoSum: of a model without a price, too, since nothing was to be paid.
func TestACoveredCallLacksInNoSum(t *testing.T) {
	h := build(t)
	h.vendor(200, strings.Replace(loginReply, "claude-sonnet-4-6", "claude-nobody-knows", 1))
	h.loginChannel("anthropic-login")
	h.limit("1usd/total")
	got := h.post("anthropic", strings.Replace(messagesBody(false), "claude-sonnet-4-6", "claude-nobody-knows", 1), h.own(claudeLogin))
	if got.status != 200 || got.call.Bill.Total != nil {
		t.Fatalf("%d at %s: %s", got.status, cost(got.call), got.body)
	}
	page, err := h.ledger.Page(t.Context(), ledger.Filter{Limit: 1}, ledger.Place{})
	if err != nil || page.Tally == nil || page.Tally.Calls != 1 || page.Tally.Unpriced != 0 {
		t.Errorf("the list's sum is %+v, %v", page.Tally, err)
	}
	unpriced, err := h.ledger.Calls(t.Context(), ledger.Filter{Limit: 1, Unpriced: true})
	if err != nil || len(unpriced) != 0 {
		t.Errorf("%d calls are unpriced, %v", len(unpriced), err)
	}
	q, err := h.ledger.Quota(t.Context(), ledger.Payer{KeyID: h.key.ID})
	if err != nil || q.UnpricedCalls != 0 || q.Spent.Pico() != 0 {
		t.Errorf("the quota is %+v, %v", q, err)
	}
	h.check()
}

// TestWhichLogin is what counts as a client's own login, and where calls go with and without.
func TestWhichLogin(t *testing.T) {
	for _, tt := range []struct {
		name             string
		header, bearer   bool // whether x-weir-key is sent, and a key the usual way
		login            string
		logins, ordinary bool // which channels there are
		want             int
		covered          bool
	}{
		{"with a login, to a login's channel", true, false, claudeLogin, true, true, 200, true},
		{"with a login and no such channel, nowhere", true, false, claudeLogin, false, true, 503, true},
		{"without a login it is an ordinary call", true, false, "", true, true, 200, false},
		{"which no login's channel answers", true, false, "", true, false, 503, false},
		{"an access key is no login", true, false, "Bearer sk-weir-other", true, true, 200, false},
		{"an API key is none", true, false, "Bearer sk-ant-api03-x", true, true, 200, false},
		{"a password is none", true, false, "Basic dTpw", true, true, 200, false},
		{"a key that came the usual way leaves no login", false, true, "", true, true, 200, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			v := h.vendor(200, loginReply)
			if tt.logins {
				h.loginChannel("anthropic-login")
			}
			if tt.ordinary {
				h.channel("anthropic", nil)
			}
			got := h.post("anthropic", messagesBody(false), func(r *http.Request) {
				if tt.header {
					h.own(tt.login)(r)
				}
			})
			if got.status != tt.want || got.call.Covered != tt.covered || (len(v.came) == 1) != (tt.covered && tt.want == 200) {
				t.Errorf("%d, covered %v, %d at the vendor: %s", got.status, got.call.Covered, len(v.came), got.body)
			}
			for _, e := range h.up.Journal.Entries() {
				if e.Header.Get("X-Api-Key") != upstreamKey || e.Header.Get("Authorization") != "" {
					t.Errorf("the ordinary upstream got %v", e.Header)
				}
			}
			h.check()
		})
	}
}

// TestALoginIsNothingToTheSandbox: its calls are as without one.
func TestALoginIsNothingToTheSandbox(t *testing.T) {
	h := build(t)
	v := h.vendor(200, loginReply)
	h.loginChannel("anthropic-login")
	body := strings.Replace(messagesBody(false), "claude-sonnet-4-6", "sandbox/claude-sonnet-4-6", 1)
	got := h.post("anthropic", body, h.own(claudeLogin))
	if got.status != 200 || got.call.Covered || !got.call.Simulated || got.call.Charge.Pico() == 0 || len(v.came) != 0 {
		t.Errorf("%d, covered %v, charged %s, %d at the vendor", got.status, got.call.Covered, got.call.Charge, len(v.came))
	}
	h.check()
}

// TestALoginStaysAtItsVendor: no stored address, redirect or failure leads it elsewhere, and
// what happens to it is nobody else's.
func TestALoginStaysAtItsVendor(t *testing.T) {
	h := build(t)
	hostile := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the login went elsewhere") }))
	defer hostile.Close()
	v := h.vendor(200, loginReply)
	ch := h.loginChannel("anthropic-login")
	ch.BaseURL = hostile.URL
	ch, err := h.channels.Update(t.Context(), ch, "")
	if err != nil {
		t.Fatal(err)
	}
	h.loginChannel("anthropic-login")
	h.channel("anthropic", nil)
	for _, tt := range []struct {
		status int
		body   string
		want   int
	}{
		{200, loginReply, 200},
		{401, `{"type":"error","error":{"type":"authentication_error","message":"OAuth token has expired."}}`, 401},
		{403, `{"type":"error","error":{"type":"permission_error","message":"no"}}`, 403},
		{429, `{"type":"error","error":{"type":"rate_limit_error","message":"weekly"}}`, 429},
		{500, `{"type":"error","error":{"type":"api_error","message":"no"}}`, 500},
		{307, ``, 502},
	} {
		v.mu.Lock()
		v.status, v.body, v.came = tt.status, tt.body, nil
		v.header = http.Header{"Retry-After": {"3600"}, "Location": {hostile.URL}}
		v.mu.Unlock()
		for range 4 {
			got := h.post("anthropic", messagesBody(false), h.own(claudeLogin))
			if got.status != tt.want || len(got.call.Attempts) != 1 || tt.want == tt.status && string(got.body) != tt.body {
				t.Errorf("%d: the client got %d after %d attempts: %s", tt.status, got.status, len(got.call.Attempts), got.body)
			}
		}
		if len(v.came) != 4 {
			t.Errorf("%d: the vendor was asked %d times of 4", tt.status, len(v.came))
		}
	}
	for _, host := range v.hosts {
		if host != "api.anthropic.com:443" {
			t.Errorf("the login went to %s", host)
		}
	}
	if h.up.Journal.Len() != 0 {
		t.Error("a call with a login failed over to an ordinary upstream")
	}
	for _, ch := range h.channels.All() {
		if ch.State != gateway.ChannelUntested || h.relay.Health.Open(ch) {
			t.Errorf("%s is %s, resting: %v", ch.Name, ch.State, h.relay.Health.Open(ch))
		}
	}
	h.check()
}

// TestNothingOfALoginIsKept: neither a login nor an access key in the path is in a row, a
// log, an error or a file.
func TestNothingOfALoginIsKept(t *testing.T) {
	h := build(t)
	var log bytes.Buffer
	var mu sync.Mutex
	h.relay.Log = slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return log.Write(p)
	}), &slog.HandlerOptions{Level: slog.LevelDebug}))
	v := h.vendor(200, loginReply)
	h.loginChannel("anthropic-login")
	answers := ""
	send := func(path string, edit func(*http.Request)) {
		got := h.post("anthropic", messagesBody(false), func(r *http.Request) {
			h.own(claudeLogin)(r)
			r.Header.Del("X-Weir-Key")
			r.URL.Path = path
			if edit != nil {
				edit(r)
			}
		})
		answers += string(got.body)
		for name, values := range got.header {
			answers += name + strings.Join(values, " ")
		}
	}
	send("/k/"+h.secret+"/v1/messages", nil)
	send("/k/"+h.secret+"/v1/nothing", nil)
	send("/k/"+h.secret, nil)
	send("/k/"+h.secret+"/v1/messages", func(r *http.Request) { r.Host = "elsewhere.example" })
	send("/k/sk-weir-wrong-canary/v1/messages", nil)
	send("/k/sk-weir-wrong-canary/v1/models", func(r *http.Request) { r.Method = http.MethodGet })
	v.mu.Lock()
	v.status, v.body = 500, ""
	v.mu.Unlock()
	send("/k/"+h.secret+"/v1/messages", nil)
	h.relay.Sandbox = broken{}
	h.post("anthropic", strings.Replace(messagesBody(false), "claude-sonnet-4-6", "sandbox/claude-sonnet-4-6", 1), h.own(""))
	h.check()
	texts := map[string]string{"an answer": answers, "the log": log.String()}
	files, err := filepath.Glob(filepath.Join(h.home, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		if data, err := os.ReadFile(path); err == nil {
			texts[filepath.Base(path)] = string(data)
		}
	}
	if !strings.Contains(texts["the log"], "panic") {
		t.Errorf("no panic was logged: %s", texts["the log"])
	}
	for place, text := range texts {
		for _, canary := range []string{"login-canary", "wrong-canary", strings.TrimPrefix(h.secret, h.key.Prefix)} {
			if strings.Contains(text, canary) {
				t.Errorf("%s holds %s", place, canary)
			}
		}
	}
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// broken is an upstream that panics.
type broken struct{}

func (broken) RoundTrip(*http.Request) (*http.Response, error) { panic("broken") }
