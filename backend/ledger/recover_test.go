package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"weir/backend/gateway"
	"weir/billing"
)

// crash opens the home anew without any end of the old ledger.
func (h *house) crash() {
	h.t.Helper()
	h.cancel()
	<-h.ended
	if err := h.st.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.start()
}

func TestRecoverSettlesWhatACrashLeftOpen(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day", "1000tokens/day")
	hold := h.mustHold("key_a", dollars("1"))
	if err := hold.Extend(bg, dollars("0.5")); err != nil {
		t.Fatal(err)
	}
	want := Progress{
		ChannelID: "ch_1", Provider: "anthropic", UpstreamModel: "claude-x", Endpoint: "messages",
		Prices: "anthropic", PriceModel: "claude-x", InputTokens: 1000, OutputTokens: 20,
		Usage: json.RawMessage(`{"input_tokens":1000}`), Tier: "standard",
		Attempts: []gateway.Attempt{{N: 1, ChannelID: "ch_1", HTTPStatus: 200, Result: gateway.Billed, Ms: 3}},
	}
	hold.Update(Progress{InputTokens: 1})
	hold.Update(want)
	if err := h.saveProgress(bg); err != nil {
		t.Fatal(err)
	}
	done := h.mustHold("key_a", dollars("1"))
	done.End(settled(done.call, dollars("1")))
	h.crash()

	var seen []Interrupted
	n, err := h.Recover(bg, func(i Interrupted) Outcome {
		seen = append(seen, i)
		o := settled(i.Call, dollars("0.7"))
		o.Call.Basis, o.Call.ID, o.Call.KeyID = gateway.Estimated, "", ""
		return o
	})
	if err != nil || n != 1 || len(seen) != 1 {
		t.Fatalf("Recover = %d, %v, saw %d", n, err, len(seen))
	}
	if got := seen[0]; !reflect.DeepEqual(got.Progress, want) || got.Held != dollars("1").Add(dollars("0.5")) ||
		got.Call.ChannelID != "ch_1" || got.Call.State != gateway.Open {
		t.Errorf("interrupted = %+v", got)
	}
	h.check()
	c, err := h.Ledger.Call(bg, hold.call.ID)
	if err != nil || c.State != gateway.Settled || c.Basis != gateway.Estimated || c.KeyID != "key_a" {
		t.Errorf("call = %+v, %v", c, err)
	}
	if got := h.uses("key_a", false)[0]; got.Spent != 1_700_000_000_000 || got.Held != 0 {
		t.Errorf("limit = %+v, want $1.70 spent", got)
	}
	h.crash()
	if n, err := h.Recover(bg, func(Interrupted) Outcome { panic("nothing is left") }); n != 0 || err != nil {
		t.Errorf("the second Recover = %d, %v", n, err)
	}
}

func TestRecoverLeavesTheRunningBootAlone(t *testing.T) {
	h := newHouse(t)
	hold := h.mustHold("key_a", dollars("1"))
	if n, err := h.Recover(bg, func(Interrupted) Outcome { panic("the call runs") }); n != 0 || err != nil {
		t.Errorf("Recover = %d, %v", n, err)
	}
	hold.End(settled(hold.call, dollars("1")))
	h.check()
}

func TestRecoverTakesManyCalls(t *testing.T) {
	h := newHouse(t)
	h.limit("", "900usd/month")
	const many = 2*recoverGroup + 7
	for range many {
		h.mustHold("key_a", dollars("1"))
	}
	h.crash()
	n, err := h.Recover(bg, func(i Interrupted) Outcome {
		i.Call.State, i.Call.Basis = gateway.Released, gateway.Zero
		return Outcome{i.Call, gateway.Amounts{}}
	})
	if err != nil || n != many {
		t.Fatalf("Recover = %d, %v, want %d", n, err, many)
	}
	h.check()
	if got := h.uses("", false)[0]; got.Held != 0 || got.Spent != 0 {
		t.Errorf("limit = %+v, want nothing held", got)
	}
}

func TestASavedCallShowsItsChannelWhileItRuns(t *testing.T) {
	h := newHouse(t)
	h.rest()
	hold := h.mustHold("key_a", dollars("1"))
	events, cancel := h.Subscribe()
	defer cancel()
	hold.Update(Progress{ChannelID: "ch_1", Provider: "openai", Endpoint: "chat/completions"})
	if err := errors.Join(h.saveProgress(bg), h.saveProgress(bg)); err != nil {
		t.Fatal(err)
	}
	c, err := h.Ledger.Call(bg, hold.call.ID)
	if err != nil || c.ChannelID != "ch_1" || c.Provider != "openai" || c.State != gateway.Open {
		t.Errorf("call = %+v, %v", c, err)
	}
	if e := <-events; e.Call == nil || e.Call.ChannelID != "ch_1" {
		t.Errorf("event = %+v", e)
	}
	if len(events) != 0 {
		t.Error("progress that did not change was saved again")
	}
}

