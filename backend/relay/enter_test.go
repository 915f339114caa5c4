package relay

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"weir/backend/access"
	"weir/backend/gateway"
	"weir/billing"
)

// change changes the house's key.
func (h *house) change(c access.Change) {
	h.t.Helper()
	var err error
	if h.key, err = h.access.Update(context.Background(), h.key.ID, c); err != nil {
		h.t.Fatal(err)
	}
}

// asked is the field of the request that the upstream got last.
func (h *house) asked(field string) string {
	h.t.Helper()
	entries := h.up.Journal.Entries()
	var body map[string]json.RawMessage
	if err := json.Unmarshal(entries[len(entries)-1].Body, &body); err != nil {
		h.t.Fatal(err)
	}
	return string(body[field])
}

// TestClamp: what an answer may have is lowered to what is left, and then all of that is held.
func TestClamp(t *testing.T) {
	on := true
	for _, tt := range []struct {
		name, dialect, limit string
		body                 func(string) string
		asked                string // the bound that the upstream got; empty: it got the body as it was
		field                string
		status               int
	}{
		{"enough is left", "anthropic", "100usd/day", nil, "", "max_tokens", 200},
		{"a little less", "anthropic", "0.1usd/day", nil, "6659", "max_tokens", 200},
		{"of tokens", "anthropic", "1000tokens/day", nil, "", "max_tokens", 200},
		{"not even an answer's least", "anthropic", "0.0001usd/day", nil, "-", "max_tokens", 402},
		{"calls have no length", "anthropic", "1calls/day", nil, "", "max_tokens", 200},
		{"thinking that no longer fits", "anthropic", "0.1usd/day", func(b string) string {
			return strings.Replace(b, `"stream"`, `"thinking":{"type":"enabled","budget_tokens":20000},"stream"`, 1)
		}, "-", "max_tokens", 402},
		{"a chat without a bound, and much left", "openai-chat", "100usd/day", nil, "", "max_tokens", 200},
		{"and little", "openai-chat", "0.01usd/day", nil, "996", "max_tokens", 200},
		{"a response", "responses", "0.01usd/day", nil, "996", "max_output_tokens", 200},
	} {
		t.Run(tt.dialect+", "+tt.name, func(t *testing.T) {
			h := build(t)
			h.channel(tt.dialect, nil)
			h.limit(tt.limit)
			h.change(access.Change{Clamp: &on})
			body := strings.Replace(bodyFor(tt.dialect, false), `"max_tokens":100`, `"max_tokens":32000`, 1)
			if tt.body != nil {
				body = tt.body(body)
			}
			if tt.name == "of tokens" {
				body = bodyFor(tt.dialect, false)
			}
			got := h.post(tt.dialect, body, nil)
			if got.status != tt.status {
				t.Fatalf("status %d, want %d: %s", got.status, tt.status, got.body)
			}
			switch {
			case tt.asked == "-":
				if n := h.up.Journal.Len(); n != 0 {
					t.Errorf("%d calls left although too little is left", n)
				}
			case tt.asked == "":
				if sent := string(h.up.Journal.Entries()[0].Body); sent != body {
					t.Errorf("the upstream got %s, want %s", sent, body)
				}
			default:
				n, err := strconv.ParseInt(h.asked(tt.field), 10, 64)
				want, _ := strconv.ParseInt(tt.asked, 10, 64)
				if err != nil || n < want*95/100 || n > want*105/100 {
					t.Errorf("the upstream was asked for %d, %v, want about %d", n, err, want)
				}
				if !slices.Contains(got.call.Bill.Flags, lowered) {
					t.Errorf("the receipt says %v", got.call.Bill.Flags)
				}
			}
			h.check()
		})
	}
}

