package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// fits says by a filter's words whether a call is one of its list.
func (f Filter) fits(c gateway.Call) bool {
	cut := c.End == gateway.UpstreamCut || c.End == gateway.Failed
	return (f.Since.IsZero() || !c.StartedAt.Before(f.Since)) && (f.Until.IsZero() || c.StartedAt.Before(f.Until)) &&
		(f.KeyID == "" || c.KeyID == f.KeyID) && (f.ChannelID == "" || c.ChannelID == f.ChannelID) &&
		(f.Model == "" || c.Model == f.Model) && (f.State == "" || c.State == f.State) &&
		(!f.Failed || c.State == gateway.Released || c.State == gateway.Settled && cut) &&
		(!f.Unpriced || c.State == gateway.Settled && c.Bill.Total == nil) &&
		(f.Over == nil || c.Bill.Total != nil && c.Bill.Total.Cmp(*f.Over) > 0)
}

// filters are every filter alone, and pairs and heaps of them by chance.
func (c *crowd) filters(from, to time.Time) []Filter {
	some, none := billing.Pico(3e11), billing.Money{}
	at := func() time.Time {
		return from.Add(time.Duration(c.rnd.Int64N(int64(to.Sub(from))))).Truncate(time.Millisecond)
	}
	alone := []func(*Filter){
		func(f *Filter) { f.Since = at() },
		func(f *Filter) { f.Until = at() },
		func(f *Filter) { f.Since = from.Truncate(slot) },
		func(f *Filter) { f.Until = to.Truncate(slot) },
		func(f *Filter) { f.Since = at(); f.Until = f.Since.Add(time.Minute) },
		func(f *Filter) { f.KeyID = "key_1" },
		func(f *Filter) { f.ChannelID = "ch_1" },
		func(f *Filter) { f.Model = "model_1" },
		func(f *Filter) { f.State = gateway.Open },
		func(f *Filter) { f.State = gateway.Settled },
		func(f *Filter) { f.State = gateway.Released },
		func(f *Filter) { f.State = gateway.Refused },
		func(f *Filter) { f.Failed = true },
		func(f *Filter) { f.Unpriced = true },
		func(f *Filter) { f.Over = &some },
		func(f *Filter) { f.Over = &none },
	}
	all := []Filter{{}, {KeyID: "key_none"}, {Since: to.Add(time.Hour)}}
	for i, set := range alone {
		var f Filter
		set(&f)
		all = append(all, f)
		for _, other := range alone[:i] {
			pair := f
			other(&pair)
			all = append(all, pair)
		}
	}
	for range 50 {
		var f Filter
		for _, set := range alone {
			if c.rnd.IntN(4) == 0 {
				set(&f)
			}
		}
		all = append(all, f)
	}
	return all
}

func TestPagesHaveTheCallsThatFit(t *testing.T) {
	from, to := noon.Add(-30*time.Hour), noon
	c := newCrowd(t, "Europe/Berlin", rand.Uint64(), crowdSize, from, to)
	last := c.calls[len(c.calls)-1].ID
	for _, f := range c.filters(from, to) {
		want := c.those(f.fits)
		f.Limit = 1 + c.rnd.IntN(50)
		for offset := 0; offset <= len(want); offset += f.Limit {
			place := Place{Offset: offset}
			if offset > 0 {
				place.At = last
			}
			p, err := c.Page(bg, f, place)
			if err != nil {
				t.Fatal(err)
			}
			part := want[min(offset, len(want)):min(offset+f.Limit, len(want))]
			if got := idsOf(p.Calls); p.At != last || !slices.Equal(got, idsOf(part)) {
				t.Fatalf("Page(%+v, %d) = %v at %s, want %v", f, offset, got, p.At, idsOf(part))
			}
			if (p.Tally == nil) != (offset > 0) {
				t.Fatalf("Page(%+v, %d) has a tally: %v", f, offset, p.Tally != nil)
			}
			if p.Tally != nil {
				compareTally(t, f, *p.Tally, want)
			}
		}
	}
}

func compareTally(t *testing.T, f Filter, got Tally, calls []gateway.Call) {
	t.Helper()
	want := Tally{Calls: int64(len(calls))}
	for _, c := range calls {
		if c.Simulated {
			if all := f.State == "" && !f.Failed; !all || c.State == gateway.Settled {
				want.Simulated++
			}
			continue
		}
		want.Charged = want.Charged.Add(c.Charge)
		if c.State == gateway.Settled && c.Bill.Total == nil {
			want.Unpriced++
		}
	}
	if got.Calls != want.Calls || got.Charged.Cmp(want.Charged) != 0 || got.Unpriced != want.Unpriced || got.Simulated != want.Simulated {
		t.Fatalf("tally of %+v = %+v, want %+v", f, got, want)
	}
}

