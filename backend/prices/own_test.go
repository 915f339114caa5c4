package prices

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

func TestYourPriceHoldsFromItsInstantOn(t *testing.T) {
	h := newHouse(t)
	old := h.set("gpt-5", "7", noon.Add(time.Hour))
	h.wantCost("gpt-5", noon, "1.25")
	h.wantCost("gpt-5", noon.Add(time.Hour-time.Millisecond), "1.25")
	h.wantCost("gpt-5", noon.Add(time.Hour), "7")
	h.wantCost("gpt-5-2025-08-07", noon.Add(time.Hour), "7") // its dated name is the same model
	h.wantCost("gpt-5-mini", noon.Add(time.Hour), "0.25")

	h.at = noon.Add(2 * time.Hour)
	h.set("openai/gpt-5", "8", time.Time{})
	h.wantCost("gpt-5", noon.Add(time.Hour), "7") // an edit is a new price, what was stays
	h.wantCost("gpt-5", h.at, "8")
	if c, ok := h.Book().Card(old.ID); !ok || c.Rates["input"] != "7" || c.Layer() != billing.Yours || c.CheckedOn != "2026-11-22" {
		t.Errorf("Card(%s) = %+v, %t", old.ID, c, ok)
	}
}

func TestReset(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.set("gpt-5", "7", time.Time{})
	later := h.set("gpt-5", "9", noon.Add(48*time.Hour))
	h.at = noon.Add(time.Hour)
	if n, err := h.Reset(ctx, "openai", "gpt-5"); n != 2 || err != nil {
		t.Fatalf("Reset = %d, %v, want 2", n, err)
	}
	for range 2 {
		h.wantCost("gpt-5", noon.Add(time.Minute), "7") // the past explains itself still
		h.wantCost("gpt-5", h.at, "1.25")
		h.wantCost("gpt-5", noon.Add(72*time.Hour), "1.25")
		if _, ok := h.Book().Card(later.ID); !ok {
			t.Error("a price that never held is gone by its id")
		}
		h.restart()
	}
	if _, err := h.Reset(ctx, "openai", "gpt-5"); err == nil {
		t.Error("Reset of what is reset: want a refusal")
	}
	h.set("gpt-5", "5", time.Time{})
	h.wantCost("gpt-5", h.at, "5")
	if all := h.Own("openai", "gpt-5"); len(all) != 3 || all[0].ID == all[1].ID {
		t.Errorf("Own = %+v, want three versions", all)
	}
}

func TestAPriceForTheSameInstantTakesTheOthersPlace(t *testing.T) {
	h := newHouse(t)
	from := noon.Add(24 * time.Hour)
	wrong := h.set("gpt-5", "70", from)
	h.set("gpt-5", "7", from)
	h.wantCost("gpt-5", from, "7")
	h.restart()
	h.wantCost("gpt-5", from, "7")
	if c, ok := h.Book().Card(wrong.ID); !ok || c.Rates["input"] != "70" {
		t.Errorf("Card(%s) = %+v, %t, want it kept", wrong.ID, c, ok)
	}
}

