package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
)

// answers makes an upstream that gives every call the same reply.
func (h *house) answers(dialect, contentType, body string) {
	h.t.Helper()
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	}))
	h.t.Cleanup(up.Close)
	h.channel(dialect, func(ch *gateway.Channel) { ch.BaseURL = up.URL })
}

func reply(dialect, usage string) string {
	if dialect == "anthropic" {
		return `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-6","content":[{"type":"text","text":"twenty bytes of text"}],"stop_reason":"end_turn","usage":` + usage + `}`
	}
	return `{"id":"chat_1","object":"chat.completion","model":"gpt-5","choices":[{"index":0,"message":{"role":"assistant","content":"twenty bytes of text"},"finish_reason":"stop"}],"usage":` + usage + `}`
}

// TestUsageThatSaysTooLittle: a known model is never free because its upstream kept silent.
func TestUsageThatSaysTooLittle(t *testing.T) {
	for _, tt := range []struct {
		name, dialect, usage, request string
		basis                         gateway.Basis
		status                        billing.Status
		cost, charge                  string // counted: what Weir makes of the bytes
		flag                          string
	}{
		{"an empty report is none", "openai-chat", `{}`, "", gateway.Estimated, billing.Estimated, "counted", "", countedHere},
		{"so is one of unknown counters", "anthropic", `{"steps":3}`, "", gateway.Estimated, billing.Estimated, "counted", "", countedHere},
		{"an answer that is left out is counted", "openai-chat", `{"prompt_tokens":10}`, "", gateway.Estimated, billing.Estimated, "0.0000625", "0.0000625", countedHere},
		{"so is a prompt, of 38 tokens", "anthropic", `{"output_tokens":7}`, "", gateway.Estimated, billing.Estimated, "0.000219", "0.000219", countedHere},
		{"asking for the standard tier changes no price", "anthropic", `{"input_tokens":10,"output_tokens":2}`, `"service_tier":"standard_only",`,
			gateway.Exact, billing.Priced, "0.00006", "0.00006", ""},
		{"a tier without a price counts at the list price", "openai-chat", `{"prompt_tokens":10,"completion_tokens":2}`, `"service_tier":"scale",`,
			gateway.Exact, billing.Unpriced, "unknown", "0.0000325", "context_price_unknown"},
		{"so does a speed without one", "anthropic", `{"input_tokens":10,"output_tokens":2,"speed":"fast"}`, "",
			gateway.Exact, billing.Unpriced, "unknown", "0.00006", "context_price_unknown"},
		{"a meter without a rate leaves the others counted", "openai-chat",
			`{"prompt_tokens":30,"completion_tokens":2,"prompt_tokens_details":{"audio_tokens":20}}`, "", gateway.Exact, billing.Unpriced, "unknown", "0.0000325", "rate_missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			h.answers(tt.dialect, "application/json", reply(tt.dialect, tt.usage))
			h.limit("5usd/day")
			s := h.post(tt.dialect, strings.Replace(bodyFor(tt.dialect, false), "{", "{"+tt.request, 1), nil)
			c := s.call
			if tt.cost == "counted" {
				if c.Bill.Total == nil || c.Charge.Cmp(*c.Bill.Total) != 0 || c.Charge.Pico() == 0 || c.Bill.Usage[billing.Output] != 5 || c.Min == nil || c.Max.Cmp(c.Charge) <= 0 || c.Bill.Saved != nil {
					t.Errorf("cost %s, charge %s, usage %v, between %v and %v", cost(c), c.Charge, c.Bill.Usage, c.Min, c.Max)
				}
			} else if cost(c) != tt.cost || c.Charge.String() != tt.charge {
				t.Errorf("cost %s, charge %s, want %s and %s", cost(c), c.Charge, tt.cost, tt.charge)
			}
			if c.Basis != tt.basis || c.Bill.Status != tt.status || tt.flag != "" && !slices.Contains(c.Bill.Flags, tt.flag) {
				t.Errorf("basis %s, status %s, flags %v, want %s, %s, %q", c.Basis, c.Bill.Status, c.Bill.Flags, tt.basis, tt.status, tt.flag)
			}
			h.check()
		})
	}
}

// TestWhatARequestSaysOfItsSearch: a call's own fee goes by how much it was to search, which Perplexity's
// replies do not always repeat.
func TestWhatARequestSaysOfItsSearch(t *testing.T) {
	for _, tt := range []struct{ name, request, cost string }{
		{"nothing: it searches little", ``, "0.006057"},
		{"much", `"web_search_options":{"search_context_size":"high"},`, "0.014057"},
		{"much, in many steps", `"web_search_options":{"search_type":"pro","search_context_size":"high"},`, "0.022057"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, strings.Replace(reply("openai-chat", `{"prompt_tokens":9,"completion_tokens":2}`), "gpt-5", "sonar-pro", 1))
			}))
			t.Cleanup(up.Close)
			h.channel("openai-chat", func(ch *gateway.Channel) { ch.BaseURL, ch.PriceAs = up.URL, "perplexity" })
			body := strings.Replace(strings.Replace(bodyFor("openai-chat", false), "{", "{"+tt.request, 1), "gpt-5", "sonar-pro", 1)
			if c := h.post("openai-chat", body, nil).call; cost(c) != tt.cost || c.Bill.Status != billing.Priced {
				t.Errorf("cost %s, status %s, flags %v, want %s: 9 at $3, 2 at $15 and the fee", cost(c), c.Bill.Status, c.Bill.Flags, tt.cost)
			}
			h.check()
		})
	}
}