// TestAClampedCallHoldsAllThatIsLeft: so that no second one can have it too.
func TestAClampedCallHoldsAllThatIsLeft(t *testing.T) {
	h := build(t)
	h.channel("anthropic", nil)
	h.limit("0.1usd/day")
	on := true
	h.change(access.Change{Clamp: &on})
	h.up.Gate.Shut()
	done := make(chan sent, 1)
	body := strings.Replace(bodyFor("anthropic", false), `"max_tokens":100`, `"max_tokens":32000`, 1)
	go func() { done <- h.post("anthropic", body, nil) }()
	if err := h.up.Gate.Wait(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	uses, err := h.ledger.Uses(t.Context(), gateway.ScopeKey, h.key.ID, false)
	if err != nil || uses[0].Left() > 15e6*2 { // less than two tokens
		t.Errorf("%d pico-dollars are left, %v", uses[0].Left(), err)
	}
	if got := h.post("anthropic", body, nil); got.status != 402 || !strings.Contains(string(got.body), "held by running calls") {
		t.Errorf("a second call got %d: %s", got.status, got.body)
	}
	h.up.Gate.Open()
	if got := <-done; got.status != 200 {
		t.Errorf("the first got %d", got.status)
	}
	h.check()
}

func TestMostPerCall(t *testing.T) {
	most := func(usd string) *int64 {
		m, err := billing.ParseMoney(usd)
		if err != nil {
			t.Fatal(err)
		}
		n := m.Pico()
		return &n
	}
	long := strings.Replace(bodyFor("anthropic", false), `"max_tokens":100`, `"max_tokens":32000`, 1)
	for _, tt := range []struct {
		name, most string
		clamp      bool
		status     int
		says       string
	}{
		{"within it", "0.5", false, 200, ""},
		{"a call that could cost more", "0.1", false, 402, `may spend $0.1 on one call`},
		{"unless it is clamped", "0.1", true, 200, ""},
		{"which cannot shorten the input", "0.0001", true, 402, `may spend $0.0001 on one call`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			h.channel("anthropic", nil)
			h.change(access.Change{MostPerCall: most(tt.most), Clamp: &tt.clamp})
			got := h.post("anthropic", long, nil)
			if got.status != tt.status || !strings.Contains(string(got.body), tt.says) {
				t.Errorf("%d: %s, want %d and %q", got.status, got.body, tt.status, tt.says)
			}
			if lowered := h.up.Journal.Len() > 0 && h.asked("max_tokens") != "32000"; lowered != (tt.clamp && tt.status == 200) {
				t.Errorf("the bound was lowered: %v", lowered)
			}
		})
	}
	h := build(t)
	h.channel("openai-chat", nil)
	h.change(access.Change{MostPerCall: most("1")})
	if got := h.post("openai-chat", strings.Replace(chatBody(false), "gpt-5", "nobody-sells-this", 1), nil); got.status != 402 || !strings.Contains(string(got.body), "no price") {
		t.Errorf("a call without a price got %d: %s", got.status, got.body)
	}
}

// TestMostPerCallOfALongStream: an answer without a bound is cut where the key says so, else it may finish.
func TestMostPerCallOfALongStream(t *testing.T) {
	for _, policy := range []gateway.Policy{gateway.Finish, gateway.Cut} {
		h := build(t)
		h.channel("openai-chat", nil)
		n := int64(5e10) // the first slice of 4,096 tokens, and not a second
		h.change(access.Change{MostPerCall: &n, OnLimit: &policy})
		h.script("bigline?mb=1&chunks=400")
		if got := h.post("openai-chat", chatBody(true), nil); (got.call.End == gateway.Failed) != (policy == gateway.Cut) {
			t.Errorf("%s: the call %s", policy, got.call.End)
		}
	}
}

func TestModelsOfAKey(t *testing.T) {
	for _, tt := range []struct {
		name            string
		allowed, denied []string
		model           string
		status          int
	}{
		{"a pattern allows", []string{"gpt-*"}, nil, "gpt-5", 200},
		{"and only what it stands for", []string{"claude-*"}, nil, "gpt-5", 403},
		{"a refused name is refused", nil, []string{"gpt-5"}, "gpt-5", 403},
		{"also where it is allowed", []string{"gpt-5"}, []string{"gpt-*"}, "gpt-5", 403},
		{"a name that leads to one that is refused", nil, []string{"gpt-5"}, "alias", 403},
		{"a name that is allowed leads where it leads", []string{"alias"}, nil, "alias", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			h.channel("openai-chat", func(ch *gateway.Channel) { ch.Models, ch.Map = []string{"gpt-5"}, map[string]string{"alias": "gpt-5"} })
			h.change(access.Change{Models: &tt.allowed, Denied: &tt.denied})
			got := h.post("openai-chat", strings.Replace(chatBody(false), "gpt-5", tt.model, 1), nil)
			if got.status != tt.status || tt.status == 403 && !strings.Contains(string(got.body), tt.model) {
				t.Errorf("%d: %s, want %d", got.status, got.body, tt.status)
			}
			req, err := http.NewRequest(http.MethodGet, h.url+"/v1/models", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+h.secret)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			list, err := io.ReadAll(resp.Body)
			if listed := strings.Contains(string(list), `"id":"`+tt.model+`"`); err != nil || listed != (tt.status == 200) {
				t.Errorf("the list of models has it: %v, %v: %s", listed, err, list)
			}
		})
	}
	h := build(t)
	h.channel("openai-chat", nil)
	h.change(access.Change{Denied: &[]string{"other"}})
	if got := h.post("openai-chat", strings.Replace(chatBody(false), `"model"`, `"models":["other"],"model"`, 1), nil); got.status != 403 {
		t.Errorf("further models behind a list of refused ones: %d", got.status)
	}
}

