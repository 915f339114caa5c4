package ledger

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
)

// An ask is one question or order to a ledger, with the tables that it cannot do without.
type ask struct {
	name   string
	tables string
	do     func(h *house, ctx context.Context) error
}

// asks are all that a ledger is asked, of the key and the limit that broken makes.
var asks = []ask{
	{"a call", "call", func(h *house, ctx context.Context) error { _, err := h.Call(ctx, "call_000001"); return err }},
	{"calls", "call", func(h *house, ctx context.Context) error { _, err := h.Calls(ctx, Filter{}); return err }},
	{"calls after one", "call", func(h *house, ctx context.Context) error {
		_, err := h.Calls(ctx, Filter{After: "call_000001"})
		return err
	}},
	{"a page", "call rollup_hour key_total", func(h *house, ctx context.Context) error { _, err := h.Page(ctx, Filter{}, Place{}); return err }},
	{"a page further", "call", func(h *house, ctx context.Context) error {
		_, err := h.Page(ctx, Filter{}, Place{At: "call_000001", Offset: 1})
		return err
	}},
	{"a page of what is dear", "call", func(h *house, ctx context.Context) error {
		over := billing.Pico(1)
		_, err := h.Page(ctx, Filter{Over: &over}, Place{})
		return err
	}},
	{"every call", "call", func(h *house, ctx context.Context) (err error) {
		for _, one := range h.Every(ctx, Filter{}) {
			err = errors.Join(err, one)
		}
		return err
	}},
	{"whether there is a call", "call", func(h *house, ctx context.Context) error { _, err := h.HasCalls(ctx); return err }},
	{"whether there is a real one", "key_total", func(h *house, ctx context.Context) error { _, err := h.HasReal(ctx); return err }},
	{"sums", "rollup_hour rollup unsettled_hour", func(h *house, ctx context.Context) error { _, err := h.Sums(ctx, broken, false); return err }},
	{"parts", "rollup_hour rollup unsettled_hour", func(h *house, ctx context.Context) error {
		_, err := h.Parts(ctx, []Slot{broken}, false)
		return err
	}},
	{"charges", "rollup_hour rollup", func(h *house, ctx context.Context) error { _, _, err := h.Charged(ctx, broken, false); return err }},
	{"charges of a key", "rollup_hour rollup", func(h *house, ctx context.Context) error {
		_, err := h.ChargedTo(ctx, gateway.ScopeKey, "key_a", broken, false)
		return err
	}},
	{"a key's name", "call", func(h *house, ctx context.Context) error { _, err := h.KeyName(ctx, "key_a"); return err }},
	{"a quota", "key_total", func(h *house, ctx context.Context) error { _, err := h.Quota(ctx, Payer{KeyID: "key_a"}); return err }},
	{"what was spent", "key_total", func(h *house, ctx context.Context) error {
		_, _, err := h.Spent(ctx, gateway.ScopeAccount, "", false)
		return err
	}},
	{"a limit's changes", "limit_change", func(h *house, ctx context.Context) error {
		_, err := h.WindowChanges(ctx, h.firstLimit())
		return err
	}},
	{"models that were used", "rollup_hour", func(h *house, ctx context.Context) error {
		_, err := h.UsedModels(ctx, noon.Add(-time.Hour))
		return err
	}},
	{"models without a price", "upstream_day", func(h *house, ctx context.Context) error {
		_, err := h.UnpricedModels(ctx, noon.Add(-time.Hour))
		return err
	}},
	{"a provider's days", "upstream_day", func(h *house, ctx context.Context) error { _, err := h.UpstreamDays(ctx, DaySpan{}); return err }},
	{"repricings", "repricing", func(h *house, ctx context.Context) error { _, err := h.Repricings(ctx); return err }},
	{"a repricing", "repricing", func(h *house, ctx context.Context) error { _, err := h.Repricing(ctx, "rep_1"); return err }},
	{"reconciliations", "reconciliation", func(h *house, ctx context.Context) error { _, err := h.Reconciliations(ctx); return err }},
	{"a reconciliation", "reconciliation", func(h *house, ctx context.Context) error { _, err := h.Reconciliation(ctx, "rec_1"); return err }},
	{"to keep a reconciliation", "reconciliation", func(h *house, ctx context.Context) error {
		_, err := h.KeepReconciliation(ctx, Reconciliation{Name: "a.csv", Format: "x", Result: []byte(`{}`)})
		return err
	}},
	{"to forget one", "reconciliation", func(h *house, ctx context.Context) error { return h.ForgetReconciliation(ctx, "rec_1") }},
	{"a check", "call entry rollup key_total limit_window", func(h *house, ctx context.Context) error { return h.Check(ctx) }},
	{"the retention", "setting", func(h *house, ctx context.Context) error { _, err := h.Retention(ctx); return err }},
	{"to set it", "setting", func(h *house, ctx context.Context) error { return h.SetRetention(ctx, Retention{Months: 1}) }},
	{"to retain", "setting", func(h *house, ctx context.Context) error { _, err := h.RetainOnce(ctx); return err }},
	{"to archive", "setting call", func(h *house, ctx context.Context) error {
		_, _, err := h.archive(ctx, noon.AddDate(1, 0, 0), 5)
		return err
	}},
	{"what was archived", "setting", func(h *house, ctx context.Context) error { _, err := h.Archived(ctx); return err }},
	{"what a retention would do", "setting call", func(h *house, ctx context.Context) error { _, err := h.Foresee(ctx, Retention{Months: 1}); return err }},
	{"the oldest whole call", "setting call", func(h *house, ctx context.Context) error { _, err := h.OldestWhole(ctx); return err }},
	{"a hold", "call limit_window", func(h *house, ctx context.Context) error {
		_, err := h.Hold(ctx, Start{Call: h.call("key_a"), Hold: dollars("0.1")})
		return err
	}},
	{"a refusal", "call unsettled_hour", func(h *house, ctx context.Context) error { return h.Refuse(ctx, h.call("key_a")) }},
	{"to set limits", "limit_rule", func(h *house, ctx context.Context) error {
		return h.SetLimits(ctx, gateway.ScopeKey, "key_b", []gateway.Limit{{Unit: gateway.USD, Window: gateway.Day, TZ: "UTC", Amount: 5, Hard: true}})
	}},
	{"to top a window up", "limit_change limit_window", func(h *house, ctx context.Context) error {
		_, err := h.TopUp(ctx, h.firstLimit(), 5, "a reason", false)
		return err
	}},
	{"to begin a window anew", "limit_change limit_window entry", func(h *house, ctx context.Context) error {
		_, err := h.Reset(ctx, h.firstLimit(), "a reason", false)
		return err
	}},
	{"whether somebody spends too fast", "rollup", func(h *house, ctx context.Context) error { return h.watchBurns(ctx) }},
	{"what earlier starts left", "call", func(h *house, ctx context.Context) error {
		_, err := h.Recover(ctx, func(in Interrupted) Outcome { return Outcome{Call: in.Call} })
		return err
	}},
}