func TestSetRefuses(t *testing.T) {
	h := newHouse(t)
	ok := func() NewPrice {
		return NewPrice{Provider: "openai", Model: "m", Rates: billing.Rates{"input": "1"}}
	}
	for _, tt := range []struct {
		name, field string
		change      func(*NewPrice)
	}{
		{"no provider", "provider", func(n *NewPrice) { n.Provider = " " }},
		{"no model", "model", func(n *NewPrice) { n.Model = "" }},
		{"a name without end", "model", func(n *NewPrice) { n.Model = strings.Repeat("m", 301) }},
		{"a model on this machine", "provider", func(n *NewPrice) { n.Provider = "ollama" }},
		{"no rates", "rates", func(n *NewPrice) { n.Rates = nil }},
		{"a negative rate", "rates.input", func(n *NewPrice) { n.Rates = billing.Rates{"input": "-1"} }},
		{"ten decimals", "rates.input", func(n *NewPrice) { n.Rates = billing.Rates{"input": "0.0000000001"} }},
		{"an exponent", "rates.input", func(n *NewPrice) { n.Rates = billing.Rates{"input": "1e3"} }},
		{"a cent more than a signed catalogue may say", "rates.input", func(n *NewPrice) { n.Rates = billing.Rates{"input": "10000.01"} }},
		{"the same in a step", "tiers.0.input", func(n *NewPrice) {
			n.Tiers = []billing.Tier{{Prompt: 2, Op: ">", Rates: billing.Rates{"input": "99999"}}}
		}},
		{"words", "rates.output", func(n *NewPrice) { n.Rates = billing.Rates{"output": "cheap"} }},
		{"a meter that is none", "rates.imput", func(n *NewPrice) { n.Rates = billing.Rates{"imput": "1"} }},
		{"another currency", "currency", func(n *NewPrice) { n.Currency = "EUR" }},
		{"steps in the wrong order", "tiers.1", func(n *NewPrice) {
			n.Tiers = []billing.Tier{{Prompt: 2, Op: ">", Rates: n.Rates}, {Prompt: 1, Op: ">", Rates: n.Rates}}
		}},
		{"a rate of a step", "tiers.0.input", func(n *NewPrice) {
			n.Tiers = []billing.Tier{{Prompt: 2, Op: ">", Rates: billing.Rates{"input": "x"}}}
		}},
		{"years ago", "from", func(n *NewPrice) { n.From = time.Date(2019, 12, 31, 0, 0, 0, 0, time.UTC) }},
		{"it ends first", "to", func(n *NewPrice) { n.To = noon.Add(-time.Hour) }},
		{"a long note", "note", func(n *NewPrice) { n.Note = strings.Repeat("n", 501) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := ok()
			tt.change(&n)
			if _, err := h.Set(context.Background(), n); err == nil {
				t.Error("Set: want a refusal")
			} else if kind, field := refused(err); kind != gateway.Invalid || field != tt.field {
				t.Errorf("Set = %v (%s, %s), want field %s", err, kind, field, tt.field)
			}
		})
	}
	if len(h.Export().Prices) != 0 {
		t.Error("a refused price was kept")
	}
	n := ok()
	n.Rates = billing.Rates{"input": "10000"}
	if _, err := h.Set(context.Background(), n); err != nil {
		t.Errorf("Set of the dearest rate = %v", err)
	}
}

func TestYourPriceAtAGateway(t *testing.T) {
	h := newHouse(t)
	if _, err := h.Set(context.Background(), NewPrice{Provider: "new-api", Model: "gpt-5", Rates: billing.Rates{"input": "0.5", "output": "1"}}); err != nil {
		t.Fatal(err)
	}
	if got, _ := h.costs("new-api", "gpt-5", noon); got != "0.5" {
		t.Errorf("at the gateway it costs %s, want the price that was set for it", got)
	}
	h.wantCost("gpt-5", noon, "1.25")
	if got, _ := h.costs("new-api", "gpt-5-mini", noon); got != "0.25" {
		t.Errorf("another model of the gateway costs %s, want the maker's price", got)
	}
}