func TestNetworksOfAKey(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	for _, tt := range []struct {
		name, from string
		networks   []string
		status     int
	}{
		{"any without networks", "127.0.0.1:4", nil, 200},
		{"from its network", "192.168.1.9:4", []string{"192.168.1.0/24"}, 200},
		{"written as version 6", "[::ffff:192.168.1.9]:4", []string{"192.168.1.0/24"}, 200},
		{"from elsewhere", "192.168.2.9:4", []string{"192.168.1.0/24"}, 403},
		{"loopback is elsewhere too", "127.0.0.1:4", []string{"192.168.1.0/24"}, 403},
		{"whatever a header says", "127.0.0.1:4", []string{"10.0.0.0/8"}, 403},
	} {
		networks := []netip.Prefix{}
		for _, n := range tt.networks {
			networks = append(networks, netip.MustParsePrefix(n))
		}
		h.change(access.Change{Networks: &networks})
		for path, body := range map[string]string{"/v1/chat/completions": chatBody(false), "/v1/models": "", "/v1/dashboard/billing/usage": ""} {
			method := http.MethodPost
			if body == "" {
				method = http.MethodGet
			}
			req := httptest.NewRequest(method, path, strings.NewReader(body))
			req.RemoteAddr, req.Host = tt.from, strings.TrimPrefix(h.url, "http://")
			req.Header.Set("Authorization", "Bearer "+h.secret)
			for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip"} {
				req.Header.Set(name, "10.1.2.3")
			}
			w := httptest.NewRecorder()
			h.relay.ServeHTTP(w, req)
			if w.Code != tt.status || tt.status == 403 && !strings.Contains(w.Body.String(), "may not be used from") {
				t.Errorf("%s, %s: %d %s, want %d", tt.name, path, w.Code, w.Body, tt.status)
			}
		}
	}
}

// TestPaces: who is too fast gets 429 in its dialect, and is told when to come again.
func TestPaces(t *testing.T) {
	for _, tt := range []struct {
		name string
		pace gateway.Pace
		says string
		wait string
	}{
		{"requests", gateway.Pace{Requests: 1}, "1 requests a minute", ""},
		{"tokens", gateway.Pace{Tokens: 150}, "150 tokens a minute", ""},
		{"at once", gateway.Pace{Running: 1}, "1 calls at once", "1"},
	} {
		for _, dialect := range []string{"openai-chat", "anthropic", "responses"} {
			t.Run(tt.name+" "+dialect, func(t *testing.T) {
				h := build(t)
				h.channel(dialect, nil)
				h.change(access.Change{Pace: &tt.pace})
				h.script("ok?in=100&out=50")
				h.up.Gate.Shut()
				first := make(chan sent, 1)
				go func() { first <- h.post(dialect, bodyFor(dialect, false), nil) }()
				if err := h.up.Gate.Wait(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				got := h.post(dialect, bodyFor(dialect, false), nil)
				seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
				if got.status != 429 || err != nil || seconds < 1 || seconds > 61 || tt.wait != "" && got.header.Get("Retry-After") != tt.wait {
					t.Errorf("%d, retry after %q", got.status, got.header.Get("Retry-After"))
				}
				if !strings.Contains(string(got.body), tt.says) || !strings.Contains(string(got.body), "rate_limit") || got.header.Get("X-Should-Retry") != "" {
					t.Errorf("the client reads %s", got.body)
				}
				if got.call.State != gateway.Refused {
					t.Errorf("the call is %s", got.call.State)
				}
				h.up.Gate.Open()
				if got := <-first; got.status != 200 {
					t.Errorf("the first call got %d", got.status)
				}
				if tt.wait != "" {
					if got := h.post(dialect, bodyFor(dialect, false), nil); got.status != 200 {
						t.Errorf("after its end another got %d", got.status)
					}
				}
			})
		}
	}
}

// TestQuotaMarks: the header tells of 80, 90 and 100 hundredths, of a key's limits or else of its group's.
func TestQuotaMarks(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	g, err := h.access.CreateGroup(t.Context(), "Team", gateway.Pace{})
	if err != nil {
		t.Fatal(err)
	}
	h.change(access.Change{GroupID: &g.ID})
	left := func() string { return h.post("openai-chat", chatBody(false), nil).header.Get("X-Weir-Quota-Left") }
	if got := left(); got != "" {
		t.Errorf("without a limit it says %q", got)
	}
	h.limits(gateway.ScopeGroup, g.ID, "6calls/day")
	for _, want := range []string{"4calls/day", "3calls/day", "2calls/day", "1calls/day"} {
		if got := left(); got != want {
			t.Errorf("of the group it says %q, want %q", got, want)
		}
	}
	if got := left(); got != "0calls/day;mark=80" {
		t.Errorf("at the mark it says %q", got)
	}
	h.limits(gateway.ScopeGroup, g.ID)
	h.limit("6calls/day:warn")
	if got := left(); got != "0calls/day;mark=100" {
		t.Errorf("a limit that only warns says %q", got)
	}
}
