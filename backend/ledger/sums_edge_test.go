package ledger

import (
	"database/sql"
	"strings"
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

// reading looks at the ledger as it is now.
func (h *house) reading(look func(tx *sql.Tx)) {
	h.t.Helper()
	tx, err := h.st.Read().BeginTx(bg, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		h.t.Fatal(err)
	}
	defer tx.Rollback()
	look(tx)
}

// TestACountOverAnAmountEndsAtItsRow, also where there are later ones, and is an error where it could not be taken.
func TestACountOverAnAmountEndsAtItsRow(t *testing.T) {
	h := newHouse(t)
	over := billing.Pico(1)
	f := Filter{Over: &over}
	first := h.mustHold("key_a", dollars("1"))
	h.spend("key_a", dollars("0.5"))
	h.spend("key_a", dollars("0.5"))
	for last, want := range []int64{0, 0, 1, 2} { // the first row is of the call that runs
		h.counts.forget()
		h.reading(func(tx *sql.Tx) {
			if got, err := h.tallyOver(bg, tx, f, false, int64(last)); err != nil || got.Calls != want {
				t.Errorf("up to row %d: %+v, %v, want %d calls", last, got, err, want)
			}
		})
	}
	first.End(settled(first.call, dollars("0.5")))
	h.counts.forget()
	h.mustExec("ALTER TABLE call RENAME COLUMN charge_pico TO lost")
	h.reading(func(tx *sql.Tx) {
		if got, err := h.tallyOver(bg, tx, f, false, 3); err == nil || got != nil {
			t.Errorf("without what calls cost: %+v, %v, want an error alone", got, err)
		}
	})
	h.mustExec("ALTER TABLE call RENAME COLUMN lost TO charge_pico")
}

// TestFewRowsAreCountedByTheirNumbers, however late they are, and many by an index.
func TestFewRowsAreCountedByTheirNumbers(t *testing.T) {
	h := newHouse(t)
	over := billing.Pico(1e12)
	for _, tt := range []struct {
		name     string
		from, to int64
		want     string
	}{
		{"the first", 0, fewRows, "PRIMARY KEY"},
		{"the newest of very many", 1e9, 1e9 + fewRows, "PRIMARY KEY"},
		{"one too many", 0, fewRows + 1, " INDEX call_"},
		{"very many", 5, 1e9, " INDEX call_"},
	} {
		for _, f := range []Filter{{Over: &over}, {Over: &over, KeyID: "key_a"}} {
			query, args := f.counting(tt.from, tt.to, false)
			if steps := h.plan(query, args); len(steps) != 1 || !strings.Contains(steps[0], tt.want) {
				t.Errorf("%s, of key %q: %q, want it by %s", tt.name, f.KeyID, steps, tt.want)
			}
		}
	}
}
