package relay

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/test/standin"
)

// add is channel with other keys, one a line.
func (h *house) add(keys string, edit func(*gateway.Channel)) gateway.Channel {
	h.t.Helper()
	ch := h.channel("openai-chat", edit)
	ch, err := h.channels.Update(context.Background(), ch, keys)
	if err != nil {
		h.t.Fatal(err)
	}
	return ch
}

// crowd sends many calls over few connections and counts the answers by their status.
func (h *house) crowd(calls, connections int, body string) map[int]int {
	h.t.Helper()
	client := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: connections}
	defer client.CloseIdleConnections()
	var left atomic.Int64
	left.Store(int64(calls))
	var mu sync.Mutex
	statuses := map[int]int{}
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				req, err := http.NewRequest(http.MethodPost, h.url+"/v1/chat/completions", strings.NewReader(body))
				if err != nil {
					h.t.Error(err)
					return
				}
				req.Header.Set("Authorization", "Bearer "+h.secret)
				status := 0
				if resp, err := client.RoundTrip(req); err == nil {
					if _, err := io.Copy(io.Discard, resp.Body); err == nil {
						status = resp.StatusCode
					}
					resp.Body.Close()
				}
				mu.Lock()
				statuses[status]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return statuses
}

// counted checks that every call was answered and charged once: as many as the upstream billed.
func (h *house) counted(calls int, statuses map[int]int, up *standin.Server) {
	h.t.Helper()
	if statuses[200] != calls || len(statuses) != 1 {
		h.t.Errorf("the answers are %v, want %d times 200", statuses, calls)
	}
	billed := 0
	for _, e := range up.Journal.Entries() {
		if e.Billed == standin.Billed {
			billed++
		}
	}
	now := time.Now()
	sums, err := h.ledger.Sums(context.Background(), ledger.Slot{From: now.Add(-time.Hour), To: now.Add(time.Hour)}, false)
	if err != nil {
		h.t.Fatal(err)
	}
	if billed != calls || sums.Calls != int64(calls) || sums.Failed != 0 || sums.Refused != 0 || sums.Estimated != 0 {
		h.t.Errorf("of %d calls the upstream billed %d, and the ledger has %+v", calls, billed, sums)
	}
	one, err := h.ledger.Calls(context.Background(), ledger.Filter{Limit: 1})
	if err != nil || len(one) != 1 {
		h.t.Fatalf("%d calls, %v", len(one), err)
	}
	if sums.Charged.Pico() == 0 || sums.Charged.Pico() != one[0].Charge.Pico()*int64(calls) {
		h.t.Errorf("%d calls at %s each were charged %s", calls, one[0].Charge, sums.Charged)
	}
	h.check()
}

// TestNoCallIsLostOrChargedTwice: one channel is dead, one wants no more, one is healthy.
func TestNoCallIsLostOrChargedTwice(t *testing.T) {
	h := build(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := h.channel("openai-chat", func(c *gateway.Channel) { c.Name, c.BaseURL = "Dead", "http://"+l.Addr().String() })
	l.Close()
	busy := standin.Start(t, standin.Options{Default: "429"})
	full := h.channel("openai-chat", func(c *gateway.Channel) { c.Name, c.BaseURL = "Full", busy.OpenAI() })
	h.channel("openai-chat", nil)
	h.limit("1000usd/total")
	h.counted(1000, h.crowd(1000, 64, chatBody(false)), h.up)
	// Both rest after a few failures: only those that were on their way at once have met them.
	if n := busy.Journal.Len(); n > 130 {
		t.Errorf("the one that wants no more was asked %d times", n)
	}
	if !h.relay.Health.Open(dead) || !h.relay.Health.Open(full) {
		t.Error("a channel that fails is not resting")
	}
}

// TestTwoKeysOfThreeAreRefused is the same with one channel, whose third key alone is accepted.
func TestTwoKeysOfThreeAreRefused(t *testing.T) {
	h := build(t)
	up := standin.Start(t, standin.Options{APIKey: "sk-third-is-good"})
	ch := h.add("sk-first-is-bad\nsk-second-is-bad\nsk-third-is-good", func(c *gateway.Channel) { c.BaseURL = up.OpenAI() })
	h.counted(1000, h.crowd(1000, 64, chatBody(false)), up)
	ch, err := h.channels.Channel(ch.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []gateway.ChannelState{gateway.ChannelBadKey, gateway.ChannelBadKey, gateway.ChannelUntested} {
		if ch.Keys[i].State != want || (ch.Keys[i].Message != "") != (want == gateway.ChannelBadKey) {
			t.Errorf("key %d is %s, %q, want %s", i, ch.Keys[i].State, ch.Keys[i].Message, want)
		}
	}
	if ch.State == gateway.ChannelBadKey {
		t.Error("a channel with a good key is marked as refused")
	}
	if n := up.Journal.Len() - 1000; n > 130 {
		t.Errorf("the refused keys were sent %d times", n)
	}
}
