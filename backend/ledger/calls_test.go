package ledger

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

func usd(t testing.TB, s string) *billing.Money {
	t.Helper()
	m, err := billing.ParseMoney(s)
	if err != nil {
		t.Fatal(err)
	}
	m = billing.Pico(m.Pico())
	return &m
}

// fullCall has a value in every field.
func fullCall(t testing.TB, c gateway.Call) gateway.Call {
	c.EndedAt = c.StartedAt.Add(1234 * time.Millisecond)
	c.ChannelID, c.Provider, c.Endpoint, c.UpstreamModel = "ch_1", "anthropic", "messages", "claude-x-2026"
	c.HTTPStatus, c.State, c.Basis, c.End = 200, gateway.Settled, gateway.Partial, gateway.UpstreamCut
	c.Charge, c.Min, c.Max = *usd(t, "0.0033"), usd(t, "0.001"), usd(t, "0.5")
	c.Attempts = []gateway.Attempt{
		{N: 1, ChannelID: "ch_0", HTTPStatus: 503, Result: gateway.Unbilled, Ms: 12, Message: "overloaded"},
		{N: 2, ChannelID: "ch_1", HTTPStatus: 200, Result: gateway.Billed, Ms: 1200},
	}
	c.Usage = json.RawMessage(`{"input_tokens":1000,"odd":{"kept":true}}`)
	c.Err = &gateway.CallError{Kind: gateway.StreamIncomplete, Message: "The upstream cut its reply."}
	c.Bill = billing.Bill{
		Status:     billing.ProviderReported,
		Lines:      []billing.Line{{What: "input", Quantity: 1000, Unit: "tokens", RateUSD: "3", Per: 1000000, Cost: usd(t, "0.003")}},
		Total:      usd(t, "0.0033"),
		Recomputed: usd(t, "0.003"), Reported: usd(t, "0.0033"),
		WithoutCache: usd(t, "0.0032"), Saved: usd(t, "-0.0001"),
		Flags:    []string{"reported_differs"},
		Card:     "anthropic/claude-x@2026-01-01",
		Note:     "Cached tokens stand beside the prompt.",
		Currency: "CNY", Native: "0.0235", FX: &billing.Rate{Day: "2026-11-20", CNYPerUSD: "7.12", Source: "test"},
	}
	for m := range c.Bill.Usage {
		c.Bill.Usage[m] = int64(m + 1)
	}
	return c
}

