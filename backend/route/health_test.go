package route

import (
	"testing"
	"time"

	"weir/backend/gateway"
)

// A clock is a Health's time in a test.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func ailing() (*Health, *clock) {
	c := &clock{time.Unix(1_000_000, 0)}
	return NewHealth(c.now), c
}

func channel(id string, keys ...string) gateway.Channel {
	ch := gateway.Channel{ID: id}
	for _, k := range keys {
		ch.Keys = append(ch.Keys, gateway.ChannelKey{ID: k})
	}
	return ch
}

func TestBreaker(t *testing.T) {
	h, clock := ailing()
	a := channel("a")
	h.Failed("a", 0)
	h.Failed("a", 0)
	if h.Open(a) {
		t.Error("two failures opened the breaker")
	}
	h.Failed("a", 0)
	if !h.Open(a) {
		t.Error("three failures in a row left it closed")
	}
	for range 60 {
		h.Failed("a", 0) // of calls that were on their way
	}
	clock.at = clock.at.Add(cooldown)
	if h.Open(a) {
		t.Error("it is still open after its first rest")
	}
	h.Failed("a", 0)
	clock.at = clock.at.Add(2*cooldown - time.Second)
	if !h.Open(a) {
		t.Error("its second rest is not twice as long")
	}
	h.Succeeded("a")
	if h.Open(a) {
		t.Error("a success left it open")
	}
	h.Failed("b", time.Minute)
	if !h.Open(channel("b")) {
		t.Error("an upstream's own advice was not heeded")
	}
}

func TestOneCallFindsOut(t *testing.T) {
	h, clock := ailing()
	a := channel("a")
	h.Failed("a", time.Minute)
	if !h.Begin("a") {
		t.Error("a breaker forbade")
	}
	clock.at = clock.at.Add(time.Minute)
	if h.Open(a) || !h.Begin("a") {
		t.Error("nobody may find out")
	}
	if h.Begin("a") || !h.Open(a) {
		t.Error("two calls find out at once")
	}
	h.Left("a")
	if !h.Begin("a") {
		t.Error("after one that left nobody may find out")
	}
	clock.at = clock.at.Add(probing)
	if !h.Begin("a") {
		t.Error("one that never came back is waited for without end")
	}
	h.Succeeded("a")
	for range 2 {
		if !h.Begin("a") || h.Open(a) {
			t.Error("a success did not close it")
		}
	}
}

func TestKeysRestAlone(t *testing.T) {
	h, clock := ailing()
	keys := []Key{{"k1", "one"}, {"k2", "two"}, {"k3", "three"}}
	ch := channel("c", "k1", "k2", "k3")
	pick := func(want string, tried ...string) {
		t.Helper()
		if k, ok := h.Pick(keys, tried); k.ID != want || ok != (want != "") {
			t.Errorf("after %v Pick = %q, %v, want %q", tried, k.ID, ok, want)
		}
	}
	pick("k1")
	pick("k2", "k1")
	h.Spent("k1", 0)
	pick("k2")
	h.Refused("k2")
	pick("k3")
	if h.Open(ch) {
		t.Error("a channel rests that has a key left")
	}
	pick("", "k3") // what rests is not tried after another key
	h.Spent("k3", time.Minute)
	if !h.Open(ch) {
		t.Error("a channel does not rest though all of its keys do")
	}
	pick("k1") // its rest ends first
	clock.at = clock.at.Add(cooldown)
	pick("k1") // finds out
	pick("k1") // all others rest, and nobody forbids
	h.Succeeded("c", "k1")
	pick("k1")
	clock.at = clock.at.Add(refusedRest)
	pick("k2", "k1")
	pick("k3", "k1")
	h.Refused("k2")
	clock.at = clock.at.Add(2*refusedRest - time.Second)
	h.Spent("k1", time.Hour)
	h.Spent("k3", time.Hour)
	pick("k2") // rests, but not for an hour
	if !h.Open(ch) {
		t.Error("a key that was refused twice rests no longer than once")
	}
}
