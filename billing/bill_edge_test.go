package billing

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestRequestsThatCannotBe(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	for _, tt := range []struct {
		name string
		r    Request
		want bool
	}{
		{"nothing", Request{}, true},
		{"the most", Request{Containers: mostTokens, Searches: n(mostTokens), Queries: mostTokens, Images: mostTokens}, true},
		{"too many containers", Request{Containers: mostTokens + 1}, false},
		{"too many searches", Request{Searches: n(mostTokens + 1)}, false},
		{"too many queries", Request{Queries: mostTokens + 1}, false},
		{"too many images", Request{Images: mostTokens + 1}, false},
		{"fewer containers than none", Request{Containers: -1}, false},
		{"fewer searches than none", Request{Searches: n(-1)}, false},
		{"fewer queries than none", Request{Queries: -1}, false},
		{"fewer images than none", Request{Images: -1}, false},
	} {
		if got := tt.r.sane(); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
		bill := shipped(t).Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: "gpt-5", At: noon,
			Usage: json.RawMessage(`{"prompt_tokens":10,"completion_tokens":2}`), Request: tt.r})
		if (bill.Status == Rejected) == tt.want {
			t.Errorf("%s: the bill is %s", tt.name, bill.Status)
		}
	}
}

func TestEstimatesThatCannotBe(t *testing.T) {
	book := shipped(t)
	c := Case{Provider: "openai", Endpoint: "chat/completions", Model: "gpt-5", At: noon}
	for _, tt := range []struct {
		input, output int64
		want          Status
	}{{0, 0, Estimated}, {mostTokens, mostTokens, Estimated}, {mostTokens + 1, 0, Rejected}, {0, mostTokens + 1, Rejected}, {-1, 0, Rejected}, {0, -1, Rejected}} {
		var u Usage
		u[Input], u[Output] = tt.input, tt.output
		if got := book.Estimate(c, u, "counted_by_bytes"); got.Status != tt.want || !slices.Contains(got.Flags, "counted_by_bytes") {
			t.Errorf("an estimate of %d and %d tokens is %s with %q, want %s", tt.input, tt.output, got.Status, got.Flags, tt.want)
		}
	}
	bad := c
	bad.Request.Images = -1
	if got := book.Estimate(bad, Usage{}, "counted_by_bytes"); got.Status != Rejected {
		t.Errorf("an estimate of a request that cannot be is %s", got.Status)
	}
}

// TestAnEmbeddingHasNoAnswer: what is estimated of its reply's bytes is no output.
func TestAnEmbeddingHasNoAnswer(t *testing.T) {
	var u Usage
	u[Input], u[Output] = 100, 5000
	bill := shipped(t).Estimate(Case{Provider: "openai", Endpoint: "embeddings", Model: "text-embedding-3-small", At: noon}, u, "counted_by_bytes")
	if bill.Usage[Output] != 0 || bill.Usage[Input] != 100 || bill.Total == nil {
		t.Errorf("the bill is %+v", bill)
	}
	bill = shipped(t).Estimate(Case{Provider: "openai", Endpoint: "chat/completions", Model: "gpt-5", At: noon}, u, "counted_by_bytes")
	if bill.Usage[Output] != 5000 {
		t.Errorf("a conversation's answer is %d tokens, want 5000", bill.Usage[Output])
	}
}

// TestTheKnownPart: of a call that lacks one rate the others are known.
func TestTheKnownPart(t *testing.T) {
	b := edgeBook(t, edgeCard("anthropic", "m", nil), edgeCard("anthropic", "half", func(c *Card) { c.Rates = Rates{"input": "1"} }))
	var u Usage
	u[Input], u[Output], u[CacheWrite12h] = 1_000_000, 1_000_000, 1_000_000
	for model, want := range map[string]string{"m": "3", "half": "1", "none": "0"} {
		if got := b.KnownPart(Case{Provider: "anthropic", Endpoint: "messages", Model: model, At: noon}, u); got.String() != want {
			t.Errorf("the known part of %s = %s, want %s", model, got, want)
		}
	}
	if u[CacheWrite12h] != 1_000_000 {
		t.Error("the counts that were handed in were changed")
	}
}