func TestFeed(t *testing.T) {
	h := newHouse(t)
	events, cancel := h.Subscribe()
	slow, cancelSlow := h.Subscribe()
	hold := h.mustHold("key_a", dollars("1"))
	hold.End(settled(hold.call, dollars("1")))
	h.limit("key_a", "1calls/total")
	for i, want := range []string{"call open", "call settled", "limits"} {
		e := <-events
		got := string(e.Kind)
		if e.Call != nil {
			got += " " + string(e.Call.State)
		}
		if got != want || e.Missed {
			t.Errorf("event %d = %s, missed %v, want %s", i, got, e.Missed, want)
		}
	}
	cancel()
	cancel()
	if _, ok := <-events; ok {
		t.Error("an event came after cancel")
	}
	var last string
	for range backlog {
		last = h.call("key_b").ID
		if err := h.Refuse(bg, gateway.Call{ID: last, StartedAt: noon}); err != nil {
			t.Fatal(err)
		}
	}
	missed := false
	var newest *gateway.Call
	for len(slow) > 0 {
		e := <-slow
		missed, newest = missed || e.Missed, e.Call
	}
	if !missed || newest == nil || newest.ID != last {
		t.Errorf("a slow reader: missed %v, newest %v, want the newest and to know what it missed", missed, newest)
	}
	cancelSlow()
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	for _, spoil := range []string{
		"UPDATE call SET ended_at = NULL WHERE state = 'settled'",
		"UPDATE call SET charge_pico = charge_pico + 1 WHERE state = 'settled'",
		"UPDATE call SET state = 'released' WHERE state = 'settled'",
		"UPDATE call SET simulated = 1 WHERE state = 'settled'",
		"UPDATE limit_window SET spent = spent + 1",
		"UPDATE limit_window SET held = held + 1",
		"UPDATE call SET holds = NULL WHERE state = 'open'",
		"UPDATE call SET holds = replace(holds, 'lim_', 'mil_') WHERE state = 'open'",
		"UPDATE call SET holds = replace(holds, 'usd', 'calls') WHERE state = 'open'",
		"UPDATE call SET holds = '[]' WHERE state = 'settled'",
		"UPDATE call SET hold_pico = 7 WHERE state = 'open'",
		"UPDATE rollup SET calls = calls + 1",
		"DELETE FROM rollup",
		"DELETE FROM rollup_hour",
		"UPDATE rollup_hour SET output = output + 1",
		"UPDATE key_total SET charge_pico = charge_pico - 1",
		"UPDATE key_total SET unpriced = 1",
		"INSERT INTO entry (call_id, limit_id, window_start, simulated, kind, amount, basis, at) SELECT call_id, 'lim_none', 0, simulated, kind, amount, basis, at FROM entry WHERE limit_id IS NULL",
		"INSERT INTO entry (call_id, simulated, kind, amount, basis, at) VALUES ('call_none', 0, 'charge', -1, '', 0)",
	} {
		t.Run(spoil, func(t *testing.T) {
			h := newHouse(t)
			h.limit("key_a", "50usd/day")
			h.spend("key_a", dollars("1"))
			h.mustHold("key_a", dollars("1"))
			h.check()
			h.mustExec(spoil)
			if err := h.Check(bg); err == nil {
				t.Error("Check found nothing")
			}
		})
	}
}

func TestEntriesAreNeverChanged(t *testing.T) {
	h := newHouse(t)
	h.spend("key_a", dollars("1"))
	for _, query := range []string{
		"UPDATE entry SET amount = 0",
		"DELETE FROM entry",
		"INSERT INTO entry (call_id, simulated, kind, amount, basis, at) SELECT call_id, simulated, kind, amount, basis, at FROM entry",
	} {
		if _, err := h.exec(query); err == nil {
			t.Errorf("%s was done", query)
		}
	}
	h.check()
}

func TestEndIsOnce(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	hold := h.mustHold("key_a", dollars("1"))
	answers := make(chan bool)
	for i := range 20 {
		go func() {
			answers <- hold.End(settled(hold.call, dollars(fmt.Sprintf("0.%02d", i+1))))
		}()
	}
	for range 20 {
		if !<-answers {
			t.Error("an End was not durable")
		}
	}
	h.check()
	if got := h.uses("key_a", false)[0]; got.Spent <= 0 || got.Spent > 200_000_000_000 || got.Held != 0 {
		t.Errorf("limit = %+v, want one of the outcomes", got)
	}
	o := settled(hold.call, dollars("3"))
	o.Call.Charge = billing.Pico(1)
	hold.End(o)
	h.check()
}
