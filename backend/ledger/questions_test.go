package ledger

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// A question is what a ledger is asked without being changed.
type question struct {
	name string
	ask  func(h *house, ctx context.Context) (any, error)
}

// both puts two answers into one.
func both[A, B any](a A, b B, err error) (any, error) { return []any{a, b}, err }

// questions are all that a ledger is asked, of what furnished makes.
var questions = []question{
	{"a call", func(h *house, ctx context.Context) (any, error) { return h.Call(ctx, "call_000001") }},
	{"calls", func(h *house, ctx context.Context) (any, error) { return h.Calls(ctx, Filter{}) }},
	{"calls after one", func(h *house, ctx context.Context) (any, error) {
		return h.Calls(ctx, Filter{After: "call_000004"})
	}},
	{"a page", func(h *house, ctx context.Context) (any, error) { return h.Page(ctx, Filter{}, Place{}) }},
	{"a page further", func(h *house, ctx context.Context) (any, error) {
		return h.Page(ctx, Filter{}, Place{At: "call_000005", Offset: 1})
	}},
	{"a page of a span", func(h *house, ctx context.Context) (any, error) {
		return h.Page(ctx, Filter{Since: noon.Add(-5 * time.Hour), Until: noon.Add(time.Hour), State: gateway.Settled}, Place{})
	}},
	{"a page of what is dear", func(h *house, ctx context.Context) (any, error) {
		h.counts.forget()
		over := billing.Pico(1)
		return h.Page(ctx, Filter{Over: &over}, Place{})
	}},
	{"every call", func(h *house, ctx context.Context) (any, error) {
		var all []gateway.Call
		var err error
		for c, one := range h.Every(ctx, Filter{}) {
			all, err = append(all, c), errors.Join(err, one)
		}
		return all, err
	}},
	{"whether there is a call", func(h *house, ctx context.Context) (any, error) { return h.HasCalls(ctx) }},
	{"whether there is a real one", func(h *house, ctx context.Context) (any, error) { return h.HasReal(ctx) }},
	{"sums", func(h *house, ctx context.Context) (any, error) { return h.Sums(ctx, furnishedIn, false) }},
	{"parts", func(h *house, ctx context.Context) (any, error) { return h.Parts(ctx, []Slot{furnishedIn}, false) }},
	{"charges", func(h *house, ctx context.Context) (any, error) { return both(h.Charged(ctx, furnishedIn, false)) }},
	{"charges of a key", func(h *house, ctx context.Context) (any, error) {
		return h.ChargedTo(ctx, gateway.ScopeKey, "key_a", furnishedIn, false)
	}},
	{"charges of a group", func(h *house, ctx context.Context) (any, error) {
		return h.ChargedTo(ctx, gateway.ScopeGroup, "grp_a", furnishedIn, false)
	}},
	{"a key's name", func(h *house, ctx context.Context) (any, error) { return h.KeyName(ctx, "key_a") }},
	{"a quota", func(h *house, ctx context.Context) (any, error) { return h.Quota(ctx, Payer{KeyID: "key_a"}) }},
	{"what was spent", func(h *house, ctx context.Context) (any, error) {
		return both(h.Spent(ctx, gateway.ScopeAccount, "", false))
	}},
	{"what uses limits", func(h *house, ctx context.Context) (any, error) {
		return h.Uses(ctx, gateway.ScopeKey, "key_a", false)
	}},
	{"which limits there are", func(h *house, ctx context.Context) (any, error) {
		err := h.loadLimits(ctx)
		return len(*h.rules.Load()), err
	}},
	{"a limit's changes", func(h *house, ctx context.Context) (any, error) { return h.WindowChanges(ctx, h.firstLimit()) }},
	{"models that were used", func(h *house, ctx context.Context) (any, error) {
		return h.UsedModels(ctx, noon.Add(-5*time.Hour))
	}},
	{"models without a price", func(h *house, ctx context.Context) (any, error) {
		return h.UnpricedModels(ctx, noon.Add(-5*time.Hour))
	}},
	{"a provider's days", func(h *house, ctx context.Context) (any, error) { return h.UpstreamDays(ctx, furnishedDays) }},
	{"calls that are apart", func(h *house, ctx context.Context) (any, error) {
		days, err := h.UpstreamDays(ctx, furnishedDays)
		if err != nil {
			return nil, err
		}
		return h.Gaps(ctx, days, 5)
	}},
	{"repricings", func(h *house, ctx context.Context) (any, error) { return h.Repricings(ctx) }},
	{"a repricing", func(h *house, ctx context.Context) (any, error) { return h.Repricing(ctx, h.lastRepricing) }},
	{"repricings of calls", func(h *house, ctx context.Context) (any, error) { return h.Repriced(ctx, "call_000001", "call_000003") }},
	{"what a repricing would do", func(h *house, ctx context.Context) (any, error) {
		return h.PreviewRepricing(ctx, Selection{Provider: "openai", Book: bookAt(h.t, map[string]int{"a": 9, "b": 7})})
	}},
	{"reconciliations", func(h *house, ctx context.Context) (any, error) { return h.Reconciliations(ctx) }},
	{"a check", func(h *house, ctx context.Context) (any, error) { return nil, h.Check(ctx) }},
	{"the retention", func(h *house, ctx context.Context) (any, error) { return h.Retention(ctx) }},
	{"from when on it holds", func(h *house, ctx context.Context) (any, error) { return h.retainBefore(ctx) }},
	{"what was archived", func(h *house, ctx context.Context) (any, error) { return h.Archived(ctx) }},
	{"what a retention would do", func(h *house, ctx context.Context) (any, error) { return h.Foresee(ctx, Retention{Months: 1}) }},
	{"the oldest whole call", func(h *house, ctx context.Context) (any, error) { return h.OldestWhole(ctx) }},
	{"what is usually spent", func(h *house, ctx context.Context) (any, error) {
		return h.usualBurn(ctx, "key_a", noon.Add(time.Hour))
	}},
	{"what earlier starts left", func(h *house, ctx context.Context) (any, error) { return h.interrupted(ctx) }},
}