// TestTheModelThatAnswered is priced before the one that was asked for.
func TestTheModelThatAnswered(t *testing.T) {
	b := edgeBook(t, edgeCard("anthropic", "asked", nil), edgeCard("anthropic", "answered", func(c *Card) { c.Rates = Rates{"input": "5", "output": "5"} }))
	for _, tt := range []struct{ asked, answered, card string }{
		{"asked", "answered", "anthropic/answered"}, {"asked", "", "anthropic/asked"}, {"asked", "other", "anthropic/asked"}, {"other", "answered", "anthropic/answered"}, {"other", "", ""},
	} {
		bill := b.Bill(Case{Provider: "anthropic", Endpoint: "messages", Model: tt.asked, At: noon, Usage: json.RawMessage(`{"input_tokens":9,"output_tokens":7}`), Request: Request{Model: tt.answered}})
		if bill.Card != tt.card || (bill.Total == nil) != (tt.card == "") || slices.Contains(bill.Flags, flagUnknownModel) != (tt.card == "") {
			t.Errorf("asked %q, answered %q: card %q, total %s, flags %q, want %q", tt.asked, tt.answered, bill.Card, text(bill.Total), bill.Flags, tt.card)
		}
	}
}

func TestAnAdvisorHasItsOwnPrice(t *testing.T) {
	b := edgeBook(t, edgeCard("anthropic", "main", nil), edgeCard("anthropic", "advisor", func(c *Card) { c.Rates = Rates{"input": "10", "output": "20"} }))
	const usage = `{"input_tokens":1000,"output_tokens":100,"iterations":[{"type":"advisor_message","model":"%s","input_tokens":300,"output_tokens":30}]}`
	for model, want := range map[string]string{"advisor": "0.0048", "unknown": ""} {
		raw := strings.Replace(usage, "%s", model, 1)
		bill := b.Bill(Case{Provider: "anthropic", Endpoint: "messages", Model: "main", At: noon, Usage: json.RawMessage(raw)})
		if got := text(bill.Total); want != "" && got != want || want == "" && bill.Total != nil {
			t.Errorf("with the advisor %q: %s, want %q", model, got, want)
		}
		if bill.Usage[Input] != 1300 || bill.Usage[Output] != 130 {
			t.Errorf("with the advisor %q: %d and %d tokens, want 1300 and 130", model, bill.Usage[Input], bill.Usage[Output])
		}
		if slices.Contains(bill.Flags, flagUnknownModel) != (want == "") {
			t.Errorf("with the advisor %q: flags %q", model, bill.Flags)
		}
	}
}

// TestWithoutACache: the same tokens as fresh input, whatever they were.
func TestWithoutACache(t *testing.T) {
	b := edgeBook(t, edgeCard("anthropic", "m", func(c *Card) {
		c.Rates = Rates{"input": "10", "output": "20", "cache_read": "1", "cache_write_5m": "12"}
	}))
	bill := b.Bill(Case{Provider: "anthropic", Endpoint: "messages", Model: "m", At: noon,
		Usage: json.RawMessage(`{"input_tokens":1000,"output_tokens":100,"cache_read_input_tokens":2000,"cache_creation_input_tokens":500,"cache_creation":{"ephemeral_5m_input_tokens":500}}`)})
	if text(bill.Total) != "0.02" || text(bill.WithoutCache) != "0.037" || text(bill.Saved) != "0.017" {
		t.Errorf("total %s, without cache %s, saved %s, want 0.02, 0.037, 0.017", text(bill.Total), text(bill.WithoutCache), text(bill.Saved))
	}
}