// broken is the time in which the calls of those tests lie: two hours and a half.
var broken = Slot{noon.Add(-time.Hour), noon.Add(90 * time.Minute)}

func (h *house) firstLimit() string {
	limits, err := h.Limits(bg, gateway.ScopeKey, "key_a")
	if err != nil || len(limits) == 0 {
		h.t.Fatalf("no limits: %v", err)
	}
	return limits[0].ID
}

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

// TestWhatCannotBeReadIsAnError, and never an empty answer.
func TestWhatCannotBeReadIsAnError(t *testing.T) {
	h := breakable(t)
	over, cancel := context.WithCancel(bg)
	cancel()
	missing := []string{"a repricing", "a reconciliation", "to forget one"} // there is none of these
	for _, a := range asks {
		err := a.do(h, bg)
		if none := strings.Contains(strings.Join(missing, "|"), a.name); (err != nil) != none {
			t.Errorf("%s: %v", a.name, err)
		}
		if err := a.do(h, over); err == nil && a.name != "whether somebody spends too fast" {
			t.Errorf("%s, of somebody who has left: no error", a.name)
		}
	}
	h.check()
	tables := map[string]bool{}
	for _, a := range asks {
		for table := range strings.FieldsSeq(a.tables) {
			tables[table] = true
		}
	}
	for table := range tables {
		h := breakable(t)
		h.mustExec("ALTER TABLE " + table + " RENAME TO lost")
		for _, a := range asks {
			if !strings.Contains(" "+a.tables+" ", " "+table+" ") {
				continue
			}
			var e *gateway.Error
			if err := a.do(h, bg); err == nil || errors.As(err, &e) && e.Kind == gateway.NotFound {
				t.Errorf("%s, without the table %s: %v", a.name, table, err)
			}
		}
		h.mustExec("ALTER TABLE lost RENAME TO " + table)
		h.check()
	}
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
	for _, a := range asks {
		if strings.HasPrefix(a.tables, "setting") && a.name != "to set it" {
			if err := a.do(h, bg); err == nil {
				t.Errorf("%s, by a note that breaks off: no error", a.name)
			}
		}
	}
}