// furnishedIn is the time in which furnished's calls lie, and furnishedDays are its days.
var (
	furnishedIn   = Slot{noon.Add(-270 * time.Minute), noon.Add(90 * time.Minute)}
	furnishedDays = DaySpan{From: noon.AddDate(0, -3, 0), To: noon.AddDate(0, 0, 2)}
)

// furnished is a ledger with two at least of all that it can have.
func furnished(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.join("key_a", "grp_a")
	h.turn(noon.AddDate(0, -2, 0))
	book := bookAt(t, map[string]int{"a": 3})
	h.priced("key_a", "a", 100_000, book)
	h.priced("key_b", "b", 1000, book)
	for i, model := range []string{"a", "b", "a", "x", "b", "y"} {
		h.turn(noon.Add(time.Duration(i-6) * 45 * time.Minute))
		h.priced("key_a", model, 100_000, book)
	}
	if n, _, err := h.archive(bg, noon.AddDate(0, -1, 0), 1); err != nil || n != 1 {
		t.Fatalf("%d calls were archived, %v", n, err)
	}
	h.turn(noon)
	for _, texts := range [][]string{{"key_a", "500usd/day", "9000calls/total"}, {"", "900usd/month"}, {"grp_a", "800usd/week"}} {
		h.limit(texts[0], texts[1:]...)
	}
	h.reprice(Selection{Book: bookAt(t, map[string]int{"a": 4})})
	_, r := h.reprice(Selection{Book: bookAt(t, map[string]int{"a": 5, "b": 5})})
	h.lastRepricing = r.ID
	h.reportedCall("c", 900, 400)
	h.reportedCall("d", 700, 400)
	h.reportedCall("c", 800, 400)
	for _, state := range []gateway.CallState{gateway.Released, gateway.Refused} {
		for _, key := range []string{"key_a", "key_b"} {
			h.endedAs(state, key)
		}
	}
	for range 2 {
		if _, err := h.TopUp(bg, h.firstLimit(), 5, "more work", false); err != nil {
			t.Fatal(err)
		}
		if _, err := h.KeepReconciliation(bg, Reconciliation{Name: "a.csv", Format: "x", Result: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
		h.mustHold("key_a", dollars("1"))
	}
	if err := h.SetRetention(bg, Retention{Months: 2, Megabytes: leastMegabytes}); err != nil {
		t.Fatal(err)
	}
	h.mustExec("UPDATE call SET boot_id = 0 WHERE state = 'open'")
	h.check()
	return h
}

// endedAs writes a call that is not settled.
func (h *house) endedAs(state gateway.CallState, key string) {
	h.t.Helper()
	if state == gateway.Refused {
		if err := h.Refuse(bg, h.call(key)); err != nil {
			h.t.Fatal(err)
		}
		return
	}
	hold := h.mustHold(key, dollars("1"))
	o := settled(hold.call, gateway.Amounts{})
	o.Call.State, o.Call.ChannelID = state, "ch_1"
	hold.End(o)
}

func (h *house) firstLimit() string {
	limits, err := h.Limits(bg, gateway.ScopeKey, "key_a")
	if err != nil || len(limits) == 0 {
		h.t.Fatalf("no limits: %v", err)
	}
	return limits[0].ID
}

// telling are columns that some questions need, and others of the same table do not.
const telling = `call.seq call.state call.started_at call.boot_id call.simulated call.holds call.priced_by call.archived_at call.key_name call.charge_pico
	call.reported_pico call.lines rollup.unpriced rollup.charge_pico rollup_hour.unpriced rollup_hour.charge_tokens unsettled_hour.calls key_total.unpriced
	key_total.key_id upstream_day.unpriced upstream_day.worst_pico repricing.state repricing.undone_at repricing_call.booked limit_window.extra limit_rule.place
	setting.value boot.started_at entry.kind limit_change.kind reconciliation.result`

// TestNoAnswerIsAPart: what cannot be read is an error, and never an empty answer or a part of one.
func TestNoAnswerIsAPart(t *testing.T) {
	h := furnished(t)
	askUnder(t, h, slices.DeleteFunc(h.lost(), func(f fault) bool { return !f.table() && !slices.Contains(strings.Fields(telling), f.of) }))
}

func TestNoAnswerEndsAtARowThatCannotBeRead(t *testing.T) {
	h := furnished(t)
	askUnder(t, h, h.unreadable())
}

// TestWhoHasLeftIsAnswered with an error alone.
func TestWhoHasLeftIsAnswered(t *testing.T) {
	h := furnished(t)
	over, cancel := context.WithCancel(bg)
	cancel()
	for _, q := range questions {
		if answer, err := q.ask(h, over); err == nil {
			t.Errorf("%s, of somebody who has left: %+v and no error", q.name, answer)
		}
	}
}