func TestABatchsFeesAreOnlyEstimated(t *testing.T) {
	for _, tt := range []struct {
		endpoint string
		searches string
		want     bool
	}{
		{"messages/batches", "1", true}, {"messages/batches", "0", false}, {"messages", "1", false},
	} {
		bill := shipped(t).Bill(Case{Provider: "anthropic", Endpoint: tt.endpoint, Model: "claude-haiku-4-5", At: noon,
			Usage: json.RawMessage(`{"input_tokens":1000,"output_tokens":100,"server_tool_use":{"web_search_requests":` + tt.searches + `}}`)})
		if got := slices.Contains(bill.Flags, flagBatchFee); got != tt.want {
			t.Errorf("%s with %s searches: flags %q, want the fee in doubt: %t", tt.endpoint, tt.searches, bill.Flags, tt.want)
		}
	}
}

// TestWhatTheUpstreamCharged is believed as far as a ledger holds it.
func TestWhatTheUpstreamCharged(t *testing.T) {
	for _, tt := range []struct {
		name, cost string
		want       string
	}{
		{"an amount", `0.5`, "0.5"}, {"nothing", `0`, "0"}, {"the most", `9000000`, "9000000"}, {"more than the most", `9000000.1`, ""}, {"more than any ledger holds", `1e20`, ""},
		{"less than nothing", `-0.5`, ""}, {"words", `"0.5"`, ""}, {"null", `null`, ""},
	} {
		bill := shipped(t).Bill(Case{Provider: "openrouter", Endpoint: "chat/completions", Model: "openai/gpt-5", At: noon,
			Usage: json.RawMessage(`{"prompt_tokens":10,"completion_tokens":2,"cost":` + tt.cost + `}`)})
		got := ""
		if bill.Reported != nil {
			got = bill.Reported.String()
		}
		if got != tt.want || (bill.Status == ProviderReported) != (tt.want != "") || slices.Contains(bill.Flags, flagCostMissing) != (tt.want == "") {
			t.Errorf("%s: reported %q, %s, flags %q, want %q", tt.name, got, bill.Status, bill.Flags, tt.want)
		}
	}
}

func TestReceiptsThatAreRefused(t *testing.T) {
	const whole = `"provider":"openai","endpoint":"chat/completions","model":"gpt-5","effective_date":"2026-09-10"`
	usage := `,"usage":{"prompt_tokens":10,"completion_tokens":2}`
	for _, tt := range []struct {
		name, text string
		want       Status
	}{
		{"a whole case", whole, Priced},
		{"no provider", strings.Replace(whole, `"openai"`, `""`, 1), Rejected},
		{"no endpoint", strings.Replace(whole, `"chat/completions"`, `""`, 1), Rejected},
		{"no model", strings.Replace(whole, `"gpt-5"`, `""`, 1), Rejected},
		{"no date", strings.Replace(whole, `"2026-09-10"`, `""`, 1), Rejected},
		{"no such date", strings.Replace(whole, `2026-09-10`, `2026-13-10`, 1), Rejected},
		{"a model that is a number", strings.Replace(whole, `"gpt-5"`, `5`, 1), Rejected},
		{"an instant", strings.Replace(whole, `2026-09-10`, `2026-09-10T01:02:03.004Z`, 1), Priced},
	} {
		out, err := Receipts([]byte(`[{"id":"x",` + tt.text + usage + `}]`))
		if err != nil {
			t.Fatal(err)
		}
		var got []struct {
			ID     string
			Status Status
		}
		if err := json.Unmarshal(out, &got); err != nil || len(got) != 1 || got[0].Status != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, out, tt.want)
		}
	}
	for _, text := range []string{``, `null`, `{}`, `[`, `"x"`} {
		if out, err := Receipts([]byte(text)); err == nil {
			t.Errorf("%q is no list, and its receipts are %s", text, out)
		}
	}
}

