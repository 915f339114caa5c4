package balance

import (
	"fmt"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
)

// TestSchedule turns the clock and lists when a key was asked for.
func TestSchedule(t *testing.T) {
	h := openHouse(t)
	up := startUpstream(t, says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"8.80"}}`}))
	ch := h.add("siliconflow", up.URL, keyed)
	looks := func(name string, most time.Duration, want ...time.Duration) {
		t.Helper()
		var got []time.Duration
		for at := time.Duration(0); at < most; at += 30 * time.Second {
			h.look(t.Context())
			if len(up.take()) > 0 {
				got = append(got, at)
			}
			h.wait(30 * time.Second)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: asked after %v, want %v", name, got, want)
		}
	}
	minute := time.Minute
	looks("at the start, and each hour", 130*minute, 30*time.Second, 60*minute+30*time.Second, 120*minute+30*time.Second)
	h.note(ledger.Event{Kind: ledger.CallChanged, Call: &gateway.Call{ChannelID: ch.ID, State: gateway.Open}})
	looks("a call that runs is no reason", 10*minute)
	h.note(ledger.Event{Kind: ledger.CallChanged, Call: &gateway.Call{ChannelID: ch.ID, State: gateway.Settled}})
	looks("a call that ended is one", 20*minute, 0)
	h.note(ledger.Event{Kind: ledger.CallChanged, Call: &gateway.Call{ChannelID: ch.ID, State: gateway.Settled}})
	looks("each ten minutes at most", minute, 0)
	h.note(ledger.Event{Kind: ledger.CallChanged, Call: &gateway.Call{ChannelID: ch.ID, State: gateway.Settled}})
	looks("however many there are", 12*minute, 9*minute)
	up.answers(status(500))
	looks("a failure is tried again, ever later", 30*time.Hour, 57*minute, 62*minute, 72*minute, 92*minute, 132*minute, 212*minute, 372*minute, 692*minute, 1332*minute)
	h.note(ledger.Event{Kind: ledger.CallChanged, Call: &gateway.Call{ChannelID: ch.ID, State: gateway.Settled}})
	looks("and a call is no reason then", minute)
	looks("after a day at most", 49*time.Hour, 811*minute, 811*minute+24*time.Hour)
	up.answers(says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"1"}}`}))
	if err := h.Ask(t.Context(), ch.ID); err != nil {
		t.Fatal(err)
	}
	up.take()
	looks("a person's question begins anew", 61*minute, 60*minute)
	h.SetAsks(false)
	looks("who does not want it is not asked for", 5*time.Hour)
	h.SetAsks(true)
	if _, err := h.Channels.SetEnabled(t.Context(), ch.ID, false); err != nil {
		t.Fatal(err)
	}
	looks("nor a channel that is off", 5*time.Hour)
}

// TestARefusedKey is asked for again when it is another one, and not before.
func TestARefusedKey(t *testing.T) {
	h := openHouse(t)
	up := startUpstream(t, says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"8.80"}}`}))
	ch := h.add("siliconflow", up.URL, keyed)
	h.wait(time.Minute)
	h.look(t.Context())
	up.answers(status(401))
	h.wait(2 * time.Hour)
	h.look(t.Context())
	if got := h.short(ch); got != "account 8.8USD 2h0m0s ago, failed 1" {
		t.Errorf("a refused key leaves %s", got)
	}
	up.take()
	h.wait(100 * time.Hour)
	h.look(t.Context())
	if asked := up.take(); len(asked) != 0 {
		t.Errorf("a refused key was tried again: %q", asked)
	}
	ch, err := h.Channels.Update(t.Context(), ch, another)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.short(ch); got != "" {
		t.Errorf("of the new key it knows %s", got)
	}
	up.answers(says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"3"}}`}))
	h.look(t.Context())
	if asked := up.take(); len(asked) != 1 || asked[0] != another+" /v1/user/info" {
		t.Errorf("it asked %q", asked)
	}
	if got := h.short(ch); got != "account 3USD 0s ago" {
		t.Errorf("of the new key it knows %s", got)
	}
}

// TestRestart shows at once what was known, with its age, and does not forget to be patient.
func TestRestart(t *testing.T) {
	h := &house{t: t, home: t.TempDir(), now: noon}
	shut := h.open()
	up := startUpstream(t, says(map[string]string{"/v1/user/info": `{"data":{"totalBalance":"8.80"}}`}))
	good := h.add("siliconflow", up.URL, keyed)
	failing := startUpstream(t, status(500))
	bad := h.add("siliconflow", failing.URL, keyed)
	h.wait(time.Minute)
	for range 3 {
		h.wait(20 * time.Minute)
		h.look(t.Context())
	}
	before := h.short(good) + " | " + h.short(bad)
	if before != "account 8.8USD 40m0s ago | , failed 3" {
		t.Errorf("before the restart: %s", before)
	}
	shut()
	h.open()
	if after := h.short(good) + " | " + h.short(bad); after != before {
		t.Errorf("after the restart: %s, before: %s", after, before)
	}
	up.take()
	failing.take()
	for _, tt := range []struct {
		wait      time.Duration
		good, bad int
	}{{0, 0, 0}, {firstAfter, 1, 0}, {20 * time.Minute, 0, 1}} {
		h.wait(tt.wait)
		h.look(t.Context())
		if good, bad := len(up.take()), len(failing.take()); good != tt.good || bad != tt.bad {
			t.Errorf("%v later: the good one was asked %d times, the bad one %d", tt.wait, good, bad)
		}
	}
}
