package ledger

import (
	"fmt"
	"regexp"
	"testing"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
)

func TestWhatMakesTwoBillsTheSame(t *testing.T) {
	one, two := int64(1), int64(2)
	again := one
	full := billRow{Charge: 1, Tokens: 2, Cost: &one, WithoutCache: &two, Note: "x"}
	for _, tt := range []struct {
		name string
		row  billRow
		want bool
	}{
		{"all", full, true}, {"another note", billRow{Charge: 1, Tokens: 2, Cost: &again, WithoutCache: &two}, true},
		{"another charge", billRow{Charge: 2, Tokens: 2, Cost: &one, WithoutCache: &two}, false},
		{"other tokens", billRow{Charge: 1, Tokens: 1, Cost: &one, WithoutCache: &two}, false},
		{"another cost", billRow{Charge: 1, Tokens: 2, Cost: &two, WithoutCache: &two}, false},
		{"no cost", billRow{Charge: 1, Tokens: 2, WithoutCache: &two}, false},
		{"another cost without a cache", billRow{Charge: 1, Tokens: 2, Cost: &one, WithoutCache: &one}, false},
		{"none without a cache", billRow{Charge: 1, Tokens: 2, Cost: &one}, false},
		{"nothing alike", billRow{}, false},
	} {
		if got, back := full.same(&tt.row), tt.row.same(&full); got != tt.want || back != tt.want {
			t.Errorf("%s: same %t and %t, want %t", tt.name, got, back, tt.want)
		}
	}
}

func TestABillsFlagsAreKept(t *testing.T) {
	row, err := rowOf(billing.Bill{Flags: []string{"scheme_assumed"}}, billing.Money{})
	if err != nil || row.Flags == nil || *row.Flags != `["scheme_assumed"]` {
		t.Errorf("rowOf = %+v, %v", row, err)
	}
	if row, err = rowOf(billing.Bill{}, billing.Money{}); err != nil || row.Flags != nil {
		t.Errorf("rowOf of none = %+v, %v", row, err)
	}
	broken := "{"
	if _, _, err := (&billRow{Meters: &broken}).onto(gateway.Call{}); err == nil {
		t.Error("meters that are no JSON were read")
	}
}

// TestWhatAPreviewCounts by what each call had and would have.
func TestWhatAPreviewCounts(t *testing.T) {
	some := int64(5)
	priced, estimated := string(billing.Priced), string(billing.Estimated)
	for _, tt := range []struct {
		name                    string
		was, now                billRow
		priced, unpriced, loose int64
	}{
		{"from a price to an assumption", billRow{Cost: &some, Status: priced}, billRow{Cost: &some, Charge: 1, Status: estimated}, 0, 0, 1},
		{"from an assumption to a price", billRow{Cost: &some, Status: estimated}, billRow{Cost: &some, Charge: 1, Status: priced}, 0, 0, 0},
		{"from one price to another", billRow{Cost: &some, Status: priced}, billRow{Cost: &some, Charge: 1, Status: priced}, 0, 0, 0},
		{"from one assumption to another", billRow{Cost: &some, Status: estimated}, billRow{Cost: &some, Charge: 1, Status: estimated}, 0, 0, 0},
		{"from nothing to a price", billRow{}, billRow{Cost: &some, Status: priced}, 1, 0, 0},
		{"from a price to nothing", billRow{Cost: &some, Status: priced}, billRow{}, 0, 1, 0},
	} {
		h := newHouse(t)
		p, err := h.drawUp(bg, Selection{Book: bookAt(t, map[string]int{"a": 1})})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.take(draft{seq: 1, was: tt.was, now: tt.now}); err != nil {
			t.Fatal(err)
		}
		v := p.preview
		if v.Calls != 1 || v.Priced != tt.priced || v.Unpriced != tt.unpriced || v.Loose != tt.loose {
			t.Errorf("%s: %+v", tt.name, v)
		}
		if !regexp.MustCompile(`^0-[0-9a-f]{32}$`).MatchString(v.Token) {
			t.Errorf("the token of nothing is %q", v.Token)
		}
	}
}

