package console

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"weir/backend/counting"
	"weir/backend/dialect/all"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/relay"
	"weir/backend/route"
	"weir/backend/sandbox"
	"weir/billing"
)

// relayed gives a console a relay that can carry calls.
func (b *books) relayed() *books {
	b.t.Helper()
	b.Relay = relay.New(relay.Config{Dialects: all.All(), Access: b.Access, Channels: b.Channels, Health: route.NewHealth(b.Now), Ledger: b.Ledger,
		Book: b.Prices.Book, Upstream: route.OpenTransports(&http.Transport{DisableKeepAlives: true}, b.Now), Sandbox: sandbox.New(b.Now), Now: b.Now, Log: b.Log, Waits: relay.UsualWaits()})
	return b
}

// A counter is an upstream that counts tokens in one of the ways that there are.
type counter struct {
	beside  bool // cached tokens stand beside the prompt count
	hits    int  // after how many calls with the same prompt it answers from its cache; 0: never
	odd     bool // its second count is nobody's
	silent  bool // it tells no usage
	newer   bool // it wants max_completion_tokens
	status  int  // of the answer after the first one; 0: good
	mu      sync.Mutex
	prompts map[string]int
	bodies  []string
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bodies = append(c.bodies, string(body))
	w.Header().Set("Content-Type", "application/json")
	if c.newer && !strings.Contains(string(body), `"max_completion_tokens"`) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.","type":"invalid_request_error"}}`)
		return
	}
	if c.prompts == nil {
		c.prompts = map[string]int{}
	}
	before := c.prompts[string(body)]
	c.prompts[string(body)]++
	if c.status != 0 && before > 0 {
		w.WriteHeader(c.status)
		fmt.Fprint(w, `{"error":{"message":"no"}}`)
		return
	}
	whole := len(body) * 10 / 44
	read := 0
	if c.hits > 0 && before >= c.hits {
		read = whole / 128 * 128
	}
	c.answer(w, strings.HasSuffix(r.URL.Path, "/messages"), whole, read, before)
}

func (c *counter) answer(w io.Writer, messages bool, whole, read, before int) {
	written, prompt := 0, whole
	if messages && read == 0 {
		written = whole - 14
	}
	if c.beside {
		prompt = whole - read - written
	}
	if c.odd && before > 0 {
		prompt += 900
	}
	usage := fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":1,"total_tokens":%d,"prompt_tokens_details":{"cached_tokens":%d}}`, prompt, prompt+1, read)
	text := `{"id":"1","object":"chat.completion","model":"gpt-5","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":%s}`
	if messages {
		usage = fmt.Sprintf(`{"input_tokens":%d,"output_tokens":1,"cache_read_input_tokens":%d,"cache_creation_input_tokens":%d}`, prompt, read, written)
		text = `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-6","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn","usage":%s}`
	}
	if c.silent {
		usage = "null"
	}
	fmt.Fprintf(w, text, usage)
}

// checked is a console with a provider of a kind at a counter.
func checked(t *testing.T, kind string, c *counter) (*books, Provider) {
	t.Helper()
	b := openBooks(t, "UTC", noon).relayed()
	up := httptest.NewServer(c)
	t.Cleanup(up.Close)
	return b, ask[Provider](b, "providers.add", raw(`{"type":"`+kind+`","name":"A","base_url":"`+up.URL+`/v1","no_test":true,"secret":"sk-canary","count":"auto","price_as":""}`))
}