func TestAlias(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.wantCost("our-tuned-model", noon, "—")
	if err := h.SetAlias(ctx, billing.Alias{Provider: "OpenAI", Model: "our-tuned-model", LikeModel: "gpt-5"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		h.wantCost("our-tuned-model", noon, "1.25")
		h.wantCost("Our-Tuned-Model-2026-01-02", noon, "1.25")
		h.wantCost("our-tuned-model-2", noon, "—")
		if a, ok := h.Book().AliasOf("openai", "our-tuned-model", noon); !ok || a.LikeModel != "gpt-5" {
			t.Errorf("AliasOf = %+v, %t", a, ok)
		}
		h.restart()
	}
	bill := h.Book().Bill(billing.Case{Provider: "openai", Endpoint: "chat/completions", Model: "our-tuned-model", At: noon, Usage: []byte(`{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}`)})
	if bill.Status != billing.Priced || bill.Card != "openai/gpt-5" || !slices.Contains(bill.Flags, "priced_by_alias") {
		t.Errorf("Bill = %+v, want it priced, and to say by what", bill)
	}
	h.set("gpt-5", "3", noon.Add(time.Hour))
	h.wantCost("our-tuned-model", noon, "1.25")
	h.wantCost("our-tuned-model", noon.Add(time.Hour), "3") // it goes along with the other's price

	for _, tt := range []struct {
		name, field string
		alias       billing.Alias
	}{
		{"a model with a price", "model", billing.Alias{Provider: "openai", Model: "gpt-5-mini", LikeModel: "gpt-5"}},
		{"like one without a price", "like_model", billing.Alias{Provider: "openai", Model: "x", LikeModel: "y"}},
		{"like an alias", "like_model", billing.Alias{Provider: "openai", Model: "x", LikeModel: "our-tuned-model"}},
		{"like itself", "like_model", billing.Alias{Provider: "openai", Model: "x", LikeModel: "x"}},
		{"no model", "model", billing.Alias{Provider: "openai", LikeModel: "gpt-5"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := h.SetAlias(ctx, tt.alias); err == nil {
				t.Error("SetAlias: want a refusal")
			} else if _, field := refused(err); field != tt.field {
				t.Errorf("SetAlias = %v (%s), want field %s", err, field, tt.field)
			}
		})
	}
	if err := h.RemoveAlias(ctx, "openai", "OUR-tuned-model"); err != nil {
		t.Fatal(err)
	}
	h.wantCost("our-tuned-model", noon, "—")
	if err := h.RemoveAlias(ctx, "openai", "our-tuned-model"); err == nil {
		t.Error("RemoveAlias of what is removed: want a refusal")
	}
}

func TestRatesOfExchange(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	if _, err := h.Set(ctx, NewPrice{Provider: "openai", Model: "yuan-model", Currency: "CNY", Rates: billing.Rates{"input": "7.2", "output": "7.2"}}); err != nil {
		t.Fatal(err)
	}
	if err := h.SetRate(ctx, "2026-11-20", "7.2", ""); err != nil {
		t.Fatal(err)
	}
	h.wantCost("yuan-model", noon, "1")
	if err := h.SetRate(ctx, "2026-11-22", "3.6", "our bank"); err != nil {
		t.Fatal(err)
	}
	h.wantCost("yuan-model", noon, "2")
	h.restart()
	h.wantCost("yuan-model", noon, "2")
	if err := h.SetRate(ctx, "2026-11-22", "", ""); err != nil {
		t.Fatal(err)
	}
	h.wantCost("yuan-model", noon, "1")
	for day, rate := range map[string]string{"2026-11-31": "7", "tomorrow": "7", "2027-01-01": "7", "2026-11-21": "0", "2026-11-19": "-7", "2026-11-18": "7,1"} {
		if err := h.SetRate(ctx, day, rate, ""); err == nil {
			t.Errorf("SetRate(%s, %s): want a refusal", day, rate)
		}
	}
	var refused *gateway.Error
	if err := h.SetRate(ctx, "2026-11-20", "7", strings.Repeat("x", mostNote+1)); !errors.As(err, &refused) || refused.Field != "source" {
		t.Errorf("a source that is too long: %v", err)
	}
}

func TestBooksAreWholeWhileTheyChange(t *testing.T) {
	h := newHouse(t)
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got, _ := h.costs("openai", "gpt-5", noon.Add(time.Hour)); got != "1.25" && got != "7" {
					t.Errorf("in between it cost %s", got)
					return
				}
			}
		})
	}
	for range 3 {
		h.set("gpt-5", "7", noon)
		if _, err := h.Reset(context.Background(), "openai", "gpt-5"); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wait.Wait()
}
