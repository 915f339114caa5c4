package ledger

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

// reopen opens the ledger of a store whose own was closed.
func (h *house) reopen(ctx context.Context) error {
	l, err := Open(ctx, h.st, Options{Home: h.home, Zone: "UTC", Now: h.time, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err == nil {
		err = l.Close()
	}
	return err
}

// TestALedgerThatCannotReadOrWriteDoesNotOpen, and says why.
func TestALedgerThatCannotReadOrWriteDoesNotOpen(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	st, err := store.Open(bg, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	other := &house{t: t, home: t.TempDir(), st: st, now: noon}
	defer st.Close()
	for _, f := range other.lost() {
		switch f.of {
		case "boot", "call", "limit_window", "limit_rule", "repricing", "boot.started_at", "limit_window.extra", "limit_window.start", "limit_rule.hard", "repricing.state":
			other.suffer(f.wrong)
			if err := other.reopen(bg); err == nil {
				t.Errorf("it opened when %s", f.name)
			}
			other.suffer(f.right)
			if err := other.reopen(bg); err != nil {
				t.Errorf("after %s: %v", f.name, err)
			}
		}
	}
	other.mustExec("CREATE TRIGGER no_boot BEFORE INSERT ON boot BEGIN SELECT RAISE(ABORT, 'no'); END")
	if err := other.reopen(bg); err == nil {
		t.Error("it opened without having noted its start")
	}
	other.mustExec("DROP TRIGGER no_boot")
	for looks := 1; looks <= mostLooks; looks++ {
		ctx := leaves(looks)
		if err := other.reopen(ctx); err != nil && !ctx.left() {
			t.Errorf("it did not open: %v", err)
		}
		if !ctx.left() {
			break
		}
	}
	f := h.spoiled("limit_rule", "tz", "'Nowhere/Else'")
	h.suffer(f.wrong)
	if err := h.loadLimits(bg); err == nil {
		t.Error("a limit of no zone was read")
	}
	h.suffer(f.right)
}

// TestAClosedLedgerHasKeptAllOrSaysSo.
func TestAClosedLedgerHasKeptAllOrSaysSo(t *testing.T) {
	h := &house{t: t, home: t.TempDir(), zone: "UTC", now: noon}
	h.start()
	hold := h.mustHold("key_a", dollars("1"))
	hold.Update(Progress{ChannelID: "ch_9"})
	h.setTrouble("no room")
	h.mustExec("ALTER TABLE setting RENAME TO lost")
	if err := h.Ledger.Close(); err == nil {
		t.Error("a ledger that takes no probe closed well")
	}
	h.mustExec("ALTER TABLE lost RENAME TO setting")
	if err := h.st.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestLimitsThatStandButCannotBeReadAgain are an error, and the next reading has them.
func TestLimitsThatStandButCannotBeReadAgain(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	h.mustExec("ALTER TABLE limit_rule RENAME COLUMN tz TO lost")
	if err := h.SetLimits(bg, gateway.ScopeKey, "key_a", nil); err == nil {
		t.Error("limits that cannot be read were set")
	}
	h.mustExec("ALTER TABLE limit_rule RENAME COLUMN lost TO tz")
	if err := h.loadLimits(bg); err != nil {
		t.Fatal(err)
	}
	if all, err := h.Limits(bg, gateway.ScopeKey, "key_a"); err != nil || len(all) != 0 {
		t.Errorf("Limits = %+v, %v", all, err)
	}
}

// TestAHoldWithoutWords is none: what cannot be written as JSON is an error before anything is held.
func TestAHoldWithoutWords(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	for name, fit := range map[string]func(gateway.Amounts) gateway.Amounts{"": nil, " that fits": func(gateway.Amounts) gateway.Amounts { return dollars("1") }} {
		s := Start{Call: h.call("key_a"), Hold: dollars("1"), Fit: fit, Progress: Progress{Usage: []byte("{")}}
		if _, err := h.Hold(bg, s); err == nil {
			t.Errorf("a hold%s whose progress is no JSON: no error", name)
		}
	}
	if _, err := h.Hold(bg, Start{Call: h.call("key_a"), Fit: func(gateway.Amounts) gateway.Amounts { return gateway.Amounts{Pico: -1} }}); err == nil {
		t.Error("a hold that chooses less than nothing: no error")
	}
	if text, err := encodeOther(func() {}, true); err == nil || text != nil {
		t.Errorf("what cannot be encoded is %v, %v", text, err)
	}
	if use := h.uses("key_a", false)[0]; use.Held != 0 || h.count("SELECT count(*) FROM call") != 0 {
		t.Errorf("the window is %+v", use)
	}
}

func TestWhatAHardLimitCovers(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day", "7calls/day")
	if err := h.SetLimits(bg, gateway.ScopeKey, "key_soft", []gateway.Limit{{Unit: gateway.USD, Window: gateway.Day, Amount: 5}}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key  string
		unit gateway.Unit
		want bool
	}{{"key_a", gateway.USD, true}, {"key_a", gateway.Calls, true}, {"key_a", gateway.Tokens, false}, {"key_soft", gateway.USD, false}, {"key_soft", gateway.Calls, false}, {"key_b", gateway.USD, false}} {
		if got := h.Covers(Payer{KeyID: tt.key}, tt.unit); got != tt.want {
			t.Errorf("Covers(%s, %s) = %t, want %t", tt.key, tt.unit, got, tt.want)
		}
	}
}

func TestADayThatIsNone(t *testing.T) {
	h := newHouse(t)
	for _, text := range []string{"", "2026-13-01", "today"} {
		if day, err := h.Calendar("UTC").Day(text); err == nil || day != (Slot{}) {
			t.Errorf("the day %q is %v, %v", text, day, err)
		}
	}
	day, err := h.Calendar("UTC").Day("2026-11-21")
	if err != nil || !day.From.Equal(noon.Add(-12*time.Hour)) || !day.To.Equal(noon.Add(12*time.Hour)) {
		t.Errorf("the day is %v, %v", day, err)
	}
}

// TestAWatchThatCannotLook is an error, and rings for nothing.
func TestAWatchThatCannotLook(t *testing.T) {
	h := newHouse(t)
	h.rest()
	h.spend("key_a", dollars("5"))
	h.mustExec("ALTER TABLE rollup RENAME TO lost")
	if err := h.watchBurns(bg); err == nil {
		t.Error("what is usual was found in no table")
	}
	h.mustExec("ALTER TABLE lost RENAME TO rollup")
	if err := h.watchBurns(bg); err != nil || len(h.Burning()) != 0 {
		t.Errorf("%v rings, %v", h.Burning(), err)
	}
}

func TestWhatIsAskedOfTheFileItself(t *testing.T) {
	h := newHouse(t)
	over, cancel := context.WithCancel(bg)
	cancel()
	if s, err := h.Size(over); err == nil {
		t.Errorf("the size is %+v", s)
	}
	h.mustExec("INSERT INTO setting (name, value) VALUES ('much', hex(zeroblob(1000000)))")
	h.mustExec("DELETE FROM setting WHERE name = 'much'")
	if s, err := h.Size(bg); err != nil || s.Free < 1_000_000 {
		t.Errorf("before it is compacted the size is %+v, %v", s, err)
	}
	if err := h.Compact(bg); err != nil {
		t.Error(err)
	}
	if s, err := h.Size(bg); err != nil || s.Free > 100_000 {
		t.Errorf("compacted the size is %+v, %v", s, err)
	}
	var e *gateway.Error
	if f, err := h.Foresee(bg, Retention{Months: -1}); !errors.As(err, &e) || e.Kind != gateway.Invalid {
		t.Errorf("Foresee = %+v, %v", f, err)
	}
}
