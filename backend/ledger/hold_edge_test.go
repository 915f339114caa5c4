package ledger

import (
	"errors"
	"strings"
	"testing"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// TestAHoldThatFindsTheDiskFullIsTold by the ledger's health, and so is more of one.
func TestAHoldThatFindsTheDiskFullIsTold(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(h *house, hold *Hold) error
	}{
		{"a hold", func(h *house, _ *Hold) error { _, err := h.hold("key_a", dollars("1")); return err }},
		{"more of a hold", func(_ *house, hold *Hold) error { return hold.Extend(bg, dollars("1")) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.rest()
			h.limit("key_a", "5usd/day")
			hold := h.mustHold("key_a", dollars("1"))
			h.mustExec("CREATE TABLE ballast (b BLOB)")
			for _, act := range []string{"INSERT", "UPDATE"} { // so that the next row needs new pages, whatever is free
				h.mustExec("CREATE TRIGGER ballast_" + act + " AFTER " + act + " ON call BEGIN INSERT INTO ballast VALUES (zeroblob(1000000)); END")
			}
			h.fillDisk()
			var e *gateway.Error
			if err := tt.do(h, hold); !errors.As(err, &e) || e.Kind != gateway.Storage {
				t.Errorf("on a full disk: %v, want a storage error", err)
			}
			if ok, why := h.Healthy(); ok || why != i18n.T("error.store.full") {
				t.Errorf("Healthy = %t, %q", ok, why)
			}
			h.freeDisk()
		})
	}
}

// TestMoreOfAHoldShowsEachLimitOnce, as the windows are then.
func TestMoreOfAHoldShowsEachLimitOnce(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day", "7calls/day")
	hold := h.mustHold("key_a", dollars("1"))
	if err := hold.Extend(bg, dollars("0.5")); err != nil {
		t.Fatal(err)
	}
	uses := hold.Uses()
	if len(uses) != 2 || uses[0].Limit.ID == uses[1].Limit.ID {
		t.Fatalf("Uses = %+v, want each of the two limits once", uses)
	}
	for _, use := range uses {
		if want := map[gateway.Unit]int64{gateway.USD: 15e11, gateway.Calls: 2}[use.Unit]; use.Held != want {
			t.Errorf("in %s %d are held, want %d", use.Unit, use.Held, want)
		}
	}
}

// TestAHoldOfWhatIsLeftSaysThatItCannotReadIt, and not what came of that.
func TestAHoldOfWhatIsLeftSaysThatItCannotReadIt(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	h.mustExec("ALTER TABLE limit_window RENAME COLUMN extra TO lost")
	_, err := h.Hold(bg, Start{Call: h.call("key_a"), Fit: func(left gateway.Amounts) gateway.Amounts { return dollars("1") }})
	if err == nil || !strings.Contains(err.Error(), "extra") {
		t.Errorf("Hold = %v, want it to name the column", err)
	}
	h.mustExec("ALTER TABLE limit_window RENAME COLUMN lost TO extra")
}
