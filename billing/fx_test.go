package billing

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// yuanBook prices one model in yuan, and knows a few days' rates.
func yuanBook(t *testing.T, rates ...Rate) *Book {
	t.Helper()
	card := testCard("m", Rates{"input": "0.4", "cache_read": "0.115", "output": "1.4"})
	card.Provider, card.Currency = "zhipuai", "CNY"
	b, err := newBook([]Card{card}, nil, rates)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rateOf(day, yuan string) Rate { return Rate{Day: day, CNYPerUSD: yuan, Source: "test"} }

func TestYuanAreConvertedAtTheRateOfTheDay(t *testing.T) {
	usage := json.RawMessage(`{"prompt_tokens":100000,"completion_tokens":20000,"prompt_tokens_details":{"cached_tokens":40000}}`)
	at := time.Date(2026, 9, 10, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name                 string
		rates                []Rate
		status               Status
		total, native, flags string
		day                  string
	}{
		{"without a rate the yuan are known and the dollars are not", nil, Unpriced, "", "0.0566", "native_currency_cny", ""},
		{"tomorrow's rate prices nothing", []Rate{rateOf("2026-09-11", "7")}, Unpriced, "", "0.0566", "native_currency_cny", ""},
		{"at the rate of the day", []Rate{rateOf("2026-09-10", "7.1")}, Priced, "0.007971830986", "0.0566", "converted_from_cny", "2026-09-10"},
		{"the last one before it makes an estimate", []Rate{rateOf("2026-09-01", "6"), rateOf("2026-09-08", "7.1"), rateOf("2026-09-11", "8")}, Estimated, "0.007971830986", "0.0566", "fx_rate_of_another_day converted_from_cny", "2026-09-08"},
		{"of two for one day the later entry holds: it is the user's", []Rate{rateOf("2026-09-10", "6"), rateOf("2026-09-10", "7.1")}, Priced, "0.007971830986", "0.0566", "converted_from_cny", "2026-09-10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := yuanBook(t, tt.rates...).Bill(Case{Provider: "zhipuai", Endpoint: "chat/completions", Model: "m", At: at, Usage: usage})
			if bill.Status != tt.status || text(bill.Total) != tt.total || strings.Join(bill.Flags, " ") != tt.flags {
				t.Errorf("Bill = %s %q %q, want %s %q %q", bill.Status, text(bill.Total), bill.Flags, tt.status, tt.total, tt.flags)
			}
			if bill.Currency != "CNY" || bill.Native != tt.native {
				t.Errorf("Native = %s %s, want CNY %s", bill.Currency, bill.Native, tt.native)
			}
			switch {
			case tt.day == "" && bill.FX != nil, tt.day != "" && (bill.FX == nil || bill.FX.Day != tt.day):
				t.Errorf("FX = %v, want %q", bill.FX, tt.day)
			}
			checkBill(t, bill)
		})
	}
}

// TestEachLineIsConvertedByItself: 0.024 yuan at 7.1 are 0.0033802816901408… dollars; each line is
// rounded once, half to even, and the text of its rate is rounded for the eye alone.
func TestEachLineIsConvertedByItself(t *testing.T) {
	bill := yuanBook(t, rateOf("2026-09-10", "7.1")).Bill(Case{Provider: "zhipuai", Endpoint: "chat/completions", Model: "m", At: day("2026-09-10"),
		Usage: json.RawMessage(`{"prompt_tokens":100000,"completion_tokens":20000,"prompt_tokens_details":{"cached_tokens":40000}}`)})
	want := []string{"cache_read 40000 0.000647887324", "input 60000 0.00338028169", "output 20000 0.003943661972"}
	if got := lineTexts(bill.Lines); !slices.Equal(got, want) {
		t.Errorf("Lines = %q, want %q", got, want)
	}
	if got, want := bill.Lines[0].RateUSD, "0.056338028169"; got != want {
		t.Errorf("RateUSD = %s, want %s", got, want)
	}
	if got, want := text(bill.WithoutCache), "0.009577464789"; got != want {
		t.Errorf("WithoutCache = %s, want %s", got, want)
	}
}

func TestCeilingInYuan(t *testing.T) {
	book := yuanBook(t, rateOf("2026-09-10", "7"))
	c, ok := book.Ceiling("zhipuai", "m", day("2026-09-10"))
	if got, want := c.Cost(1_000_000, 1_000_000).String(), "0.257142857143"; !ok || got != want {
		t.Errorf("Cost = %s, %t, want %s: 0.4 and 1.4 yuan, rounded up", got, ok, want)
	}
	if _, ok := book.Ceiling("zhipuai", "m", day("2026-09-09")); ok || book.Known("zhipuai", "m", day("2026-09-09")) {
		t.Error("a model in yuan has a price without a rate of exchange")
	}
	if !book.Known("zhipuai", "m", day("2026-09-10")) {
		t.Error("Known = false, want true on a day with a rate")
	}
}

func TestRatesThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		rate       Rate
	}{
		{"a day that is none", "no day", Rate{Day: "10 September", CNYPerUSD: "7", Source: "x"}},
		{"nothing", "above zero", Rate{Day: "2026-09-10", CNYPerUSD: "0", Source: "x"}},
		{"less than nothing", "decimal", Rate{Day: "2026-09-10", CNYPerUSD: "-7", Source: "x"}},
		{"no number", "decimal", Rate{Day: "2026-09-10", CNYPerUSD: "seven", Source: "x"}},
		{"from nowhere", "source", Rate{Day: "2026-09-10", CNYPerUSD: "7"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.rate.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Check() = %v, want a word of %q", err, tt.want)
			}
		})
	}
}

func TestRatesAreReadByTheLine(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a list", "{\"day\":\"2026-09-10\",\"cny_per_usd\":\"7\",\"source\":\"x\"}\n{\"day\":\"2026-09-11\",\"cny_per_usd\":\"7\",\"source\":\"x\"}\n", ""},
		{"none", "", ""},
		{"a member that nobody knows", `{"day":"2026-09-10","yen":"7"}`, "yen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rates, err := parseRates([]byte(tt.text))
			if tt.want == "" && (err != nil || len(rates) != strings.Count(tt.text, "\n")) || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("parseRates = %v, %v, want a word of %q", rates, err, tt.want)
			}
		})
	}
	if _, err := newBook(nil, nil, []Rate{{Day: "2026-09-10", Source: "x"}}); err == nil {
		t.Error("newBook takes a rate without a number")
	}
}

// TestAReceiptInYuan: scripts read the sum in the list's currency, and what it was converted by.
func TestAReceiptInYuan(t *testing.T) {
	c := Case{Provider: "zhipuai", Endpoint: "chat/completions", Model: "m", At: day("2026-09-10"), Usage: json.RawMessage(`{"prompt_tokens":1000000,"completion_tokens":0}`)}
	for _, tt := range []struct {
		name, want string
		rates      []Rate
	}{
		{"with a rate", `"total_usd":"0.05","total_pico_usd":"50000000000","recomputed_usd":null,"currency":"CNY","total_native":"0.4","fx":{"day":"2026-09-10","cny_per_usd":"8","source":"test"}`, []Rate{rateOf("2026-09-10", "8")}},
		{"without one", `"total_usd":null,"total_pico_usd":null,"recomputed_usd":null,"currency":"CNY","total_native":"0.4","fx":null`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := json.Marshal(receiptOf("a", yuanBook(t, tt.rates...).Bill(c)))
			if err != nil || !strings.Contains(string(out), tt.want) {
				t.Errorf("receipt = %s, %v, want %s", out, err, tt.want)
			}
		})
	}
}
