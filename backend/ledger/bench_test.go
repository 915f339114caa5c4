//go:build unix

package ledger

import (
	"encoding/json"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// BenchmarkHoldEnd is a whole call's bookkeeping as the relay asks for it, both commits waited for.
func BenchmarkHoldEnd(b *testing.B) {
	for _, limits := range []int{0, 1, 3} {
		for _, callers := range []int{1, 16, 128} {
			b.Run(fmt.Sprintf("%d limits, %d at once", limits, callers), func(b *testing.B) {
				h, bill := newHouse(b), usualBill(b)
				if limits > 0 {
					h.limit("key_a", []string{"9000000usd/day", "9000000calls/month"}[:(limits+1)/2]...)
				}
				if limits > 1 {
					h.limit("", "9000000usd/month")
				}
				b.ReportAllocs()
				b.ResetTimer()
				began := cpuTime(b)
				crowded(b, callers, func() { h.bookkeep("key_a", bill) })
				b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N)/float64(time.Microsecond), "µs-CPU/op")
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
			})
		}
	}
}

// crowded lets so many callers at once do something b.N times in all.
func crowded(b *testing.B, callers int, do func()) {
	work := make(chan struct{}, callers)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range work {
				do()
			}
		})
	}
	for range b.N {
		work <- struct{}{}
	}
	close(work)
	wg.Wait()
}

// bookkeep writes a call of a key with all that a usual one has.
func (h *house) bookkeep(keyID string, bill billing.Bill) {
	c := h.call(keyID)
	p := Progress{ChannelID: "ch_01ktf3cmv2", Provider: "openai", UpstreamModel: c.Model, Endpoint: "chat/completions", Prices: "openai", PriceModel: c.Model, InputTokens: 300}
	hold, err := h.Hold(bg, Start{Call: c, Hold: dollars("0.01"), Progress: p, RefusedStatus: 402})
	if err != nil {
		h.t.Error(err)
		return
	}
	hold.Update(p)
	if !hold.End(usual(hold.call, bill)) {
		h.t.Error("End was not durable")
	}
}

// usual is a finished call with a bill of lines, usage and an attempt, as the relay settles it.
func usual(c gateway.Call, bill billing.Bill) Outcome {
	c.State, c.Basis, c.End, c.HTTPStatus = gateway.Settled, gateway.Exact, gateway.Finished, 200
	c.ChannelID, c.Provider, c.Endpoint, c.UpstreamModel = "ch_01ktf3cmv2", "openai", "chat/completions", c.Model
	c.EndedAt, c.Usage, c.Bill, c.Charge = c.StartedAt.Add(time.Second), json.RawMessage(usualUsage), bill, *bill.Total
	c.Attempts = []gateway.Attempt{{N: 1, ChannelID: c.ChannelID, HTTPStatus: 200, Result: gateway.Billed, Ms: 20}}
	return Outcome{c, gateway.Amounts{Pico: c.Charge.Pico(), Tokens: bill.Usage.Tokens(), Calls: 1}}
}

const usualUsage = `{"prompt_tokens":300,"completion_tokens":40,"total_tokens":340,` +
	`"prompt_tokens_details":{"cached_tokens":128,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,` +
	`"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`

// usualBill is what usualUsage costs.
func usualBill(b *testing.B) billing.Bill {
	book, err := billing.ShippedBook()
	if err != nil {
		b.Fatal(err)
	}
	bill := book.Bill(billing.Case{Provider: "openai", Endpoint: "chat/completions", Model: "gpt-5", At: noon, Usage: json.RawMessage(usualUsage)})
	if bill.Total == nil {
		b.Fatalf("the price book has no price: %+v", bill)
	}
	return bill
}

// cpuTime is what the process has used so far, user and system.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
