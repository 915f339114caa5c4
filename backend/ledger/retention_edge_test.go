package ledger

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"weir/backend/gateway"
)

func TestRetainingEndsWithItsContext(t *testing.T) {
	h := past(t, 150)
	if err := h.SetRetention(bg, Retention{Months: 1}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	events := make(chan error, 1)
	go func() {
		_, err := h.RetainOnce(ctx)
		events <- err
	}()
	for {
		a, err := h.Archived(bg)
		if err != nil {
			t.Fatal(err)
		}
		if a.Calls > 0 {
			break
		}
	}
	cancel()
	if err := <-events; !errors.Is(err, context.Canceled) {
		if a, _ := h.Archived(bg); a.Calls < 119*4 { // unless it was at its end
			t.Errorf("whoever leaves is told %v", err)
		}
	}
	if h.Retaining() {
		t.Error("it still retains")
	}
}

// TestWhatARetentionWouldDoByBothBounds: the stricter one decides.
func TestWhatARetentionWouldDoByBothBounds(t *testing.T) {
	h := past(t, 350)
	h.swell()
	size, err := h.Size(bg)
	if err != nil {
		t.Fatal(err)
	}
	var last int64
	for _, tt := range []struct {
		r    Retention
		more bool // than the case before
	}{
		{Retention{Months: 11}, true},
		{Retention{Months: 11, Megabytes: size.Used() / megabyte}, false},
		{Retention{Months: 11, Megabytes: size.Used()/megabyte - 5}, true},
		{Retention{Months: 6, Megabytes: size.Used()/megabyte - 5}, true},
		{Retention{Months: 6}, false},
	} {
		f, err := h.Foresee(bg, tt.r)
		if err != nil || !f.Enough || (f.Calls > last) != tt.more || f.Calls < last || f.Before.IsZero() || f.Bytes < f.Calls*10_000 {
			t.Errorf("Foresee(%+v) = %+v, %v, after %d calls", tt.r, f, err, last)
		}
		last = f.Calls
	}
}

func TestWhereOldCallsEnd(t *testing.T) {
	h := past(t, 2)
	tx, err := h.st.Read().BeginTx(bg, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	first := noon.AddDate(0, 0, -2)
	for _, tt := range []struct {
		seq          int64
		latest, want time.Time
	}{
		{0, noon, first}, {1, noon, first.Add(6 * time.Hour)}, {1, first, first}, {1, first.Add(6 * time.Hour), first.Add(6 * time.Hour)}, {1 << 40, noon, noon},
	} {
		if got, err := afterSome(bg, tx, tt.seq, tt.latest); err != nil || !got.Equal(tt.want) {
			t.Errorf("after row %d, at the latest %s: %s, %v, want %s", tt.seq, tt.latest, got, err, tt.want)
		}
	}
}

// TestARetentionThatCannotBeReadRemovesNothing, and says so.
func TestARetentionThatCannotBeReadRemovesNothing(t *testing.T) {
	h := past(t, 3)
	if err := h.SetRetention(bg, Retention{Months: 1}); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"setting", "call"} {
		h.mustExec("ALTER TABLE " + table + " RENAME TO lost")
		if n, err := h.RetainOnce(bg); err == nil || n != 0 || h.Retaining() {
			t.Errorf("without the table %s: RetainOnce = %d, %v", table, n, err)
		}
		h.mustExec("ALTER TABLE lost RENAME TO " + table)
	}
}

// TestNobodyIsChargedForWhatWasRefused: such a list has no money, and lacks none.
func TestNobodyIsChargedForWhatWasRefused(t *testing.T) {
	h := newHouse(t)
	h.spend("key_a", dollars("1"))
	for _, state := range []gateway.CallState{gateway.Released, gateway.Refused} {
		h.endedAs(state, "key_a")
		p, err := h.Page(bg, Filter{State: state}, Place{})
		if err != nil || len(p.Calls) != 1 || *p.Tally != (Tally{Calls: 1}) {
			t.Errorf("of those that were %s: %+v, %v", state, p.Tally, err)
		}
	}
}