// TestCheckCounting asks upstreams that count in every way.
func TestCheckCounting(t *testing.T) {
	for _, tt := range []struct {
		name, kind, model string
		up                *counter
		verdict, set      string
		count             string // the setting after it
		calls             int
	}{
		{"chat that counts inside", "custom-openai", "gpt-5", &counter{hits: 1}, "inclusive", "inclusive", "inclusive", 2},
		{"chat that counts beside", "custom-openai", "gpt-5", &counter{hits: 1, beside: true}, "exclusive", "exclusive", "exclusive", 2},
		{"chat whose cache is slow", "custom-openai", "gpt-5", &counter{hits: 2, beside: true}, "exclusive", "exclusive", "exclusive", 3},
		{"chat without a cache", "custom-openai", "gpt-5", &counter{}, "no_cache", "", "auto", 3},
		{"chat that counts oddly", "custom-openai", "gpt-5", &counter{hits: 1, odd: true}, "contradictory", "", "auto", 2},
		{"chat that tells nothing", "custom-openai", "gpt-5", &counter{hits: 1, silent: true}, "no_usage", "", "auto", 1},
		{"chat that wants the newer word", "custom-openai", "gpt-5", &counter{hits: 1, newer: true}, "inclusive", "inclusive", "inclusive", 2},
		{"messages that count beside", "custom-anthropic", "claude-sonnet-4-6", &counter{hits: 1, beside: true}, "exclusive", "exclusive", "exclusive", 2},
		{"messages that count inside", "custom-anthropic", "claude-sonnet-4-6", &counter{hits: 1}, "inclusive", "inclusive", "inclusive", 2},
		{"messages without a cache", "custom-anthropic", "claude-sonnet-4-6", &counter{beside: true}, "no_cache", "", "auto", 3},
		{"a gateway whose chat is as usual stays as its formats are", "new-api", "gpt-5", &counter{hits: 1}, "inclusive", "auto", "auto", 2},
		{"a gateway whose chat is not", "new-api", "gpt-5", &counter{hits: 1, beside: true}, "exclusive", "exclusive", "exclusive", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, p := checked(t, tt.kind, tt.up)
			var got Counting
			heard := told(b, func() { got = ask[Counting](b, "providers.probe.run", CheckCounting{ID: p.ID, Model: tt.model}) })
			if got.Verdict != tt.verdict || orEmpty(got.Set) != tt.set || len(got.Calls) != tt.calls || got.Message == "" || !heard["providers"] {
				t.Errorf("it found %+v, set %s", got, orEmpty(got.Set))
			}
			after := ask[[]Provider](b, "providers.list", raw(`{}`))[0]
			if after.Count != tt.count || after.Counting == nil || after.Counting.Verdict != tt.verdict {
				t.Errorf("the provider counts %s, %+v", after.Count, after.Counting)
			}
			same(t, "the evidence that is kept", *after.Counting, got)
			b.countedHonestly(got, tt.up.newer)
			kept, err := counting.Open(t.Context(), b.Store)
			if err != nil || kept.Of(p.ID, p.BaseURL) == nil || kept.Of(p.ID, p.BaseURL+"/x") != nil {
				t.Errorf("after a restart: %v", err)
			}
		})
	}
}

// countedHonestly: each call of a check is in the ledger with its price, under its own name.
func (b *books) countedHonestly(found Counting, newer bool) {
	b.t.Helper()
	calls := ask[[]Call](b, "calls.list", raw(`{"limit":10}`))
	made := len(found.Calls)
	if newer {
		made++ // the one that was refused for its word
	}
	if len(calls) != made {
		b.t.Errorf("the ledger has %d calls, want %d", len(calls), made)
	}
	for _, c := range calls {
		if c.KeyName != "Weir's own check" || c.Simulated || c.State == "settled" && (c.CostUSD == nil || *c.CostUSD == "0") {
			b.t.Errorf("the ledger has %s, %s, cost %v", c.KeyName, c.State, c.CostUSD)
		}
	}
	for _, r := range found.Calls {
		if c := b.stored(r.CallID); c.ID != r.CallID || c.State != gateway.Settled {
			b.t.Errorf("the evidence names %s, which is %s", r.CallID, c.State)
		}
	}
}

