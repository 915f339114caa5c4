package ledger

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

func TestAnArchivedCallKeepsWhatItCameTo(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	for _, basis := range []gateway.Basis{gateway.Exact, gateway.Estimated} {
		hold := h.mustHold("key_a", dollars("0.5"))
		o := detailed(settled(hold.call, dollars("0.25")))
		o.Call.Basis, o.Call.Bill.Card, o.Call.ChannelID, o.Call.Provider = basis, "openai/gpt-5/2026-01", "ch_1", "openai"
		o.Call.Bill.Usage[billing.Input] = 10
		o.Call.Err = &gateway.CallError{Kind: gateway.Storage, Message: "It broke off."}
		hold.End(o)
		was, err := h.Call(bg, hold.call.ID)
		if err != nil {
			t.Fatal(err)
		}
		h.turn(h.time().AddDate(0, 3, 0))
		if err := h.SetRetention(bg, Retention{Months: 1}); err != nil {
			t.Fatal(err)
		}
		h.retain1()
		is, err := h.Call(bg, hold.call.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !is.ArchivedAt.Equal(h.time()) || is.Bill.Lines != nil || is.Usage != nil || is.Attempts != nil || is.Bill.Flags != nil {
			t.Errorf("the archived call is %+v", is)
		}
		if basis == gateway.Exact {
			was.Bill.Note = ""
		}
		was.ArchivedAt, was.Bill.Lines, was.Usage, was.Attempts, was.Bill.Flags = is.ArchivedAt, nil, nil, nil, nil
		if got, want := fmt.Sprintf("%+v", printable(is)), fmt.Sprintf("%+v", printable(was)); got != want {
			t.Errorf("the archived call is\n%s\nwant\n%s", got, want)
		}
	}
	h.check()
}

// printable replaces pointers by what they point to.
func printable(c gateway.Call) []any {
	out := []any{c.Bill.Total.String(), c.Err.Kind, c.Err.Message}
	c.Bill.Total, c.Bill.WithoutCache, c.Bill.Saved, c.Err = nil, nil, nil, nil
	return append(out, c)
}

// figures are all sums of a time, and the lists of filters with their tallies.
func (c *crowd) figures(filters []Filter, all Slot) string {
	c.t.Helper()
	var b strings.Builder
	for _, simulated := range []bool{false, true} {
		s, err := c.Sums(bg, all, simulated)
		if err != nil {
			c.t.Fatal(err)
		}
		parts, err := c.Parts(bg, c.Calendar("").Days(all), simulated)
		if err != nil {
			c.t.Fatal(err)
		}
		var money []string
		for _, p := range parts {
			money = append(money, fmt.Sprint(p.Slot, p.KeyID, p.ChannelID, p.Model, p.written()))
		}
		slices.Sort(money)
		fmt.Fprintln(&b, s.written(), money)
	}
	for _, f := range filters {
		f.Limit = 1000
		p, err := c.Page(bg, f, Place{})
		if err != nil {
			c.t.Fatal(err)
		}
		fmt.Fprintln(&b, p.Tally.Calls, p.Tally.Charged, p.Tally.Unpriced, p.Tally.Simulated, idsOf(p.Calls))
	}
	return b.String()
}

// TestArchivingChangesNoFigure takes the details of calls away at random points and asks for all sums after each.
func TestArchivingChangesNoFigure(t *testing.T) {
	from, to := noon.Add(-30*time.Hour), noon
	c := newCrowd(t, "Asia/Kathmandu", rand.Uint64(), crowdSize, from, to)
	c.limit("key_1", "5usd/day", "1000calls/month")
	filters := c.filters(from, to)
	c.rnd.Shuffle(len(filters), func(i, j int) { filters[i], filters[j] = filters[j], filters[i] })
	filters = filters[:25]
	figures := func() string { return c.figures(filters, Slot{from.Add(-time.Hour), to.Add(time.Hour)}) }
	want := figures()
	for end := false; !end; {
		var err error
		// An open call keeps those after it: here each is ended when its turn comes.
		if _, end, err = c.archive(bg, to.AddDate(1, 0, 0), 1+c.rnd.IntN(150)); err != nil {
			t.Fatal(err)
		}
		if end && len(c.whole()) > 0 {
			if end = !c.endNextOpen(); end {
				break
			}
			want = figures()
			continue
		}
		if c.rnd.IntN(4) > 0 && !end {
			continue
		}
		if got := figures(); got != want {
			t.Fatalf("figures differ after archiving")
		}
		c.check()
	}
	if got := figures(); got != want || len(c.whole()) > 0 {
		t.Errorf("at the end figures differ, or %d calls have details", len(c.whole()))
	}
	c.check()
}

// endNextOpen ends the first call that is open; false: none is.
func (c *crowd) endNextOpen() bool {
	c.t.Helper()
	var first *Hold
	c.mu.Lock()
	c.Ledger.mu.Lock()
	for h := range c.Ledger.open {
		if first == nil || h.seq < first.seq {
			first = h
		}
	}
	c.Ledger.mu.Unlock()
	c.mu.Unlock()
	if first == nil {
		return false
	}
	if !first.End(c.outcomeOf(first.call)) {
		c.t.Fatal("End was not durable")
	}
	return true
}

func TestAnOpenCallIsNotArchived(t *testing.T) {
	h := newHouse(t)
	end := func() {
		hold := h.mustHold("key_a", dollars("0.5"))
		hold.End(detailed(settled(hold.call, dollars("0.25"))))
	}
	end()
	open := h.mustHold("key_a", dollars("0.5"))
	end()
	h.turn(noon.AddDate(0, 2, 0))
	if err := h.SetRetention(bg, Retention{Months: 1}); err != nil {
		t.Fatal(err)
	}
	if n := h.retain1(); n != 1 {
		t.Errorf("%d calls lost their details before the open one, want 1", n)
	}
	h.check()
	open.End(detailed(settled(open.call, dollars("0.25"))))
	if n := h.retain1(); n != 2 {
		t.Errorf("%d calls lost their details once it had ended, want 2", n)
	}
	h.check()
}

func TestAWrongClockKeepsNoDetails(t *testing.T) {
	h := newHouse(t)
	for _, at := range []time.Time{noon, noon.AddDate(20, 0, 0), noon, noon.AddDate(20, 0, 0)} {
		c := h.call("key_a")
		c.StartedAt = at
		hold, err := h.Hold(bg, Start{Call: c})
		if err != nil {
			t.Fatal(err)
		}
		hold.End(detailed(settled(c, dollars("0.25"))))
	}
	h.turn(noon.AddDate(0, 2, 0))
	if err := h.SetRetention(bg, Retention{Months: 1}); err != nil {
		t.Fatal(err)
	}
	if n := h.retain1(); n != 2 || len(h.whole()) != 2 {
		t.Errorf("%d calls lost their details and %d have them, want 2 and those of the future", n, len(h.whole()))
	}
	if a, err := h.Archived(bg); err != nil || !a.Last().Equal(noon) {
		t.Errorf("the last that lost them started at %s (%v), want %s", a.Last(), err, noon)
	}
}

// TestNothingHangsOnACallsRow: archiving takes rows out and puts them back, which no key of another table may notice.
func TestNothingHangsOnACallsRow(t *testing.T) {
	h := newHouse(t)
	var n int
	err := h.st.Read().QueryRowContext(bg, `SELECT count(*) FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS k
		WHERE t.type = 'table' AND k."table" = 'call'`).Scan(&n)
	if err != nil || n != 0 {
		t.Errorf("%d tables refer to calls, %v", n, err)
	}
	err = h.st.Read().QueryRowContext(bg, `SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'call'`).Scan(&n)
	if err != nil || n != 0 {
		t.Errorf("%d triggers watch calls, %v", n, err)
	}
}

// TestAnArchivingThatBreaksOff changes no row, at whichever of its steps it does.
func TestAnArchivingThatBreaksOff(t *testing.T) {
	h := past(t, 1)
	if _, _, err := h.archive(bg, noon, 1); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"INSERT ON moved", "UPDATE ON moved", "DELETE ON moved", "DELETE ON call", "INSERT ON call", "UPDATE ON setting"} {
		before := h.content()
		h.mustExec("CREATE TEMP TRIGGER no BEFORE " + step + " BEGIN SELECT RAISE(ABORT, 'no'); END")
		if n, end, err := h.archive(bg, noon, 1); err == nil || n != 0 || end {
			t.Errorf("without %s: %d were archived, %t, %v", step, n, end, err)
		}
		h.mustExec("DROP TRIGGER no")
		if after := h.content(); !maps.Equal(after.rows, before.rows) {
			t.Errorf("without %s rows changed", step)
		}
	}
	for left := 3; left > 0; left-- {
		if n, end, err := h.archive(bg, noon, 1); err != nil || n != 1 || end {
			t.Errorf("%d were archived, %t, %v", n, end, err)
		}
	}
	if n, end, err := h.archive(bg, noon, 1); err != nil || n != 0 || !end {
		t.Errorf("at the end %d were archived, %t, %v", n, end, err)
	}
}
