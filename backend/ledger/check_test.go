package ledger

import (
	"context"
	"strings"
	"testing"
)

func TestACheckNamesWhatIsBroken(t *testing.T) {
	for _, tt := range []struct{ name, breaks, rule string }{
		{"a charge that is not in the entries", `UPDATE call SET charge_pico = charge_pico + 1`, "a settled call"},
		{"an hour that lacks a call", `UPDATE rollup_hour SET calls = 0`, "an hour is the sum of its quarters"},
		{"a quarter that lacks a token", `UPDATE rollup SET output = output + 1`, "the rollup is the sum of the settled calls"},
		{"a key's total", `UPDATE key_total SET charge_pico = charge_pico + 1`, "a key's total is the sum of its rollup"},
		{"a window that spent more", `UPDATE limit_window SET spent = spent + 1`, "a window has spent the sum of its entries"},
		{"a window that holds something", `UPDATE limit_window SET held = held + 1`, "a window holds what its open calls hold"},
		{"a refused call that was not counted", `DELETE FROM unsettled_hour`, "an hour counts the calls that were released and refused"},
		{"a call that never ended", `UPDATE call SET ended_at = NULL`, "a call has ended when"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.limit("key_a", "5usd/day")
			hold := h.mustHold("key_a", dollars("1"))
			hold.End(settled(hold.call, dollars("0.5")))
			if err := h.Refuse(bg, h.call("key_a")); err != nil {
				t.Fatal(err)
			}
			h.check()
			h.mustExec(tt.breaks)
			if err := h.Check(bg); err == nil || !strings.Contains(err.Error(), tt.rule) {
				t.Errorf("Check = %v, want it to name %q", err, tt.rule)
			}
		})
	}
	h := newHouse(t)
	ctx, cancel := context.WithCancel(bg)
	cancel()
	if err := h.Check(ctx); err == nil {
		t.Error("a check that could not be made found nothing wrong")
	}
}
