package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"slices"
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