func TestACallIsReadAsItWasWritten(t *testing.T) {
	h := newHouse(t)
	for _, tt := range []struct {
		name string
		end  func(gateway.Call) gateway.Call
	}{
		{"with everything", func(c gateway.Call) gateway.Call { return fullCall(t, c) }},
		{"unpriced", func(c gateway.Call) gateway.Call {
			c.State, c.EndedAt, c.Bill.Status = gateway.Settled, c.StartedAt, billing.Unpriced
			return c
		}},
		{"released", func(c gateway.Call) gateway.Call {
			c.State, c.EndedAt, c.Basis, c.End = gateway.Released, c.StartedAt, gateway.Zero, gateway.Failed
			return c
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hold := h.mustHold("key_a", dollars("1"))
			want := tt.end(hold.call)
			if !hold.End(Outcome{want, gateway.Amounts{Pico: want.Charge.Pico(), Calls: 1}}) {
				t.Fatal("End was not durable")
			}
			got, err := h.Ledger.Call(bg, want.ID)
			if err != nil {
				t.Fatal(err)
			}
			if g, w := jsonText(t, got), jsonText(t, want); g != w {
				t.Errorf("Call =\n%s\nwant\n%s", g, w)
			}
			h.check()
		})
	}
	var e *gateway.Error
	if _, err := h.Ledger.Call(bg, "call_none"); !errors.As(err, &e) || e.Kind != gateway.NotFound {
		t.Errorf("Call of an unknown id = %v, want not found", err)
	}
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryMeterHasAName(t *testing.T) {
	seen := map[string]bool{}
	for m, name := range meterNames {
		if name == "" || seen[name] {
			t.Errorf("meter %d is named %q", m, name)
		}
		seen[name] = true
	}
}

func TestUsageThatIsNoJSONIsNotKept(t *testing.T) {
	h := newHouse(t)
	hold := h.mustHold("key_a", dollars("1"))
	o := settled(hold.call, dollars("1"))
	o.Call.Usage = json.RawMessage(`{"input_tok`)
	if !hold.End(o) {
		t.Fatal("End was not durable")
	}
	got, err := h.Ledger.Call(bg, hold.call.ID)
	if err != nil || got.Usage != nil {
		t.Errorf("Usage = %s, %v, want none", got.Usage, err)
	}
}

func TestCalls(t *testing.T) {
	h := newHouse(t)
	h.limit("key_b", "1calls/total")
	var ids []string
	for i, key := range []string{"key_a", "key_b", "key_b", "key_a", "key_a"} {
		h.turn(noon.Add(time.Duration(i/2) * time.Second)) // pairs start at the same time
		c := h.call(key)
		ids = append(ids, c.ID)
		hold, err := h.Hold(bg, Start{Call: c, Hold: dollars("1")})
		if err == nil && i < 4 {
			hold.End(settled(c, dollars("1")))
		}
	}
	for _, tt := range []struct {
		name   string
		filter Filter
		want   []int // places in ids
	}{
		{"newest first", Filter{}, []int{4, 3, 2, 1, 0}},
		{"a page", Filter{Limit: 2}, []int{4, 3}},
		{"the next page", Filter{Limit: 2, After: ids[3]}, []int{2, 1}},
		{"the last page", Filter{Limit: 2, After: ids[1]}, []int{0}},
		{"since a time", Filter{Since: noon.Add(time.Second)}, []int{4, 3, 2}},
		{"a key's", Filter{KeyID: "key_b"}, []int{2, 1}},
		{"settled", Filter{State: gateway.Settled}, []int{3, 1, 0}},
		{"refused", Filter{State: gateway.Refused}, []int{2}},
		{"open", Filter{State: gateway.Open}, []int{4}},
		{"released", Filter{State: gateway.Released}, nil},
		{"all at once", Filter{State: gateway.Settled, KeyID: "key_a", Since: noon, After: ids[3], Limit: 5}, []int{0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			calls, err := h.Calls(bg, tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, c := range calls {
				got = append(got, slices.Index(ids, c.ID))
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Calls(%+v) = %v, want %v", tt.filter, got, tt.want)
			}
		})
	}
	var e *gateway.Error
	if _, err := h.Calls(bg, Filter{After: "call_none"}); !errors.As(err, &e) || e.Kind != gateway.NotFound {
		t.Errorf("Calls after an unknown one = %v, want not found", err)
	}
}

// A page of the list must not read the whole table, however it is filtered.
func TestListingsUseAnIndex(t *testing.T) {
	h := newHouse(t)
	h.spend("key_a", dollars("1"))
	after := h.call("key_a").ID
	if err := h.Refuse(bg, gateway.Call{ID: after, StartedAt: noon}); err != nil {
		t.Fatal(err)
	}
	for _, f := range []Filter{
		{}, {After: after}, {Since: noon}, {KeyID: "key_a"}, {KeyID: "key_a", Since: noon, After: after},
		{State: gateway.Open}, {State: gateway.Refused, After: after}, {State: gateway.Settled},
	} {
		query, args, err := h.listing(bg, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range h.plan(query, args) {
			if step == "SCAN call" || step == "USE TEMP B-TREE FOR ORDER BY" {
				t.Errorf("Calls(%+v): %s", f, step)
			}
		}
	}
}

// plan returns the steps of a query.
func (h *house) plan(query string, args []any) (steps []string) {
	h.t.Helper()
	rows, err := h.st.Read().Query("EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			h.t.Fatal(err)
		}
		steps = append(steps, step)
	}
	return steps
}

func TestQuota(t *testing.T) {
	h := newHouse(t)
	quota := func(key string) Quota {
		t.Helper()
		q, err := h.Quota(bg, Payer{KeyID: key})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	if q := quota("key_a"); !q.Unlimited || q.AnswersFor != gateway.ScopeAccount || q.KeyID != "" || !q.Simulated || q.Spent.Pico() != 0 {
		t.Errorf("quota of an empty house = %+v", q)
	}
	sandbox := Start{Call: h.call("key_a"), Hold: dollars("1")}
	sandbox.Call.Simulated = true
	hold, err := h.Hold(bg, sandbox)
	if err != nil {
		t.Fatal(err)
	}
	hold.End(settled(hold.call, dollars("1")))
	if q := quota(""); !q.Simulated || q.Spent.String() != "1" {
		t.Errorf("quota after a simulated call = %+v, want its $1", q)
	}
	h.limit("", "100usd/month")
	h.limit("key_a", "5usd/day")
	h.spend("key_a", dollars("2"))
	h.spend("key_b", dollars("3"))
	unpriced := h.mustHold("key_b", dollars("1"))
	o := settled(unpriced.call, gateway.Amounts{Calls: 1})
	o.Call.Bill = billing.Bill{Status: billing.Unpriced}
	unpriced.End(o)
	if q := quota("key_a"); q.Simulated || q.AnswersFor != gateway.ScopeKey || q.KeyID != "key_a" || q.Spent.String() != "2" ||
		q.UnpricedCalls != 0 || len(q.Limits) != 1 || q.Limits[0].Left() != 3_000_000_000_000 {
		t.Errorf("quota of a limited key = %+v", q)
	}
	if q := quota("key_b"); q.AnswersFor != gateway.ScopeAccount || q.KeyID != "" || q.Spent.String() != "5" ||
		q.UnpricedCalls != 1 || q.Limits[0].Spent != 5_000_000_000_000 {
		t.Errorf("quota of an unlimited key = %+v", q)
	}
	h.check()
}

func TestHasCallsAndHasReal(t *testing.T) {
	h := newHouse(t)
	has := func(wantCalls, wantReal bool) {
		t.Helper()
		calls, err1 := h.HasCalls(bg)
		real, err2 := h.HasReal(bg)
		if err := errors.Join(err1, err2); err != nil || calls != wantCalls || real != wantReal {
			t.Errorf("HasCalls, HasReal = %v, %v, %v, want %v, %v", calls, real, err, wantCalls, wantReal)
		}
	}
	has(false, false)
	hold := h.mustHold("key_a", dollars("1"))
	has(true, true)
	hold.End(settled(hold.call, dollars("1")))
	has(true, true)
}
