package ledger

import (
	"encoding/json"
	"testing"
	"time"

	"weir/backend/gateway"
)

// rest ends the upkeep, which would do what a test is about.
func (h *house) rest() {
	h.cancel()
	<-h.ended
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

// TestProgressIsSavedWithItsAttempts, and once only.
func TestProgressIsSavedWithItsAttempts(t *testing.T) {
	h := newHouse(t)
	hold := h.mustHold("key_a", dollars("1"))
	hold.Update(Progress{ChannelID: "ch_1", Provider: "openai", UpstreamModel: "gpt-5-x", Endpoint: "responses", Usage: json.RawMessage(`{"a":`),
		Attempts: []gateway.Attempt{{N: 1, ChannelID: "ch_1", Result: gateway.Maybe}}})
	events, cancel := h.Subscribe()
	defer cancel()
	if err := h.saveProgress(bg); err != nil {
		t.Fatal(err)
	}
	c, err := h.Call(bg, hold.call.ID)
	if err != nil || c.ChannelID != "ch_1" || c.UpstreamModel != "gpt-5-x" || len(c.Attempts) != 1 || c.Attempts[0].Result != gateway.Maybe {
		t.Errorf("the running call is %+v, %v", c, err)
	}
	if e := <-events; e.Kind != CallChanged || e.Call.ChannelID != "ch_1" || len(e.Call.Attempts) != 1 {
		t.Errorf("readers were told %+v", e)
	}
	if err := h.saveProgress(bg); err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-events:
		t.Errorf("nothing changed, and readers were told %+v", e)
	default:
	}
	if h.Running() != 1 {
		t.Errorf("%d calls run, want 1", h.Running())
	}
	hold.End(settled(hold.call, dollars("0.5")))
	if h.Running() != 0 {
		t.Errorf("%d calls run, want none", h.Running())
	}
}
