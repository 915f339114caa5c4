package ledger

import (
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// TestTheWorstGapOfADay is a distance, whichever of the two is more.
func TestTheWorstGapOfADay(t *testing.T) {
	for _, tt := range []struct{ reported, recomputed, worst int64 }{{5, 3, 2}, {3, 5, 2}, {4, 4, 0}, {0, 7, 7}} {
		h := newHouse(t)
		hold := h.mustHold("key_a", dollars("1"))
		o := settled(hold.call, gateway.Amounts{Pico: tt.reported, Tokens: 1, Calls: 1})
		reported, recomputed := billing.Pico(tt.reported), billing.Pico(tt.recomputed)
		o.Call.ChannelID, o.Call.Provider, o.Call.UpstreamModel = "ch_1", "openai", "m"
		o.Call.Bill.Reported, o.Call.Bill.Recomputed = &reported, &recomputed
		hold.End(o)
		days, err := h.UpstreamDays(bg, DaySpan{From: noon.AddDate(0, 0, -1), To: noon.AddDate(0, 0, 1)})
		if err != nil || len(days) != 1 || days[0].worst != tt.worst || days[0].Compared != 1 || days[0].Reported.Pico() != tt.reported || days[0].Computed.Pico() != tt.recomputed || days[0].Requests != 1 {
			t.Errorf("reported %d, computed %d: %+v, %v, want a gap of %d", tt.reported, tt.recomputed, days, err, tt.worst)
		}
		h.check()
	}
}

func TestWhatASubscriptionCoversLacksNoPrice(t *testing.T) {
	h := newHouse(t)
	for _, covered := range []bool{true, false} {
		c := h.call("key_a")
		c.Covered = covered
		hold, err := h.Hold(bg, Start{Call: c})
		if err != nil {
			t.Fatal(err)
		}
		o := settled(hold.call, gateway.Amounts{})
		o.Call.Bill = billing.Bill{Status: billing.Unpriced}
		hold.End(o)
	}
	p, err := h.Page(bg, Filter{Unpriced: true}, Place{})
	if err != nil || len(p.Calls) != 1 || p.Calls[0].Covered || p.Tally.Calls != 1 || p.Tally.Unpriced != 1 {
		t.Errorf("without a price are %+v, %v", p, err)
	}
	h.check()
}

func TestWhenAModelWasUsedLast(t *testing.T) {
	h := newHouse(t)
	hold := h.mustHold("key_a", dollars("1"))
	o := settled(hold.call, dollars("0.5"))
	o.Call.ChannelID, o.Call.Provider, o.Call.UpstreamModel = "ch_1", "openai", "m"
	hold.End(o)
	all, err := h.UsedModels(bg, noon.Add(-time.Hour))
	if err != nil || len(all) != 1 || all[0].Last.After(noon) || noon.Sub(all[0].Last) > 24*time.Hour {
		t.Errorf("used are %+v, %v", all, err)
	}
}

func TestCountsAreRememberedAsFarAsTheyAreFinal(t *testing.T) {
	h := newHouse(t)
	over := billing.Pico(1)
	f := Filter{Over: &over}
	tally := func() Tally {
		p, err := h.Page(bg, f, Place{})
		if err != nil {
			t.Fatal(err)
		}
		return *p.Tally
	}
	end := func() {
		hold := h.mustHold("key_a", dollars("1"))
		hold.End(settled(hold.call, dollars("0.5")))
	}
	end()
	open := h.mustHold("key_a", dollars("1"))
	end()
	if got := tally(); got.Calls != 2 || got.Charged.String() != "1" {
		t.Errorf("beside an open call: %+v", got)
	}
	known := h.counts.of(countKey{filter: Filter{}, over: 1})
	if known.calls != 1 || known.upTo != open.seq {
		t.Errorf("remembered is %+v, want the one call before the open one", known)
	}
	open.End(settled(open.call, dollars("0.5")))
	end()
	if got := tally(); got.Calls != 4 || got.Charged.String() != "2" {
		t.Errorf("later: %+v", got)
	}
	if known := h.counts.of(countKey{filter: Filter{}, over: 1}); known.calls != 4 {
		t.Errorf("remembered is %+v, want all four", known)
	}
	h.counts.keep(countKey{over: 1}, counted{upTo: 1})
	if known := h.counts.of(countKey{over: 1}); known.calls != 4 {
		t.Errorf("a count that came less far took the place of another: %+v", known)
	}
	for n := range int64(mostCounts) {
		h.counts.keep(countKey{over: 100 + n}, counted{upTo: 1})
	}
	if n := len(h.counts.known); n > mostCounts {
		t.Errorf("%d counts are remembered", n)
	}
}

func TestEdgesOfSlots(t *testing.T) {
	const quarter, hour = int64(900_000), int64(3_600_000)
	for _, tt := range []struct{ at, slot, slotAfter, hour, hourAfter int64 }{
		{0, 0, 0, 0, 0}, {1, 0, quarter, 0, hour}, {quarter - 1, 0, quarter, 0, hour}, {quarter, quarter, quarter, 0, hour}, {quarter + 1, quarter, 2 * quarter, 0, hour},
		{hour - 1, hour - quarter, hour, 0, hour}, {hour, hour, hour, hour, hour}, {hour + 1, hour, hour + quarter, hour, 2 * hour},
		{-1, -quarter, 0, -hour, 0}, {-hour, -hour, -hour, -hour, -hour}, {-hour - 1, -hour - quarter, -hour, -2 * hour, -hour},
	} {
		if got := slotAt(tt.at); got != tt.slot {
			t.Errorf("slotAt(%d) = %d, want %d", tt.at, got, tt.slot)
		}
		if got := slotAfter(tt.at); got != tt.slotAfter {
			t.Errorf("slotAfter(%d) = %d, want %d", tt.at, got, tt.slotAfter)
		}
		if got := hourAt(tt.at); got != tt.hour {
			t.Errorf("hourAt(%d) = %d, want %d", tt.at, got, tt.hour)
		}
		if got := hourAfter(tt.at); got != tt.hourAfter {
			t.Errorf("hourAfter(%d) = %d, want %d", tt.at, got, tt.hourAfter)
		}
	}
}

// TestPiecesCoverASpanOnce: each quarter of a span lies in one piece, and full hours in one of hours.
func TestPiecesCoverASpanOnce(t *testing.T) {
	const quarter, hour = int64(900_000), int64(3_600_000)
	for from := int64(0); from <= 9; from++ {
		for to := from; to <= 13; to++ {
			covered := map[int64]int{}
			all := pieces(from*quarter, to*quarter)
			for _, p := range all {
				if p.table == "rollup_hour" && (p.from%hour != 0 || p.to%hour != 0) {
					t.Errorf("pieces(%d, %d) has hours from %d to %d", from, to, p.from, p.to)
				}
				if p.from >= p.to && from != to {
					t.Errorf("pieces(%d, %d) has an empty piece of %s", from, to, p.table)
				}
				for at := p.from; at < p.to; at += quarter {
					covered[at]++
				}
			}
			for at := from; at < to; at++ {
				if covered[at*quarter] != 1 {
					t.Errorf("pieces(%d, %d) has the quarter %d %d times", from, to, at, covered[at*quarter])
				}
			}
			if len(covered) != int(to-from) {
				t.Errorf("pieces(%d, %d) covers %d quarters", from, to, len(covered))
			}
			whole := hourAt(to*quarter) - hourAfter(from*quarter)
			if hours := len(all) > 0 && all[0].table == "rollup_hour"; hours != (whole > 0) {
				t.Errorf("pieces(%d, %d) reads hours: %t", from, to, hours)
			}
		}
	}
}
