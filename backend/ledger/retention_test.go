package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
)

// detailed gives an outcome all that a call is explained by.
func detailed(o Outcome) Outcome {
	c := &o.Call
	c.Usage = json.RawMessage(`{"input_tokens":10,"output_tokens":2}`)
	c.Bill.Lines = []billing.Line{{What: "input", Quantity: 10, Unit: "tokens", RateUSD: "3", Per: 1_000_000}}
	c.Bill.Flags, c.Bill.Note = []string{"scheme_assumed"}, "It was counted so."
	c.Attempts = []gateway.Attempt{{N: 1, ChannelID: "ch_1", HTTPStatus: 200, Result: gateway.Billed}}
	return o
}

// past has calls of so many days, one in six hours, all of them settled.
func past(t *testing.T, days int) *house {
	t.Helper()
	h := newHouse(t)
	for at := noon.AddDate(0, 0, -days); at.Before(noon); at = at.Add(6 * time.Hour) {
		h.turn(at)
		hold := h.mustHold("key_a", dollars("0.5"))
		if !hold.End(detailed(settled(hold.call, dollars("0.25")))) {
			t.Fatal("End was not durable")
		}
	}
	h.turn(noon)
	return h
}

// whole lists the calls that have their details, oldest first.
func (h *house) whole() (ids []string) {
	h.t.Helper()
	for after := ""; ; {
		calls, err := h.Calls(bg, Filter{Limit: 1000, After: after})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, c := range calls {
			if c.ArchivedAt.IsZero() {
				ids = append(ids, c.ID)
			}
		}
		if len(calls) < 1000 {
			slices.Reverse(ids)
			return ids
		}
		after = calls[len(calls)-1].ID
	}
}

