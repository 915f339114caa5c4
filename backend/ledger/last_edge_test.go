package ledger

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// rest ends the upkeep, which would do what a test is about.
func (h *house) rest() {
	h.cancel()
	<-h.ended
}

func TestHowManyTimesTheUsual(t *testing.T) {
	for _, tt := range []struct{ spent, usual, want int64 }{{10, 1, 100}, {25, 10, 25}, {1, 3, 3}, {10, 0, 0}, {10, -1, 0}} {
		if got := (Burn{Spent: billing.Pico(tt.spent), Usual: billing.Pico(tt.usual)}).Times(); got != tt.want {
			t.Errorf("%d of %d is %d tenths, want %d", tt.spent, tt.usual, got, tt.want)
		}
	}
}

// TestWhatRings shows what is spent now, and rings for those of whom nothing is usual but nothing.
func TestWhatRings(t *testing.T) {
	h := newHouse(t)
	b := &h.burns
	minute := minuteOf(h.clock())
	for id, usual := range map[string]int64{"key_zero": 0, "key_unknown": -1, "key_much": 1e12} {
		s := &speed{usual: usual, usualAt: noon}
		s.add(minute, 2e12)
		b.speeds[id] = s
	}
	rang, changed, _ := b.judge(noon)
	if len(rang) != 1 || rang[0].KeyID != "key_zero" || !changed {
		t.Fatalf("%+v rang, changed %t", rang, changed)
	}
	if again, changed, _ := b.judge(noon); len(again) != 0 || changed {
		t.Errorf("%+v rang again, changed %t", again, changed)
	}
	b.speeds["key_zero"].add(minute, 1e12)
	if all := h.Burning(); len(all) != 1 || all[0].Spent.Pico() != 3e12 {
		t.Errorf("what rings is %+v, want $3 of it", all)
	}
	if _, changed, _ := b.judge(noon.Add(BurnSpan)); !changed || len(h.burns.ringing) != 0 {
		t.Error("it rings after nothing was spent for a while")
	}
}

func TestWhatASubscriptionCoversLacksNoPrice(t *testing.T) {
	h := newHouse(t)
	for _, covered := range []bool{true, false} {
		c := h.call("key_a")
		c.Covered = covered
		hold, err := h.Hold(bg, Start{Call: c})
		if err != nil {
			t.Fatal(err)
		}
		o := settled(hold.call, gateway.Amounts{})
		o.Call.Bill = billing.Bill{Status: billing.Unpriced}
		hold.End(o)
	}
	p, err := h.Page(bg, Filter{Unpriced: true}, Place{})
	if err != nil || len(p.Calls) != 1 || p.Calls[0].Covered || p.Tally.Calls != 1 || p.Tally.Unpriced != 1 {
		t.Errorf("without a price are %+v, %v", p, err)
	}
	h.check()
}

// TestTheUpkeepSavesProgress without anybody asking for it.
func TestTheUpkeepSavesProgress(t *testing.T) {
	h := newHouse(t)
	hold := h.mustHold("key_a", dollars("1"))
	hold.Update(Progress{ChannelID: "ch_9", Provider: "openai"})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) { // the upkeep's own pace
		c, err := h.Call(bg, hold.call.ID)
		if err != nil {
			t.Fatal(err)
		}
		if c.ChannelID == "ch_9" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the progress was not saved")
		}
	}
	hold.End(settled(hold.call, dollars("0.5")))
}

func TestProgressThatCouldNotBeSavedIsSavedLater(t *testing.T) {
	h := newHouse(t)
	h.rest()
	hold := h.mustHold("key_a", dollars("1"))
	h.mustExec("ALTER TABLE call RENAME TO lost")
	hold.Update(Progress{ChannelID: "ch_9", Provider: "openai"})
	for range 2 {
		if err := h.saveProgress(bg); err == nil {
			t.Error("progress was saved into a table that is not there")
		}
	}
	h.mustExec("ALTER TABLE lost RENAME TO call")
	if err := h.saveProgress(bg); err != nil {
		t.Fatal(err)
	}
	if c, err := h.Call(bg, hold.call.ID); err != nil || c.ChannelID != "ch_9" {
		t.Errorf("the call's channel is %q, %v", c.ChannelID, err)
	}
	hold.End(settled(hold.call, dollars("0.5")))
}

// TestWhatCouldNotBeWrittenStays until it can be.
func TestWhatCouldNotBeWrittenStays(t *testing.T) {
	h := newHouse(t)
	h.rest()
	hold := h.mustHold("key_a", dollars("1"))
	s, err := h.settle(settled(hold.call, dollars("0.5")), hold)
	if err != nil {
		t.Fatal(err)
	}
	h.untrack(hold)
	h.mustExec("ALTER TABLE entry RENAME TO lost")
	h.Ledger.mu.Lock()
	h.unsaved = append(h.unsaved, s)
	h.Ledger.mu.Unlock()
	if err := h.writeUnsaved(bg); err == nil || len(h.unsaved) != 1 {
		t.Errorf("%d settlements wait, %v", len(h.unsaved), err)
	}
	h.setTrouble("no room")
	if err := h.replay(bg); err == nil {
		t.Error("what cannot be written was written")
	}
	if ok, _ := h.Healthy(); ok {
		t.Error("the ledger is healthy while a call waits")
	}
	h.mustExec("ALTER TABLE lost RENAME TO entry")
	if err := h.replay(bg); err != nil {
		t.Fatal(err)
	}
	if ok, _ := h.Healthy(); !ok || len(h.unsaved) != 0 {
		t.Errorf("healthy %t, %d settlements wait", ok, len(h.unsaved))
	}
	h.setTrouble("no room")
	h.mustExec("ALTER TABLE setting RENAME TO lost")
	if err := h.replay(bg); err == nil {
		t.Error("a ledger that takes no probe is healthy")
	}
	h.mustExec("ALTER TABLE lost RENAME TO setting")
	if err := h.replay(bg); err != nil {
		t.Fatal(err)
	}
	if c, err := h.Call(bg, hold.call.ID); err != nil || c.State != gateway.Settled {
		t.Errorf("the call is %s, %v", c.State, err)
	}
	h.check()
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

// TestATopUpIsTold to those who show limits.
func TestATopUpIsTold(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	events, cancel := h.Subscribe()
	defer cancel()
	for _, change := range []func() (gateway.LimitUse, error){
		func() (gateway.LimitUse, error) { return h.TopUp(bg, h.firstLimit(), 1e12, "more work", false) },
		func() (gateway.LimitUse, error) { return h.Reset(bg, h.firstLimit(), "a new week", false) },
	} {
		if _, err := change(); err != nil {
			t.Fatal(err)
		}
		select {
		case e := <-events:
			if e.Kind != LimitsChanged {
				t.Errorf("readers were told %+v", e)
			}
		default:
			t.Error("readers were told nothing")
		}
	}
}

func TestWhenAModelWasUsedLast(t *testing.T) {
	h := newHouse(t)
	hold := h.mustHold("key_a", dollars("1"))
	o := settled(hold.call, dollars("0.5"))
	o.Call.ChannelID, o.Call.Provider, o.Call.UpstreamModel = "ch_1", "openai", "m"
	hold.End(o)
	all, err := h.UsedModels(bg, noon.Add(-time.Hour))
	if err != nil || len(all) != 1 || all[0].Last.After(noon) || noon.Sub(all[0].Last) > 24*time.Hour {
		t.Errorf("used are %+v, %v", all, err)
	}
}