// TestWhatCannotBePricedAgain is left, and what only a part is known of is charged that.
func TestWhatCannotBePricedAgain(t *testing.T) {
	part, err := billing.NewBook(billing.Layers{Catalogue: []byte(`{"id":"test/a","provider":"openai","model":"a","rates":{"input":"3"},"source":"test","url":"https://example.com","checked_on":"2026-11-01"}` + "\n")})
	if err != nil {
		t.Fatal(err)
	}
	book := bookAt(t, map[string]int{"a": 3})
	unknown := func(gateway.Call) (billing.Case, bool) { return billing.Case{}, false }
	for _, tt := range []struct {
		name   string
		usage  string
		by     *pricedBy
		sel    Selection
		left   string
		charge int64
	}{
		{"with all that is needed", `{"prompt_tokens":10,"completion_tokens":2}`, &pricedBy{Prices: "openai"}, Selection{Book: book}, "", 36e6},
		{"of a part the part", `{"prompt_tokens":10,"completion_tokens":2}`, &pricedBy{Prices: "openai"}, Selection{Book: part}, "", 30e6},
		{"an absurd usage", `{"prompt_tokens":-10,"completion_tokens":2}`, &pricedBy{Prices: "openai"}, Selection{Book: book}, LeftUnknown, 0},
		{"more than a ledger holds", `{"prompt_tokens":90000000,"completion_tokens":2}`, &pricedBy{Prices: "openai"}, Selection{Book: bookAt(t, map[string]int{"a": 90_000})}, LeftUnknown, 0},
		{"what nobody can derive", `{"prompt_tokens":10,"completion_tokens":2}`, nil, Selection{Book: book, Derive: unknown}, LeftUnknown, 0},
		{"what nobody derives", `{"prompt_tokens":10,"completion_tokens":2}`, nil, Selection{Book: book}, LeftUnknown, 0},
	} {
		d := draft{call: gateway.Call{UpstreamModel: "a", Endpoint: "chat/completions", StartedAt: noon, Usage: []byte(tt.usage), Basis: gateway.Exact}}
		if err := d.price(tt.sel, tt.by); err != nil || d.left != tt.left || d.now.Charge != tt.charge {
			t.Errorf("%s: left %q, charge %d, %v, want %q and %d", tt.name, d.left, d.now.Charge, err, tt.left, tt.charge)
		}
	}
}

// TestTheLeastDifferenceIsBooked, and none is not.
func TestTheLeastDifferenceIsBooked(t *testing.T) {
	for diff, want := range map[int64]int{0: 0, 1: 2, -1: 2} {
		h := newHouse(t)
		h.limit("key_a", "5usd/day")
		call := h.priced("key_a", "a", 1000, bookAt(t, map[string]int{"a": 3}))
		c, err := h.Call(bg, call.ID)
		if err != nil {
			t.Fatal(err)
		}
		was, err := rowOf(c.Bill, c.Charge)
		if err != nil {
			t.Fatal(err)
		}
		now := was
		now.Charge += diff
		x := exchange{l: h.Ledger}
		if err := h.st.Do(bg, func(tx *store.Tx) error { return x.correct(tx, c, &was, &now) }); err != nil {
			t.Fatal(err)
		}
		if n := h.count("SELECT count(*) FROM entry WHERE kind = 'adjust'"); n != want {
			t.Errorf("a difference of %d has %d entries, want %d", diff, n, want)
		}
		if use := h.uses("key_a", false)[0]; use.Spent != 3e9+diff {
			t.Errorf("with a difference of %d the window has spent %d", diff, use.Spent)
		}
	}
}

// TestWhatWasArchivedSinceAPlanKeepsItsBill, also where the skipping of it breaks off for a time.
func TestWhatWasArchivedSinceAPlanKeepsItsBill(t *testing.T) {
	for n := 1; !t.Failed(); n++ {
		r := newRepriced(t)
		r.half(r.selection(), 0)
		if _, _, err := r.archive(bg, noon.AddDate(1, 0, 0), 100); err != nil {
			t.Fatal(err)
		}
		r.countWrites()
		mattered := r.step(fault{name: fmt.Sprintf("row %d cannot be written", n), right: []string{"UPDATE fault SET n = -1"},
			wrong: []string{fmt.Sprintf("UPDATE fault SET n = %d", n)}}, r.goOn)
		id, _ := r.last()
		if done, err := r.Repricing(bg, id); err != nil || done.State != RepricingDone || done.Calls != 0 || done.New.Pico() != 0 || r.all() != r.was {
			t.Errorf("the repricing is %+v, %v, and the calls cost %s", done, err, r.all())
		}
		if !mattered {
			break
		}
	}
}

// TestARepricingIsTold to those who show calls, and its preview says of which models they are.
func TestARepricingIsTold(t *testing.T) {
	h := newHouse(t)
	was := bookAt(t, map[string]int{"a": 3, "b": 5})
	for _, model := range []string{"a", "a", "b", "new"} {
		h.priced("key_a", model, 1000, was)
	}
	events, cancel := h.Subscribe()
	p, _ := h.reprice(Selection{Book: bookAt(t, map[string]int{"a": 4, "b": 9, "new": 1})})
	h.workers.Wait()
	cancel()
	told := false
	for e := range events {
		told = told || e.Kind == CallsChanged
	}
	if !told {
		t.Error("nobody was told")
	}
	want := []ModelChange{{Provider: "openai", Model: "b", Calls: 1}, {Provider: "openai", Model: "a", Calls: 2}, {Provider: "openai", Model: "new", Calls: 1, Priced: 1}}
	if len(p.Models) != len(want) {
		t.Fatalf("the models are %+v", p.Models)
	}
	for i, m := range p.Models {
		if m.Old, m.New = (billing.Money{}), (billing.Money{}); m != want[i] {
			t.Errorf("model %d is %+v, want %+v", i, m, want[i])
		}
	}
}