func idsOf(calls []gateway.Call) (ids []string) {
	for _, c := range calls {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestPagesStayWhileCallsCome(t *testing.T) {
	from := noon.Add(-time.Hour)
	c := newCrowd(t, "Europe/Berlin", rand.Uint64(), 60, from, noon)
	first, err := c.Page(bg, Filter{Limit: 7}, Place{})
	if err != nil {
		t.Fatal(err)
	}
	want := idsOf(c.those(func(gateway.Call) bool { return true }))
	got := idsOf(first.Calls)
	for len(got) < len(want) {
		// One that began long ago, but was written only now, moves nothing either.
		c.add(from.Add(time.Duration(c.rnd.Int64N(int64(2 * time.Hour)))))
		p, err := c.Page(bg, Filter{Limit: 7}, Place{At: first.At, Offset: len(got)})
		if err != nil || len(p.Calls) == 0 {
			t.Fatal("a page is missing", err)
		}
		got = append(got, idsOf(p.Calls)...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages = %v, want %v", got, want)
	}
}

func TestCountsOverAnAmountGoOn(t *testing.T) {
	from := noon.Add(-time.Hour)
	c := newCrowd(t, "Europe/Berlin", rand.Uint64(), 60, from, noon)
	some := billing.Pico(3e11)
	late := c.open1(c.call("key_1"))
	c.calls = append(c.calls, late.call)
	for range 5 {
		for _, f := range []Filter{{Over: &some}, {Over: &some, KeyID: "key_1"}, {Over: &some, Since: from}} {
			p, err := c.Page(bg, f, Place{})
			if err != nil {
				t.Fatal(err)
			}
			compareTally(t, f, *p.Tally, c.those(f.fits))
		}
		c.add(from)
		if late != nil { // counted meanwhile, but as open
			o := c.outcomeOf(late.call)
			late.End(o)
			i := slices.IndexFunc(c.calls, func(call gateway.Call) bool { return call.ID == o.Call.ID })
			c.calls[i], late = o.Call, nil
		}
	}
}

func TestPagesOfNothing(t *testing.T) {
	h := newHouse(t)
	p, err := h.Page(bg, Filter{}, Place{})
	if err != nil || p.At != "" || len(p.Calls) != 0 || p.Tally == nil || p.Tally.Calls != 0 {
		t.Errorf("Page of an empty ledger = %+v, %v", p, err)
	}
	var e *gateway.Error
	if _, err := h.Page(bg, Filter{}, Place{At: "call_none"}); !errors.As(err, &e) || e.Kind != gateway.NotFound || e.Field != "at" {
		t.Errorf("Page at an unknown call = %v, want not found", err)
	}
}

func TestSimulatedCallsCountUntilThereIsARealOne(t *testing.T) {
	h := newHouse(t)
	start := Start{Call: h.call("key_a"), Hold: dollars("1")}
	start.Call.Simulated = true
	hold, err := h.Hold(bg, start)
	if err != nil {
		t.Fatal(err)
	}
	hold.End(settled(hold.call, dollars("1")))
	for _, want := range []string{"1 1 0", "2 3 1"} {
		p, err := h.Page(bg, Filter{}, Place{})
		if got := fmt.Sprint(p.Tally.Calls, p.Tally.Charged, p.Tally.Simulated); err != nil || got != want {
			t.Errorf("calls, charges and what is left out = %s, %v, want %s", got, err, want)
		}
		h.spend("key_a", dollars("3"))
	}
}

// A stretch within a quarter of an hour is counted by its calls, a longer one by the rollup.
func TestOpenSimulatedCallsAreNotLeftOutOfAnySpan(t *testing.T) {
	h := newHouse(t)
	h.turn(noon.Add(7 * time.Minute)) // so that a minute before and after is the same quarter
	h.spend("key_a", dollars("3"))
	start := Start{Call: h.call("key_a"), Hold: dollars("1")}
	start.Call.Simulated = true
	if _, err := h.Hold(bg, start); err != nil {
		t.Fatal(err)
	}
	for _, span := range []time.Duration{time.Minute, time.Hour} {
		f := Filter{Since: start.Call.StartedAt.Add(-span), Until: start.Call.StartedAt.Add(span)}
		p, err := h.Page(bg, f, Place{})
		if err != nil || p.Tally.Simulated != 0 || p.Tally.Calls != 2 {
			t.Errorf("Page of ± %s: tally %+v, %v, want 2 calls, none of them left out", span, p.Tally, err)
		}
	}
}

// Settled calls are looked for among the newest first, and further back where these are mostly others.
func TestSettledCallsAreFoundBehindMany(t *testing.T) {
	h := newHouse(t)
	settled := 0
	for n := range 480 {
		h.turn(noon.Add(time.Duration(n) * time.Second))
		if n%120 < 5 {
			h.spend("key_a", dollars("1"))
			settled++
		} else if err := h.Refuse(bg, h.call("key_a")); err != nil {
			t.Fatal(err)
		}
	}
	for _, limit := range []int{1, 5, 6, 15, 30} {
		var ids []string
		for offset := 0; ; offset += limit {
			p, err := h.Page(bg, Filter{State: gateway.Settled, Limit: limit}, Place{Offset: offset})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range p.Calls {
				ids = append(ids, c.ID)
			}
			if len(p.Calls) < limit {
				break
			}
		}
		if falling := slices.IsSortedFunc(ids, func(a, b string) int { return strings.Compare(b, a) }); len(slices.Compact(ids)) != settled || !falling {
			t.Errorf("pages of %d: %d calls, %q, want %d, the newest first", limit, len(ids), ids, settled)
		}
	}
}

// No filter's page or tally may read the rows of the whole table, however it is put.
func TestPagesUseAnIndex(t *testing.T) {
	some := billing.Pico(1e12)
	since, until := noon.Add(-time.Hour-time.Second), noon.Add(-time.Second)
	h := newHouse(t)
	for _, tt := range []struct {
		filter Filter
		index  string
	}{
		{Filter{}, "call_time"},
		{Filter{Since: since, Until: until}, "call_time"},
		{Filter{KeyID: "key_a"}, "call_key"},
		{Filter{KeyID: "key_a", Since: since}, "call_key"},
		{Filter{ChannelID: "ch_1"}, "call_channel"},
		{Filter{ChannelID: "ch_1", Since: since}, "call_channel"},
		{Filter{Model: "gpt-5"}, "call_model"},
		{Filter{Model: "gpt-5", Since: since}, "call_model"},
		{Filter{State: gateway.Open}, "call_state"},
		{Filter{State: gateway.Released}, "call_state"},
		{Filter{State: gateway.Refused, Since: since}, "call_state"},
		{Filter{State: gateway.Settled}, "call_time"},
		{Filter{State: gateway.Settled, KeyID: "key_a"}, "call_key"},
		{Filter{Failed: true}, "call_failed"},
		{Filter{Failed: true, Since: since}, "call_failed"},
		{Filter{Unpriced: true}, "call_unpriced"},
		{Filter{Unpriced: true, Since: since}, "call_unpriced"},
		{Filter{Over: &some}, "call_cost"},
		{Filter{Over: &some, Since: since}, "call_cost"},
	} {
		query, args := tt.filter.paging(1e9, 0)
		steps := h.plan(query, args)
		if !slices.ContainsFunc(steps, func(s string) bool { return strings.Contains(s, " INDEX "+tt.index) }) {
			t.Errorf("page of %+v: %q, want it to use %s", tt.filter, steps, tt.index)
		}
		query, args = tt.filter.tallying(false)
		if tt.filter.Over != nil {
			query, args = tt.filter.counting(0, 1e9, false)
		}
		for _, step := range append(steps, h.plan(query, args)...) {
			if step == "SCAN call" {
				t.Errorf("%+v reads every call: %q", tt.filter, steps)
			}
		}
	}
}

// TestAPartOfALongListIsLookedForNearIt, unless the list is no longer than what is looked at.
func TestAPartOfALongListIsLookedForNearIt(t *testing.T) {
	h := newHouse(t)
	for n := range 104 {
		h.turn(noon.Add(time.Duration(n) * time.Second))
		if err := h.Refuse(bg, h.call("key_a")); err != nil {
			t.Fatal(err)
		}
	}
	f := Filter{State: gateway.Settled}
	for wanted, want := range map[int]bool{1: true, 3: true, 4: false, 40: false} {
		var near Filter
		var long bool
		var err error
		h.reading(func(tx *sql.Tx) { near, long, err = f.near(bg, tx, 1e9, wanted) })
		if err != nil || long != want || near.State != gateway.Settled {
			t.Errorf("of %d wanted: %+v, %t, %v, want %t", wanted, near, long, err, want)
		}
		if begin := noon.Add(time.Duration(103-100-wanted) * time.Second); want && !near.Since.Equal(begin) {
			t.Errorf("of %d wanted: from %s on, want %s", wanted, near.Since, begin)
		}
	}
}