func (h *house) retain1() int64 {
	h.t.Helper()
	n, err := h.RetainOnce(bg)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func TestRetentionByAge(t *testing.T) {
	h := past(t, 100)
	before := len(h.whole())
	if n := h.retain1(); n != 0 {
		t.Fatalf("without a bound %d calls lost their details", n)
	}
	if err := h.SetRetention(bg, Retention{Months: 2}); err != nil {
		t.Fatal(err)
	}
	foreseen, err := h.Foresee(bg, Retention{Months: 2})
	if err != nil {
		t.Fatal(err)
	}
	n := h.retain1()
	// Of 100 days the 61 from 21 September on stay, as many as two months have: 4 calls a day.
	if want := int64(before - 61*4); n != want || foreseen.Calls != want || !foreseen.Enough {
		t.Errorf("%d of %d calls lost their details, %+v foreseen, want %d", n, before, foreseen, want)
	}
	calls, err := h.Calls(bg, Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	edge := time.Date(2026, 9, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range calls {
		if old := c.StartedAt.Before(edge); old != !c.ArchivedAt.IsZero() {
			t.Fatalf("the call of %s was archived at %s", c.StartedAt, c.ArchivedAt)
		}
	}
	h.check()
	if n := h.retain1(); n != 0 {
		t.Errorf("at once again, %d more calls lost their details", n)
	}
	h.turn(noon.AddDate(0, 0, 1))
	if n := h.retain1(); n != 4 {
		t.Errorf("a day later, %d more calls lost their details, want 4", n)
	}
}

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

// TestArchivingChangesNoFigure takes the details of calls away at random points and asks for all sums after each.
func TestArchivingChangesNoFigure(t *testing.T) {
	from, to := noon.Add(-30*time.Hour), noon
	c := newCrowd(t, "Asia/Kathmandu", rand.Uint64(), crowdSize, from, to)
	c.limit("key_1", "5usd/day", "1000calls/month")
	filters := c.filters(from, to)
	c.rnd.Shuffle(len(filters), func(i, j int) { filters[i], filters[j] = filters[j], filters[i] })
	filters = filters[:25]
	all := Slot{from.Add(-time.Hour), to.Add(time.Hour)}
	figures := func() string {
		var b strings.Builder
		for _, simulated := range []bool{false, true} {
			s, err := c.Sums(bg, all, simulated)
			if err != nil {
				t.Fatal(err)
			}
			parts, err := c.Parts(bg, c.Calendar("").Days(all), simulated)
			if err != nil {
				t.Fatal(err)
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
				t.Fatal(err)
			}
			fmt.Fprintln(&b, p.Tally.Calls, p.Tally.Charged, p.Tally.Unpriced, p.Tally.Simulated, idsOf(p.Calls))
		}
		return b.String()
	}
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

func TestRetentionBySize(t *testing.T) {
	h := past(t, 350)
	h.swell()
	size, err := h.Size(bg)
	if err != nil {
		t.Fatal(err)
	}
	most := size.Used()/megabyte - 5
	if most < leastMegabytes {
		t.Fatalf("the ledger takes only %d bytes", size.Used())
	}
	f, err := h.Foresee(bg, Retention{Megabytes: most})
	if err != nil || !f.Enough || f.Calls == 0 {
		t.Fatalf("Foresee = %+v, %v", f, err)
	}
	if err := h.SetRetention(bg, Retention{Megabytes: most}); err != nil {
		t.Fatal(err)
	}
	n := h.retain1()
	after, err := h.Size(bg)
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 || after.Used() > most*megabyte || after.Used() < (most-1)*megabyte || after.File != size.File {
		t.Errorf("%d calls lost their details, %d were foreseen: %+v, was %+v, wanted %d MB", n, f.Calls, after, size, most)
	}
	if float64(f.Calls) < 0.7*float64(n) || float64(f.Calls) > 1.5*float64(n) {
		t.Errorf("%d calls lost their details, %d were foreseen", n, f.Calls)
	}
	h.check()
	if err := h.st.Set(bg, retentionSetting, `{"megabytes":1}`); err != nil { // less than can be asked for
		t.Fatal(err)
	}
	h.retain1()
	if ids := h.whole(); len(ids) != 4 {
		t.Errorf("however large the ledger is, %d calls of the last day have their details, want 4", len(ids))
	}
}

// swell makes the calls' details as large as those of very many calls.
func (h *house) swell() {
	h.t.Helper()
	err := h.st.Do(bg, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE call SET usage = json_object('a', hex(zeroblob(20000)))`)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
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

func TestRetentionIsBounded(t *testing.T) {
	h := newHouse(t)
	for _, tt := range []struct {
		r     Retention
		field string
	}{
		{Retention{}, ""},
		{Retention{Months: 1, Megabytes: 50}, ""},
		{Retention{Months: 1200, Megabytes: 1 << 24}, ""},
		{Retention{Months: -1}, "months"},
		{Retention{Months: 1201}, "months"},
		{Retention{Megabytes: 49}, "megabytes"},
		{Retention{Megabytes: -1}, "megabytes"},
		{Retention{Megabytes: 1<<24 + 1}, "megabytes"},
	} {
		field := ""
		if e := asError(h.SetRetention(bg, tt.r)); e != nil {
			field = e.Field
		}
		if field != tt.field {
			t.Errorf("SetRetention(%+v) complains about %q, want %q", tt.r, field, tt.field)
		}
		if got, err := h.Retention(bg); field == "" && (err != nil || got != tt.r) {
			t.Errorf("Retention() = %+v, %v, want %+v", got, err, tt.r)
		}
	}
}

func asError(err error) *gateway.Error {
	e, _ := err.(*gateway.Error)
	return e
}

func TestMonthsAgo(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		now    string
		months int
		want   string
	}{
		{"2026-11-21 13:00", 1, "2026-10-21 13:00"},
		{"2026-11-21 13:00", 11, "2025-12-21 13:00"},
		{"2026-11-21 13:00", 12, "2025-11-21 13:00"},
		{"2026-03-31 08:30", 1, "2026-02-28 08:30"},
		{"2024-03-31 08:30", 1, "2024-02-29 08:30"},
		{"2026-01-01 00:00", 1, "2025-12-01 00:00"},
		{"2026-05-29 02:30", 2, "2026-03-29 03:30"}, // a time that the clock left out
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", tt.now, berlin)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Retention{Months: tt.months}).byAge(now, berlin).Format("2006-01-02 15:04"); got != tt.want {
			t.Errorf("%d months before %s = %s, want %s", tt.months, tt.now, got, tt.want)
		}
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

func TestRetainWaitsForNobody(t *testing.T) {
	h := past(t, 60)
	ctx, cancel := context.WithCancel(bg)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.Retain(ctx)
	}()
	if err := h.SetRetention(bg, Retention{Months: 1}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		a, err := h.Archived(bg)
		if err != nil {
			t.Fatal(err)
		}
		if a.Calls == 29*4 || time.Now().After(deadline) { // a month's 31 days stay
			break
		}
		hold := h.mustHold("key_a", dollars("0.5"))
		hold.End(settled(hold.call, dollars("0.25")))
	}
	cancel()
	<-ended
	a, err := h.Archived(bg)
	oldest, oldestErr := h.OldestWhole(bg)
	if want := noon.AddDate(0, -1, 0); err != nil || oldestErr != nil || oldest.Before(want) || a.Last().After(want) || a.Calls == 0 {
		t.Errorf("archived %+v until %s, the oldest whole call is of %s; %v %v", a, a.Last(), oldest, err, oldestErr)
	}
	h.check()
}

// TestFreedPagesAreUsedAgain: what archiving frees takes the calls that come, and the file does not grow.
func TestFreedPagesAreUsedAgain(t *testing.T) {
	h := past(t, 60)
	h.swell()
	if err := h.SetRetention(bg, Retention{Months: 1}); err != nil {
		t.Fatal(err)
	}
	h.retain1()
	freed, err := h.Size(bg)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(h.home, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check: %s, %v", verdict, err)
	}
	for range 50 {
		hold := h.mustHold("key_a", dollars("0.5"))
		hold.End(detailed(settled(hold.call, dollars("0.25"))))
	}
	now, err := h.Size(bg)
	if err != nil || freed.Free == 0 || now.File != freed.File || now.Free >= freed.Free {
		t.Errorf("after 50 more calls the file is %+v, was %+v, %v", now, freed, err)
	}
}
