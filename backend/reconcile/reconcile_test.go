package reconcile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"weir/billing"
)

// line writes a row with what it says, for tests to compare.
func line(r Row) string {
	s := strings.TrimSpace(r.Day + " " + r.Model)
	for _, c := range counts {
		if n := *c.of(&r.Figures); n != nil {
			s += fmt.Sprintf(" %s=%d", c.name, *n)
		}
	}
	if r.Cost != nil {
		s += " cost=" + r.Cost.String()
	}
	return s
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		file, format, provider string
		more                   bool
		want                   []string
	}{
		{"openai_usage.json", OpenAIUsage, "openai", false, []string{
			"2025-11-20 gpt-5-mini-2025-08-07 requests=13 input=121000 cache_read=40000 output=9100"}},
		{"openai_costs.json", OpenAICosts, "openai", true, []string{
			"2025-11-20 gpt-5-mini-2025-08-07 cost=0.021", "2025-11-20 web search tool calls cost=0.00001"}},
		{"openai_usage.csv", OpenAIUsageCSV, "openai", false, []string{
			"2025-11-20 gpt-5-mini-2025-08-07 requests=12 input=120000 cache_read=40000 output=9000"}},
		{"openai_costs.csv", OpenAICostsCSV, "openai", false, []string{"2025-11-20 cost=0.895874"}},
		{"anthropic_usage.json", AnthropicUsage, "anthropic", false, []string{
			"2025-11-20 claude-haiku-4-5-20251001 input=3200 cache_read=200 cache_write=1500 output=600"}},
		{"anthropic_costs.json", AnthropicCosts, "anthropic", false, []string{
			"2025-11-20 Web Search Usage cost=0.1", "2025-11-20 claude-haiku-4-5-20251001 cost=1.2345"}},
		{"anthropic_usage.csv", AnthropicUsageCSV, "anthropic", false, []string{
			"2025-11-20 claude-haiku-4-5-20251001 input=3700 cache_read=200 cache_write=1500 output=700"}},
		{"anthropic_costs.csv", AnthropicCostsCSV, "anthropic", false, []string{"2025-11-20 Claude Haiku 4.5 cost=0.0045"}},
		{"openrouter_activity.json", OpenRouter, "openrouter", false, []string{
			"2025-11-20 openai/gpt-4.1 requests=6 input=60 output=145 cost=0.032"}},
		{"openrouter.csv", OpenRouterCSV, "openrouter", false, []string{
			"2025-11-20 anthropic/claude-haiku-4.5 requests=1 input=1000 cache_read=800 output=20 cost=0.00038",
			"2025-11-21 anthropic/claude-haiku-4.5 requests=1 input=1000 cache_read=0 output=20 cost=0.0011"}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{"as it is": string(text), "with a byte order mark and Windows' line ends": "\uFEFF" + strings.ReplaceAll(string(text), "\n", "\r\n")} {
				a, err := Parse([]byte(text))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				var got []string
				for _, r := range a.Rows {
					got = append(got, line(r))
				}
				if a.Format != tt.format || a.Provider != tt.provider || a.More != tt.more || !slices.Equal(got, tt.want) {
					t.Errorf("%s: Parse = %s %s %v %q, want %s %s %v %q", name, a.Format, a.Provider, a.More, got, tt.format, tt.provider, tt.more, tt.want)
				}
			}
		})
	}
}