// TestRunningTotalsOfACutStream: what an upstream reports on the way is no final count.
func TestRunningTotalsOfACutStream(t *testing.T) {
	for _, dialect := range []string{"openai-chat", "anthropic"} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			h.channel(dialect, nil)
			body := bodyFor(dialect, true)
			c := h.post(dialect, strings.Replace(body, "水", "[[chaos:usage-every+cut?in=40&out=1000&at=5]]", 1), nil).call
			if c.End != gateway.UpstreamCut || c.Basis != gateway.Partial || c.Bill.Status != billing.Estimated || !slices.Contains(c.Bill.Flags, cutShort) {
				t.Errorf("end %s, basis %s, status %s, flags %v", c.End, c.Basis, c.Bill.Status, c.Bill.Flags)
			}
			if c.Bill.Usage[billing.Input] != 40 || c.Min == nil || c.Min.Cmp(c.Charge) > 0 || c.Max.Cmp(c.Charge) <= 0 {
				t.Errorf("usage %v, charge %s between %v and %v", c.Bill.Usage, c.Charge, c.Min, c.Max)
			}
		})
	}
}

// TestFastIsFastWhenCut: the price of a cut reply keeps what its usage said beside the counts.
func TestFastIsFastWhenCut(t *testing.T) {
	h := build(t)
	h.answers("anthropic", "text/event-stream", "event: message_start\n"+
		`data: {"type":"message_start","message":{"model":"claude-opus-4-8","usage":{"input_tokens":1000,"output_tokens":1,"speed":"fast"}}}`+"\n\n"+
		"event: content_block_delta\n"+`data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"twenty bytes of text"}}`+"\n\n")
	c := h.post("anthropic", strings.Replace(messagesBody(true), "claude-sonnet-4-6", "claude-opus-4-8", 1), nil).call
	if c.Basis != gateway.Partial || cost(c) != "0.01025" {
		t.Errorf("basis %s, cost %s: 1,000 in at $10 and 5 out at $50 cost $0.01025", c.Basis, cost(c))
	}
}

// TestGuessesAreNoFloor: what Weir counted itself may be more than was charged, and what
// was asked for at most bounds it above.
func TestGuessesAreNoFloor(t *testing.T) {
	for _, tt := range []struct{ name, mode string }{
		{"a cut stream", "cut?at=4"},
		{"a failure that may have been charged", "500"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			h.channel("openai-chat", nil)
			body := strings.Replace(chatBody(true), "水", "[[chaos:"+tt.mode+"]]", 1)
			c := h.post("openai-chat", strings.Replace(body, "{", `{"max_completion_tokens":9000,`, 1), nil).call
			input := int64(len(body)) // more than the estimate by far, and yet a third of a cent
			most := billing.Pico(input*1_250_000 + 9000*10_000_000)
			if c.Min == nil || c.Min.Pico() != 0 || c.Max.Cmp(most) > 0 || c.Max.Cmp(billing.Pico(9000*10_000_000)) < 0 {
				t.Errorf("between %v and %v, want 0 and $0.09 or a little more", c.Min, c.Max)
			}
		})
	}
}

// TestNoSkyHighBound: a reply that was let finish over its limit and then broke off.
func TestNoSkyHighBound(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	h.limit("0.06usd/day") // one slice and not two
	c := h.post("openai-chat", strings.Replace(chatBody(true), "水", "[[chaos:bigline+cut?mb=1&at=4]]", 1), nil).call
	if c.End != gateway.UpstreamCut || c.Max == nil || c.Max.Cmp(billing.Pico(10_000_000_000_000)) > 0 {
		t.Errorf("end %s, at most %v: a million bytes cost less than $10", c.End, c.Max)
	}
	h.check()
}

