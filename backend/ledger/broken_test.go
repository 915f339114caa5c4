package ledger

import (
	"context"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

// broken is the time in which breakable's calls lie: two hours and a half.
var broken = Slot{noon.Add(-time.Hour), noon.Add(90 * time.Minute)}

// breakable is a ledger with a call of each end, and a window that windows are not remembered of.
func breakable(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.limit("key_a", "50usd/day")
	for range 2 {
		hold := h.mustHold("key_a", dollars("5"))
		hold.End(detailed(settled(hold.call, dollars("2"))))
	}
	if err := h.Refuse(bg, h.call("key_a")); err != nil {
		t.Fatal(err)
	}
	if err := h.st.Do(bg, func(*store.Tx) error { clear(h.kept); return nil }); err != nil {
		t.Fatal(err)
	}
	return h
}

// TestRowsThatCannotBeReadAreAnError: text where JSON should be.
func TestRowsThatCannotBeReadAreAnError(t *testing.T) {
	for _, tt := range []struct{ name, column string }{{"meters", "meters"}, {"lines", "lines"}, {"flags", "flags"}, {"attempts", "attempts"}, {"an error", "error"}} {
		h := breakable(t)
		h.mustExec("UPDATE call SET " + tt.column + " = '{'")
		if _, err := h.Calls(bg, Filter{}); err == nil {
			t.Errorf("%s: calls were listed", tt.name)
		}
		if _, err := h.Page(bg, Filter{}, Place{}); err == nil {
			t.Errorf("%s: a page was listed", tt.name)
		}
		if _, err := h.Call(bg, "call_000001"); err == nil {
			t.Errorf("%s: the call was shown", tt.name)
		}
	}
	h := breakable(t)
	h.mustExec(`INSERT INTO setting (name, value) VALUES ('archive', '{'), ('retention', '[')`)
	for _, q := range questions {
		if strings.Contains("the retention, what was archived, what a retention would do, the oldest whole call, from when on it holds", q.name) {
			if _, err := q.ask(h, bg); err == nil {
				t.Errorf("%s, by a note that breaks off: no error", q.name)
			}
		}
	}
	if _, _, err := h.archive(bg, noon.AddDate(1, 0, 0), 5); err == nil {
		t.Error("calls were archived by a note that breaks off")
	}
}

// TestAListIsWholeOrAnError: whoever leaves in the middle gets no part of it for all.
func TestAListIsWholeOrAnError(t *testing.T) {
	h := past(t, 150)
	whole, err := h.Calls(bg, Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for pause := time.Duration(0); pause < 6*time.Millisecond; pause += 200 * time.Microsecond {
		for _, list := range []func(context.Context) (int, error){
			func(ctx context.Context) (int, error) {
				c, err := h.Calls(ctx, Filter{Limit: 1000})
				return len(c), err
			},
			func(ctx context.Context) (int, error) {
				p, err := h.Page(ctx, Filter{Limit: 1000}, Place{})
				return len(p.Calls), err
			},
		} {
			ctx, cancel := context.WithTimeout(bg, pause)
			if n, err := list(ctx); err == nil && n != len(whole) {
				t.Errorf("after %s the list has %d calls and no error, want %d", pause, n, len(whole))
			}
			cancel()
		}
	}
}

// TestSumsThatNoNumberHolds are errors.
func TestSumsThatNoNumberHolds(t *testing.T) {
	for _, tt := range []struct{ name, table string }{{"charges", "rollup"}, {"charges of hours", "rollup_hour"}} {
		h := breakable(t)
		h.mustExec("UPDATE " + tt.table + " SET charge_pico = 9000000000000000000")
		h.mustExec("INSERT INTO " + tt.table + " SELECT slot, 'key_' || key_id, channel_id, provider, model, simulated, calls, unpriced, estimated, cut, cost_pico, charge_pico, charge_tokens, charge_calls, compared_pico, without_cache_pico, input, cache_read, cache_write_5m, cache_write_1h, output FROM " + tt.table)
		span := Slot{noon, noon.Add(15 * time.Minute)}
		if tt.table == "rollup_hour" {
			span.To = noon.Add(time.Hour)
		}
		if _, err := h.Sums(bg, span, false); err == nil {
			t.Errorf("%s: no error", tt.name)
		}
		if _, _, err := h.Charged(bg, span, false); err == nil {
			t.Errorf("%s alone: no error", tt.name)
		}
		if _, err := h.usualBurn(bg, "", noon.Add(time.Hour)); err == nil && tt.table == "rollup" {
			t.Errorf("%s: what is usual is known", tt.name)
		}
	}
	h := breakable(t)
	h.mustExec(`UPDATE unsettled_hour SET calls = 9000000000000000000`)
	h.mustExec(`INSERT INTO unsettled_hour SELECT state, slot, key_id || 'x', channel_id, model, simulated, calls FROM unsettled_hour`)
	if _, err := h.Sums(bg, Slot{noon, noon.Add(time.Hour)}, false); err == nil {
		t.Error("counts of refused calls: no error")
	}
}

// TestWhatAnErrorComesWith is nothing that could be taken for a figure.
func TestWhatAnErrorComesWith(t *testing.T) {
	h := breakable(t)
	over, cancel := context.WithCancel(bg)
	cancel()
	if m, n, err := h.Charged(over, broken, false); err == nil || n != 0 || m.Pico() != 0 {
		t.Errorf("Charged = %s, %d, %v", m, n, err)
	}
	if m, n, err := h.Spent(over, gateway.ScopeAccount, "", false); err == nil || n != 0 || m.Pico() != 0 {
		t.Errorf("Spent = %s, %d, %v", m, n, err)
	}
	if n, end, err := h.archive(over, noon.AddDate(1, 0, 0), 5); err == nil || n != 0 || end {
		t.Errorf("archive = %d, %t, %v", n, end, err)
	}
	h.mustExec("ALTER TABLE rollup_hour RENAME TO lost")
	if m, n, err := h.Charged(bg, Slot{noon.Add(-time.Hour), noon.Add(time.Hour)}, false); err == nil || n != 0 || m.Pico() != 0 {
		t.Errorf("without a table: Charged = %s, %d, %v", m, n, err)
	}
	h.mustExec("ALTER TABLE lost RENAME TO rollup_hour")
	h.mustExec("ALTER TABLE call RENAME TO lost")
	if n, end, err := h.archive(bg, noon.AddDate(1, 0, 0), 5); err == nil || n != 0 || end {
		t.Errorf("without a table: archive = %d, %t, %v", n, end, err)
	}
	if _, err := h.PreviewRepricing(bg, Selection{Book: bookAt(t, map[string]int{"m": 1})}); err == nil {
		t.Error("without a table: a preview")
	}
	h.mustExec("ALTER TABLE lost RENAME TO call")
	h.mustExec(`INSERT INTO repricing (id, state, reason, source, selection, prices, begun_at) VALUES ('rep_1', 'done', 'why', 'page', '{}', '2026-11-01', 1)`)
	h.mustExec("ALTER TABLE repricing RENAME TO lost")
	if _, _, err := h.UndoRepricing(bg, "rep_1", "why not"); err == nil {
		t.Error("without a table: undone")
	}
	h.mustExec("ALTER TABLE lost RENAME TO repricing")
}