// stored is a call as the ledger has it.
func (b *books) stored(id string) gateway.Call {
	b.t.Helper()
	c, err := b.Ledger.Call(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// TestCountingPlan says what a check costs before anything is sent.
func TestCountingPlan(t *testing.T) {
	up := &counter{hits: 1}
	b, p := checked(t, "custom-openai", up)
	plan := ask[CountingPlan](b, "providers.probe.preview", CheckCounting{ID: p.ID, Model: "gpt-5"})
	if plan.Calls != 3 || plan.PromptTokens < 2000 || plan.PromptTokens > 5000 || plan.OutputTokens != 16 || plan.CostUSD == nil || plan.Dialect != "openai-chat" {
		t.Errorf("%+v", plan)
	}
	if unknown := ask[CountingPlan](b, "providers.probe.preview", CheckCounting{ID: p.ID, Model: "nobody-sells-this"}); unknown.CostUSD != nil {
		t.Errorf("a model without a price costs %s", *unknown.CostUSD)
	}
	if len(up.bodies) != 0 {
		t.Errorf("a plan sent %d calls", len(up.bodies))
	}
	most := amount(*plan.CostUSD)
	got := ask[Counting](b, "providers.probe.run", CheckCounting{ID: p.ID, Model: "gpt-5"})
	spent := amount("0")
	for _, r := range got.Calls {
		spent = spent.Add(*b.stored(r.CallID).Bill.Total)
	}
	if spent.Cmp(most) > 0 || spent.Pico() == 0 {
		t.Errorf("it cost %s, and was to cost %s at most", spent, most)
	}
	each := func(provider, model string) billing.Money {
		ceiling, _ := b.Prices.Book().Ceiling(provider, model, b.now)
		return ceiling.Fees(0, 0)
	}
	fee := each("perplexity", "sonar")
	c := ask[Provider](b, "providers.add", raw(`{"type":"perplexity","name":"C","secret":"pplx-k","no_test":true}`))
	plan = ask[CountingPlan](b, "providers.probe.preview", CheckCounting{ID: c.ID, Model: "sonar"})
	if fees := fee.Add(fee).Add(fee); fee.Pico() == 0 || amount(orEmpty(plan.CostUSD)).Cmp(fees) <= 0 {
		t.Errorf("three calls with a fee of %s each cost %s at most", fee, orEmpty(plan.CostUSD))
	}
	free := ask[Provider](b, "providers.add", raw(`{"type":"ollama","name":"B","no_test":true}`))
	if plan := ask[CountingPlan](b, "providers.probe.preview", CheckCounting{ID: free.ID, Model: "m"}); orEmpty(plan.CostUSD) != "0" {
		t.Errorf("a model on this machine costs %v", plan.CostUSD)
	}
}

// TestChecksThatFail leave everything as it was.
func TestChecksThatFail(t *testing.T) {
	up := &counter{hits: 1, status: http.StatusServiceUnavailable}
	b, p := checked(t, "custom-openai", up)
	off := ask[Provider](b, "providers.add", raw(`{"type":"custom-openai","name":"Off","base_url":"http://127.0.0.1:1/v1","no_test":true}`))
	ask[Provider](b, "providers.disable", byID{off.ID})
	login := ask[Provider](b, "providers.add", raw(`{"type":"anthropic-login","name":"L","no_test":true}`))
	gemini := ask[Provider](b, "providers.add", raw(`{"type":"custom-gemini","name":"G","base_url":"http://127.0.0.1:1/v1beta","no_test":true}`))
	for _, tt := range []struct{ name, id, model, kind, field string }{
		{"no such provider", "ch_none", "gpt-5", "not_found", "id"},
		{"no model", p.ID, " ", "invalid", "model"},
		{"the sandbox's model", p.ID, "sandbox/gpt-5", "invalid", "model"},
		{"a provider that is off", off.ID, "gpt-5", "invalid", "id"},
		{"a client's login", login.ID, "claude-sonnet-4-6", "invalid", "id"},
		{"another format", gemini.ID, "gemini-2.5-flash", "invalid", "id"},
		{"an upstream that breaks off", p.ID, "gpt-5", "bad_upstream", "model"},
	} {
		text, err := json.Marshal(CheckCounting{ID: tt.id, Model: tt.model})
		if err != nil {
			t.Fatal(err)
		}
		if v := refused(t, b, "providers.probe.run", string(text)); v.Kind != tt.kind || orEmpty(v.Field) != tt.field {
			t.Errorf("%s: %+v, field %s", tt.name, v, orEmpty(v.Field))
		}
	}
	if v := refused(t, b, "providers.probe.run", `{"id":"`+p.ID+`","model":"gpt-5"}`); !strings.Contains(v.Message, "status 503: “no”") || strings.Contains(v.Message, "sk-canary") {
		t.Errorf("it says %s", v.Message)
	}
	for _, p := range ask[[]Provider](b, "providers.list", raw(`{}`)) {
		if p.Count != "auto" || p.Counting != nil {
			t.Errorf("%s counts %s, %+v", p.Name, p.Count, p.Counting)
		}
	}
}

// TestACheckObeysTheBudget, and a pause.
func TestACheckObeysTheBudget(t *testing.T) {
	up := &counter{hits: 1}
	b, p := checked(t, "custom-openai", up)
	l, err := ledger.ParseLimit("0.000001usd/day", "UTC")
	if err == nil {
		err = b.Ledger.SetLimits(t.Context(), gateway.ScopeAccount, "", []gateway.Limit{l})
	}
	if err != nil {
		t.Fatal(err)
	}
	args := `{"id":"` + p.ID + `","model":"gpt-5"}`
	if v := refused(t, b, "providers.probe.run", args); !strings.Contains(v.Message, "0.000001") {
		t.Errorf("at the limit: %s", v.Message)
	}
	if err := b.Ledger.SetLimits(t.Context(), gateway.ScopeAccount, "", nil); err != nil {
		t.Fatal(err)
	}
	b.Relay.Pause(true)
	if v := refused(t, b, "providers.probe.run", args); !strings.Contains(v.Message, "paused") {
		t.Errorf("paused: %s", v.Message)
	}
	if len(up.bodies) != 0 {
		t.Errorf("%d calls were sent", len(up.bodies))
	}
}

// TestACheckAsksOneProvider, although another has the model, too, and comes first.
func TestACheckAsksOneProvider(t *testing.T) {
	up, other := &counter{hits: 1}, &counter{hits: 1}
	b, p := checked(t, "custom-openai", up)
	first := httptest.NewServer(other)
	defer first.Close()
	ask[Provider](b, "providers.add", raw(`{"type":"custom-openai","name":"B","base_url":"`+first.URL+`/v1","no_test":true,"priority":9}`))
	ask[Counting](b, "providers.probe.run", CheckCounting{ID: p.ID, Model: "gpt-5"})
	if len(up.bodies) != 2 || len(other.bodies) != 0 || up.bodies[0] != up.bodies[1] {
		t.Errorf("the provider had %d calls, another %d", len(up.bodies), len(other.bodies))
	}
}
