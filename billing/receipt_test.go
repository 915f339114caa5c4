package billing

import (
	"encoding/json"
	"testing"
)

func TestReceipts(t *testing.T) {
	out, err := Receipts([]byte(`[
		{"id":"a","provider":"anthropic","endpoint":"messages","model":"claude-haiku-4-5","effective_date":"2026-09-10T12:00:00Z","usage":{"input_tokens":1000,"output_tokens":0}},
		{"id":"b","provider":"anthropic","endpoint":"messages","model":"claude-haiku-4-5","effective_date":"yesterday","usage":{}},
		7,
		{"id":"c","provider":"openai","endpoint":"chat/completions","model":"gpt-99","effective_date":"2026-09-10","usage":{"prompt_tokens":1,"completion_tokens":1}},
		{"id":"d","provider":"somebody","endpoint":"chat/completions","model":"m","effective_date":"2026-09-10","usage":{"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":4}}},
		{"id":"e","provider":"openai","endpoint":"chat/completions","model":"gpt-5","effective_date":"2026-09-10","usage":{"prompt_tokens":-1,"completion_tokens":1}}]`))
	if err != nil {
		t.Fatal(err)
	}
	var got []json.RawMessage
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"id":"a","status":"priced","meters":{"input_tokens_total":1000,"input_tokens_uncached":1000},"lines":[{"what":"input","quantity":"1000","unit":"tokens","rate_usd":"1","per":"1000000","cost_usd":"0.001"}],"total_usd":"0.001","total_pico_usd":"1000000000","recomputed_usd":null,"currency":"USD","total_native":null,"fx":null,"flags":[],"card":"anthropic/claude-haiku-4-5","note":"Anthropic counts input apart from cached tokens: nothing is subtracted."}`,
		`{"id":"b","status":"rejected","meters":null,"lines":null,"total_usd":null,"total_pico_usd":null,"recomputed_usd":null,"currency":"USD","total_native":null,"fx":null,"flags":["malformed_case"],"card":null,"note":null}`,
		`{"id":"","status":"rejected","meters":null,"lines":null,"total_usd":null,"total_pico_usd":null,"recomputed_usd":null,"currency":"USD","total_native":null,"fx":null,"flags":["malformed_case"],"card":null,"note":null}`,
		`{"id":"c","status":"unpriced","meters":{"input_tokens_total":1,"input_tokens_uncached":1,"output_tokens":1},"lines":[],"total_usd":null,"total_pico_usd":null,"recomputed_usd":null,"currency":"USD","total_native":null,"fx":null,"flags":["unknown_model"],"card":null,"note":"OpenAI counts cached tokens inside the prompt: they are taken out of it and charged at their own rate."}`,
		`{"id":"d","status":"unpriced","meters":{"cache_read_tokens":4,"input_tokens_total":10,"input_tokens_uncached":6,"output_tokens":1},"lines":[],"total_usd":null,"total_pico_usd":null,"recomputed_usd":null,"currency":"USD","total_native":null,"fx":null,"flags":["scheme_assumed","unknown_model"],"card":null,"note":"This upstream counts cached tokens inside the prompt: they are taken out of it and charged at their own rate."}`,
		`{"id":"e","status":"rejected","meters":null,"lines":null,"total_usd":null,"total_pico_usd":null,"recomputed_usd":null,"currency":"USD","total_native":null,"fx":null,"flags":["malformed_negative"],"card":null,"note":null}`,
	}
	for i := range want {
		if string(got[i]) != want[i] {
			t.Errorf("receipt %d = %s, want %s", i, got[i], want[i])
		}
	}
}

func TestBrokenJSONIsAnError(t *testing.T) {
	for _, in := range []string{``, `{}`, `[{]`, `[`, `null`, `null x`} {
		if out, err := Receipts([]byte(in)); err == nil {
			t.Errorf("Receipts(%s) = %s, want an error", in, out)
		}
	}
}

func TestLineSurvivesJSON(t *testing.T) {
	cost := Pico(123)
	for _, want := range []Line{
		{What: "input", Quantity: 41, Unit: "tokens", RateUSD: "3", Per: 1_000_000, Cost: &cost},
		{What: "output", Quantity: 1, Unit: "tokens", Per: 1_000_000},
	} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Line
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		same := got.What == want.What && got.Quantity == want.Quantity && got.RateUSD == want.RateUSD && got.Per == want.Per
		if !same || (got.Cost == nil) != (want.Cost == nil) || got.Cost != nil && got.Cost.Cmp(*want.Cost) != 0 {
			t.Errorf("Unmarshal(%s) = %+v, want %+v", text, got, want)
		}
	}
}

func TestParseMoney(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"0.0125", "0.0125"}, {"5", "5"}, {"0.000000000001", "0.000000000001"}, {"1.50", "1.5"}, {"-2", "-2"},
		{"0.0000000000001", ""}, {"10000000", ""}, {"1e-999999999", ""}, {"1e999999999", ""}, {"", ""}, {"five", ""},
	} {
		got, err := ParseMoney(tt.in)
		if (err != nil) != (tt.want == "") || err == nil && got.String() != tt.want {
			t.Errorf("ParseMoney(%q) = %s, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}