// TestInterruptedCallsThatTellNothing: what was set aside counts for an image whose answer never
// came, and for a response that the upstream goes on writing.
func TestInterruptedCallsThatTellNothing(t *testing.T) {
	book, err := billing.ShippedBook()
	if err != nil {
		t.Fatal(err)
	}
	held, tiers := gateway.Amounts{Pico: 44_000_000_000, Tokens: 1100, Calls: 1}, map[string]string{"gpt-5.1": "priority"}
	for _, tt := range []struct {
		name, endpoint, model string
		covered               bool
		charge                string
		flagged               bool
	}{
		{"an image", "images/generations", "gpt-image-1", false, "0.044", true},
		{"a recording", "audio/transcriptions", "whisper-1", false, "0.044", true},
		{"an image that a subscription covers", "images/generations", "gpt-image-1", true, "0", true},
		{"a chat is charged by what was counted", "chat/completions", "gpt-5", false, "0.00125", false},
		{"a chat that asked for a dearer tier", "chat/completions", "gpt-5.1", false, "0.0025", false},
		{"what is free", "moderations", "omni-moderation-latest", false, "0", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Interrupted(book, ledger.Interrupted{Call: gateway.Call{Endpoint: tt.endpoint, Covered: tt.covered}, Held: held,
				Progress: ledger.Progress{Prices: "openai", PriceModel: tt.model, InputTokens: 1000, AskedTier: tiers[tt.model]}})
			if free := tt.endpoint == "moderations"; free != (o.Call.Basis == gateway.Zero) {
				t.Errorf("basis %s", o.Call.Basis)
			}
			if c := o.Call; c.Charge.String() != tt.charge || slices.Contains(c.Bill.Flags, heldCharge) != tt.flagged || o.Spent.Pico != c.Charge.Pico() {
				t.Errorf("charge %s, flags %v, spent %+v", c.Charge, c.Bill.Flags, o.Spent)
			}
		})
	}
}

// TestProgressOfABackgroundCall: it is written after the reply, whatever becomes of Weir.
func TestProgressOfABackgroundCall(t *testing.T) {
	c := &call{ask: dialect.Ask{Background: true}, slice: 1000, input: 7}
	if p := c.progress(target{}); p.InputTokens != 7 || p.OutputTokens != 1000 {
		t.Errorf("progress %+v", p)
	}
}

// TestProgressKnowsEarlierAttempts: a second attempt that runs when Weir is killed is not all that
// may have been charged.
func TestProgressKnowsEarlierAttempts(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	h.channel("openai-chat", nil)
	if err := h.up.Script("500", "slow-header?ms=20000"); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	go h.post("openai-chat", chatBody(false), func(r *http.Request) { *r = *r.WithContext(ctx) })
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		calls, err := h.ledger.Calls(context.Background(), ledger.Filter{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(calls) == 1 && len(calls[0].Attempts) == 1 && calls[0].Attempts[0].Result == gateway.Maybe {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the ledger knows %+v", calls)
		}
	}
	leave()
	h.wait(1)
}

// TestInterruptedCallsKeepTheirMaybes: a failed attempt before the crash may have been charged as well.
func TestInterruptedCallsKeepTheirMaybes(t *testing.T) {
	book, err := billing.ShippedBook()
	if err != nil {
		t.Fatal(err)
	}
	progress := func(usage string, maybes int) ledger.Progress {
		p := ledger.Progress{ChannelID: "ch_2", Provider: "custom-openai", Endpoint: "chat/completions", Prices: "openai", PriceModel: "gpt-5", InputTokens: 1000, OutputTokens: 10}
		if usage != "" {
			p.Usage = json.RawMessage(usage)
		}
		for n := range maybes {
			p.Attempts = append(p.Attempts, gateway.Attempt{N: n + 1, Result: gateway.Maybe})
		}
		return p
	}
	for _, tt := range []struct {
		name   string
		p      ledger.Progress
		basis  gateway.Basis
		charge string
		tokens int64
		lines  int
	}{
		{"nothing but the estimate", progress("", 0), gateway.Estimated, "0.00135", 1010, 2},
		{"an attempt before it", progress("", 1), gateway.Estimated, "0.0026", 2010, 3},
		{"running totals", progress(`{"prompt_tokens":400,"completion_tokens":4}`, 0), gateway.Partial, "0.0006", 410, 2},
		{"running totals and an attempt before them", progress(`{"prompt_tokens":400,"completion_tokens":4}`, 1), gateway.Estimated, "0.00185", 1410, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Interrupted(book, ledger.Interrupted{Call: gateway.Call{Endpoint: "chat/completions"}, Held: gateway.Amounts{Pico: 50_000_000_000, Calls: 1}, Progress: tt.p})
			got := fmt.Sprintln(o.Call.Basis, o.Call.Charge, o.Spent.Tokens, len(o.Call.Bill.Lines))
			if want := fmt.Sprintln(tt.basis, tt.charge, tt.tokens, tt.lines); got != want || cost(o.Call) != tt.charge || o.Spent.Pico != o.Call.Charge.Pico() {
				t.Errorf("got %s, want %s (cost %s)", got, want, cost(o.Call))
			}
			if most := billing.Pico(int64(1+len(tt.p.Attempts)) * 50_000_000_000); o.Call.Max.Cmp(most) != 0 {
				t.Errorf("at most %s, want %s: what was set aside for each attempt", o.Call.Max, most)
			}
			if o.Call.Min == nil || o.Call.Min.Cmp(o.Call.Charge) > 0 || o.Call.Max.Cmp(o.Call.Charge) < 0 {
				t.Errorf("%s lies not between %v and %v", o.Call.Charge, o.Call.Min, o.Call.Max)
			}
		})
	}
}