// TestTheTierOfAReceipt: what the reply said about its tier holds.
func TestTheTierOfAReceipt(t *testing.T) {
	total := func(tier string) string {
		out, err := Receipts([]byte(`[{"id":"x","provider":"openai","endpoint":"chat/completions","model":"gpt-5","effective_date":"2026-09-10","service_tier":` + tier + `,"usage":{"prompt_tokens":1000,"completion_tokens":200}}]`))
		if err != nil {
			t.Fatal(err)
		}
		var got []struct {
			Total string `json:"total_usd"`
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		return got[0].Total
	}
	if plain, flex, ordinary := total(`null`), total(`"flex"`), total(`"default"`); plain == flex || plain != ordinary || flex == "" {
		t.Errorf("plain %s, flex %s, default %s", plain, flex, ordinary)
	}
}

func TestACeilingIsTheDearest(t *testing.T) {
	b := edgeBook(t, edgeCard("acme", "m", func(c *Card) {
		c.Rates = Rates{"input": "1", "output": "2", "cache_write_1h": "1.5"}
		c.Tiers = []Tier{{Prompt: 1000, Op: ">", Rates: Rates{"output": "4"}}}
	}))
	most, ok := b.Ceiling("acme", "m", noon)
	for _, tt := range []struct {
		input, output int64
		want          string
	}{{0, 0, "0"}, {1_000_000, 0, "1.5"}, {0, 1_000_000, "4"}, {-5, -5, "0"}, {1, 1, "0.0000055"}, {1_000_000, 1_000_000, "5.5"}} {
		if got := most.Cost(tt.input, tt.output); !ok || got.String() != tt.want {
			t.Errorf("Cost(%d, %d) = %s, want %s", tt.input, tt.output, got, tt.want)
		}
	}
	if got := most.Fees(100, 100); got.Pico() != 0 {
		t.Errorf("a model without fees may cost %s of them", got)
	}
	if _, ok := b.Ceiling("acme", "other", noon); ok {
		t.Error("a model without a price has a ceiling")
	}
	if free, ok := b.Ceiling("ollama", "anything", noon); !ok || free.Cost(1000, 1000).Pico() != 0 {
		t.Error("what is free has no ceiling of nothing")
	}
}

// TestHowUnknownUpstreamsCount: an upstream whose cached tokens outgrow its prompt counted them beside it.
func TestHowUnknownUpstreamsCount(t *testing.T) {
	const beside = `{"prompt_tokens":10,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":60}}`
	for provider, want := range map[string]string{
		"openai": flagPartOutgrew, "new-api": flagInferredExclusive, "one-api": flagInferredExclusive, "weir": flagInferredExclusive, "openai-compatible": flagInferredExclusive,
		"9router": flagInferredExclusive, "omniroute": flagInferredExclusive, "xai": flagInferredExclusive, "somebody": flagInferredExclusive, "groq": flagPartOutgrew,
	} {
		u, flags, ok := ParseUsage(provider, "chat/completions", CountAuto, json.RawMessage(beside))
		if !ok || !slices.Contains(flags, want) {
			t.Errorf("%s: %q, %t, want %q", provider, flags, ok, want)
		}
		if fresh := map[string]int64{flagPartOutgrew: 0, flagInferredExclusive: 10}[want]; u[Input] != fresh {
			t.Errorf("%s: %d fresh tokens, want %d", provider, u[Input], fresh)
		}
	}
}

func TestWhatIsFree(t *testing.T) {
	for provider, want := range map[string]bool{"ollama": true, "lmstudio": true, "vllm": true, "Ollama": true, "openai": false, "somebody": false} {
		bill := shipped(t).Bill(Case{Provider: provider, Endpoint: "chat/completions", Model: "llama", At: noon, Usage: json.RawMessage(`{"prompt_tokens":10,"completion_tokens":2}`)})
		if free := bill.Status == Priced && bill.Total != nil && bill.Total.Pico() == 0; free != want || IsFree(provider) != want {
			t.Errorf("%s is free: %t and %t, want %t", provider, free, IsFree(provider), want)
		}
	}
}