func TestParseJoinsPages(t *testing.T) {
	one, err := os.ReadFile("testdata/openai_costs.json")
	if err != nil {
		t.Fatal(err)
	}
	last := strings.Replace(string(one), `"has_more": true`, `"has_more": false`, 1)
	for name, text := range map[string]string{"one after another": string(one) + "\n" + last, "as a list": "[" + string(one) + "," + last + "]"} {
		a, err := Parse([]byte(text))
		if err != nil || a.More || len(a.Rows) != 2 || a.Rows[0].Cost.String() != "0.042" {
			t.Errorf("%s: Parse = %+v, %v", name, a, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	sheet := "usage_date_utc,model,cost_usd\n"
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", " \n", "empty"},
		{"what is too large", strings.Repeat("x", Largest+1), "larger than 5 MB"},
		{"what is no text", "a,b\n\xff\xfe", "no text"},
		{"columns that nobody knows", "date,thing\n1,2\n", "date, thing"},
		{"an amount that is none, by its place", sheet + "2025-11-20,a,1\n2025-11-20,b,lots\n", "Line 3, column 14"},
		{"an amount with a huge exponent", sheet + "2025-11-20,a,1e999999999\n", "Line 2"},
		{"a day that is none", sheet + "20.11.2025,a,1\n", "Line 2, column 1"},
		{"a row with too few columns", sheet + "2025-11-20,a\n", "Line 2 has more or fewer"},
		{"quotes that do not match", sheet + "2025-11-20,\"a,1\n", "quotes"},
		{"a negative count", "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens\n2025-11-20,a,-1,1\n", "column 14"},
		{"another currency", "start_time,amount_value,amount_currency\n1763596800,1,eur\n", "dollars"},
		{"JSON that breaks off, by its place", "{\n  \"data\": [\n", "Line 2"},
		{"JSON with a value of the wrong kind", "{\"data\": 7}", "data has a value"},
		{"JSON of more objects than any export has", `{"data": [{"starting_at": "2025-11-20"}` + strings.Repeat(",{}", mostObjects) + "]}", "no export"},
		{"JSON of something else", `{"data": [{"id": "gpt-5", "object": "model"}]}`, "no export"},
		{"a bucket of something else", `{"data": [{"start_time": 1763596800, "results": [{"object": "organization.thing"}]}]}`, "Entry 1"},
		{"JSON without a list", `{"error": {}}`, "no export"},
		{"an empty account", `{"data": [{"start_time": 1763596800, "results": []}]}`, "every day of it is empty"},
		{"two kinds in one file", `{"data": [{"date": "2025-11-20", "usage": 1}, {"starting_at": "2025-11-20T00:00:00Z", "results": [{"amount": "1", "currency": "USD"}]}]}`, "Entry 2"},
		{"a count beyond all bounds", `{"data": [{"date": "2025-11-20", "usage": 1, "requests": 1e30}]}`, "requests"},
		{"an amount in another currency", `{"data": [{"start_time": 1763596800, "results": [{"object": "organization.costs.result", "amount": {"value": 1, "currency": "eur"}}]}]}`, "amount"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func row(day, model string, requests, input, output int64, cost string) Row {
	r := Row{Day: day, Model: model, Figures: Figures{Requests: &requests, Input: &input, Output: &output}}
	if cost != "" {
		m, err := billing.ParseMoney(cost)
		if err != nil {
			panic(err)
		}
		r.Cost = &m
	}
	return r
}

func TestLay(t *testing.T) {
	for _, tt := range []struct {
		name         string
		theirs, ours []Row
		want         []string
	}{
		{"the same figures agree", []Row{row("2025-11-20", "a", 1, 10, 5, "0.1")}, []Row{row("2025-11-20", "a", 1, 10, 5, "0.1")},
			[]string{"2025-11-20 a same"}},
		{"costs agree to a hundredth of a cent", []Row{row("2025-11-20", "a", 1, 10, 5, "0.1001")}, []Row{row("2025-11-20", "a", 1, 10, 5, "0.1")},
			[]string{"2025-11-20 a same"}},
		{"costs that are farther apart differ", []Row{row("2025-11-20", "a", 1, 10, 5, "0.100101")}, []Row{row("2025-11-20", "a", 1, 10, 5, "0.1")},
			[]string{"2025-11-20 a differs cost"}},
		{"a single token is a difference", []Row{row("2025-11-20", "a", 1, 11, 5, "")}, []Row{row("2025-11-20", "a", 1, 10, 5, "9")},
			[]string{"2025-11-20 a differs input"}},
		{"a day of theirs alone is of calls that did not come through here", []Row{row("2025-11-20", "a", 1, 10, 5, "")}, nil,
			[]string{"2025-11-20 a theirs"}},
		{"ours beyond their days are left out", []Row{row("2025-11-20", "a", 1, 10, 5, "")},
			[]Row{row("2025-11-19", "a", 1, 10, 5, ""), row("2025-11-20", "b", 1, 10, 5, ""), row("2025-11-21", "a", 1, 10, 5, "")},
			[]string{"2025-11-20 a theirs", "2025-11-20 b ours"}},
		{"a snapshot meets the name without a date", []Row{row("2025-11-20", "gpt-5-2025-08-07", 2, 20, 10, "")}, []Row{row("2025-11-20", "gpt-5", 2, 20, 10, "")},
			[]string{"2025-11-20 gpt-5-2025-08-07 same"}},
		{"a console's name meets the id", []Row{row("2025-11-20", "Claude Haiku 4.5", 1, 10, 5, "")}, []Row{row("2025-11-20", "claude-haiku-4-5-20251001", 1, 10, 5, "")},
			[]string{"2025-11-20 Claude Haiku 4.5 same"}},
		{"asked for with and without a date, both are the one snapshot", []Row{row("2025-11-20", "gpt-5-2025-08-07", 3, 30, 15, "")},
			[]Row{row("2025-11-20", "gpt-5", 2, 20, 10, ""), row("2025-11-20", "gpt-5-2025-08-07", 1, 10, 5, "")},
			[]string{"2025-11-20 gpt-5-2025-08-07 same"}},
		{"two snapshots that both sides name stay apart", []Row{row("2025-11-20", "gpt-4o-2024-05-13", 1, 1, 1, ""), row("2025-11-20", "gpt-4o-2024-08-06", 2, 2, 2, "")},
			[]Row{row("2025-11-20", "gpt-4o-2024-05-13", 1, 1, 1, ""), row("2025-11-20", "gpt-4o-2024-08-06", 2, 2, 3, "")},
			[]string{"2025-11-20 gpt-4o-2024-05-13 same", "2025-11-20 gpt-4o-2024-08-06 differs output"}},
		{"an account that does not tell models apart meets all of the day", []Row{row("2025-11-20", "", 3, 30, 15, "")},
			[]Row{row("2025-11-20", "a", 1, 10, 5, ""), row("2025-11-20", "b", 2, 20, 10, "")},
			[]string{"2025-11-20  same"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := Lay(Account{Rows: tt.theirs}, tt.ours)
			var got []string
			for _, m := range out.Rows {
				got = append(got, strings.TrimSpace(m.Day+" "+m.Model+" "+m.State+" "+strings.Join(m.By, " ")))
			}
			for i := range tt.want {
				tt.want[i] = strings.TrimSpace(tt.want[i])
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Lay = %q, want %q", got, tt.want)
			}
		})
	}
}

// TestNamesAtOpenRouter: its account names a model as it was pinned, its clients as it is called.
func TestNamesAtOpenRouter(t *testing.T) {
	for _, tt := range []struct {
		theirs, ours string
		meet         bool
	}{
		{"anthropic/claude-4.5-haiku-20251001", "anthropic/claude-haiku-4.5", true},
		{"openai/gpt-5-2025-08-07", "openai/gpt-5:online", true},
		{"openai/gpt-5", "openai/gpt-5:free", false},
		{"openai/gpt-4.5", "openai/gpt-5.4", false},
		{"openai/gpt-5-mini", "openai/gpt-5-nano", false},
		{"x/claude-haiku-4.5", "anthropic/claude-haiku-4.5", false},
	} {
		out := Lay(Account{Provider: "openrouter", Rows: []Row{row("2025-11-20", tt.theirs, 1, 1, 1, "")}}, []Row{row("2025-11-20", tt.ours, 1, 1, 1, "")})
		if met := len(out.Rows) == 1; met != tt.meet {
			t.Errorf("%s and %s meet: %v, want %v", tt.theirs, tt.ours, met, tt.meet)
		}
	}
}

// TestTotalsAreThoseOfTheRows: what is added up below the table is what stands in it.
func TestTotalsAreThoseOfTheRows(t *testing.T) {
	theirs := []Row{row("2025-11-20", "a", 1, 10, 5, "0.1"), row("2025-11-21", "b", 2, 20, 10, "0.2")}
	ours := []Row{row("2025-11-20", "a", 1, 11, 5, "0.15"), row("2025-11-21", "c", 4, 40, 20, "0.4")}
	ours[1].Unpriced = 3
	out := Lay(Account{Rows: theirs}, ours)
	if out.Theirs.Cost.String() != "0.3" || out.Ours.Cost.String() != "0.55" || *out.Theirs.Input != 30 || *out.Ours.Input != 51 || out.Unpriced != 3 {
		t.Errorf("totals = %+v %+v", line(Row{Figures: out.Theirs}), line(Row{Figures: out.Ours}))
	}
	if out.From != "2025-11-20" || out.To != "2025-11-21" {
		t.Errorf("days = %s to %s", out.From, out.To)
	}
}

// FuzzParse: whatever a file holds, it is read or refused, and nothing of it is negative.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := Parse(text)
		if err != nil {
			return
		}
		for _, r := range a.Rows {
			for _, c := range counts {
				if n := *c.of(&r.Figures); n != nil && *n < 0 {
					t.Errorf("%s of %s is %d", c.name, r.Model, *n)
				}
			}
			if len(r.Day) != len("2025-11-20") {
				t.Errorf("day %q", r.Day)
			}
		}
		Lay(a, a.Rows)
	})
}
