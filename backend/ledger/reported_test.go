package ledger

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// reportedCall settles a call whose provider reported one figure, where the book comes to another; negative: to none.
func (h *house) reportedCall(model string, reported, computed int64) string {
	h.t.Helper()
	hold := h.mustHold("key_a", gateway.Amounts{Calls: 1})
	o := settled(hold.call, gateway.Amounts{Pico: reported, Tokens: 10, Calls: 1})
	c := &o.Call
	c.ChannelID, c.Provider, c.UpstreamModel = "ch_1", "openrouter", model
	figure, own := billing.Pico(reported), billing.Pico(computed)
	c.Bill.Status, c.Bill.Reported = billing.ProviderReported, &figure
	if computed >= 0 {
		c.Bill.Recomputed = &own
	}
	if !hold.End(o) {
		h.t.Fatal("End was not durable")
	}
	return c.ID
}

// TestGapsAreTheWorst compares with a look at every call.
func TestGapsAreTheWorst(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	h := newHouse(t)
	var all []Gap
	for i := range 300 {
		h.turn(noon.Add(time.Duration(i) * 2 * time.Hour))
		model := []string{"a", "b"}[rnd.IntN(2)]
		reported, computed := rnd.Int64N(1000), rnd.Int64N(1000)-50
		id := h.reportedCall(model, reported, computed)
		if computed >= 0 && reported != computed {
			all = append(all, Gap{CallID: id, Model: model, Reported: billing.Pico(reported), Computed: billing.Pico(computed)})
		}
	}
	h.check()
	days, err := h.UpstreamDays(bg, DaySpan{From: noon.Add(-24 * time.Hour), To: noon.Add(700 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, most := range []int{1, 7, 20, 1000} {
		got, err := h.Gaps(bg, days, most)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(all)
		slices.SortStableFunc(want, func(a, b Gap) int { return cmp.Compare(b.size(), a.size()) })
		want = want[:min(len(want), most)]
		if a, b := sizes(got), sizes(want); a != b {
			t.Errorf("the worst %d = %s, want %s", most, a, b)
		}
	}
	only := slices.DeleteFunc(slices.Clone(days), func(d UpstreamDay) bool { return d.Model != "a" })
	got, err := h.Gaps(bg, only, 1000)
	if err != nil || slices.ContainsFunc(got, func(g Gap) bool { return g.Model != "a" }) {
		t.Errorf("gaps of one model = %+v, %v", got, err)
	}
}

func sizes(gaps []Gap) string {
	var all []int64
	for _, g := range gaps {
		all = append(all, g.size())
	}
	return fmt.Sprint(all)
}

// TestUpstreamDays: days are those of UTC, models those of the provider, and what a subscription covers is in none.
func TestUpstreamDays(t *testing.T) {
	h := newHouse(t)
	h.turn(time.Date(2026, 11, 21, 23, 59, 59, 0, time.UTC))
	h.reportedCall("m", 100, 90)
	h.turn(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	h.reportedCall("m", 100, -1)
	c := h.call("key_a")
	c.Covered = true
	hold, err := h.Hold(bg, Start{Call: c})
	if err != nil {
		t.Fatal(err)
	}
	o := settled(hold.call, gateway.Amounts{Calls: 1})
	o.Call.Provider, o.Call.ChannelID, o.Call.UpstreamModel = "openrouter", "ch_1", "m"
	hold.End(o)
	h.check()
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	days, err := h.UpstreamDays(bg, DaySpan{From: from, To: from.AddDate(0, 1, 0), Provider: "openrouter", ChannelID: "ch_1", Model: "m"})
	if err != nil || len(days) != 2 {
		t.Fatalf("UpstreamDays = %+v, %v", days, err)
	}
	first, second := days[0], days[1]
	if first.Day.Day() != 21 || first.Requests != 1 || first.Compared != 1 || first.Reported.Pico() != 100 || first.Computed.Pico() != 90 || first.Uncomputed != 0 {
		t.Errorf("first day = %+v", first)
	}
	if second.Day.Day() != 22 || second.Requests != 1 || second.Compared != 0 || second.Uncomputed != 1 || second.Reported.Pico() != 0 {
		t.Errorf("second day = %+v", second)
	}
	if days, err = h.UpstreamDays(bg, DaySpan{From: from, To: from.AddDate(0, 1, 0), Provider: "xai"}); err != nil || len(days) != 0 {
		t.Errorf("another provider's = %+v, %v", days, err)
	}
}

func TestReconciliationsAreKept(t *testing.T) {
	h := newHouse(t)
	var ids []string
	for i := range mostReconciliations + 3 {
		r, err := h.KeepReconciliation(bg, Reconciliation{Name: fmt.Sprint(i), Format: "f", Result: []byte(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
	all, err := h.Reconciliations(bg)
	if err != nil || len(all) != mostReconciliations || all[0].Name != fmt.Sprint(mostReconciliations+2) {
		t.Fatalf("%d are kept, %v", len(all), err)
	}
	if _, err := h.Reconciliation(bg, ids[0]); kindOf(err) != gateway.NotFound {
		t.Errorf("the oldest = %v", err)
	}
	last := ids[len(ids)-1]
	if r, err := h.Reconciliation(bg, last); err != nil || string(r.Result) != "{}" || !r.At.Equal(noon) {
		t.Errorf("the newest = %+v, %v", r, err)
	}
	if err := h.ForgetReconciliation(bg, last); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{last, ""} {
		if err := h.ForgetReconciliation(bg, id); kindOf(err) != gateway.NotFound {
			t.Errorf("forgetting %q = %v", id, err)
		}
		if _, err := h.Reconciliation(bg, id); kindOf(err) != gateway.NotFound {
			t.Errorf("showing %q = %v", id, err)
		}
	}
}

// TestGapsLeaveTheDaysInTheirOrder: who asks goes on with them.
func TestGapsLeaveTheDaysInTheirOrder(t *testing.T) {
	h := newHouse(t)
	for i, reported := range []int64{100, 900, 500} {
		h.turn(noon.AddDate(0, 0, i))
		h.reportedCall("m", reported, 90)
	}
	days, err := h.UpstreamDays(bg, DaySpan{From: noon.AddDate(0, 0, -1), To: noon.AddDate(0, 0, 4)})
	if err != nil || len(days) != 3 {
		t.Fatalf("UpstreamDays = %+v, %v", days, err)
	}
	slices.Reverse(days)
	before := slices.Clone(days)
	if got, err := h.Gaps(bg, days, 1); err != nil || sizes(got) != "[810]" {
		t.Errorf("Gaps = %+v, %v", got, err)
	}
	if !slices.Equal(days, before) {
		t.Errorf("the days are now %+v, were %+v", days, before)
	}
}
