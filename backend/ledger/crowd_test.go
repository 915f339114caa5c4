package ledger

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// A crowd is a ledger with calls of every kind, and the same calls on paper.
type crowd struct {
	*house
	rnd   *rand.Rand
	calls []gateway.Call // as the ledger must have them, in the order in which they were written
}

// newCrowd makes so many calls that start between two times, at the edges of quarter hours more often than elsewhere.
func newCrowd(t testing.TB, zone string, seed uint64, n int, from, to time.Time) *crowd {
	t.Helper()
	c := &crowd{house: newHouseIn(t, zone), rnd: rand.New(rand.NewPCG(seed, 0))}
	for range n {
		c.add(from.Add(time.Duration(c.rnd.Int64N(int64(to.Sub(from))))))
	}
	return c
}

func (c *crowd) add(at time.Time) {
	c.t.Helper()
	if c.rnd.IntN(3) == 0 {
		at = at.Truncate(slot).Add(time.Duration(c.rnd.IntN(3)-1) * time.Millisecond)
	}
	call := c.call(fmt.Sprint("key_", c.rnd.IntN(3)))
	call.StartedAt, call.Model, call.Simulated = at.Truncate(time.Millisecond).UTC(), fmt.Sprint("model_", c.rnd.IntN(4)), c.rnd.IntN(6) == 0
	switch c.rnd.IntN(12) {
	case 0:
		call.State, call.End, call.HTTPStatus = gateway.Refused, gateway.WasRefused, 402
		if err := c.Refuse(bg, call); err != nil {
			c.t.Fatal(err)
		}
	case 1:
		call.State = gateway.Open
		c.open1(call)
	default:
		hold := c.open1(call)
		o := c.outcomeOf(call)
		if !hold.End(o) {
			c.t.Fatal("End was not durable")
		}
		call = o.Call
	}
	c.calls = append(c.calls, call)
}

func (c *crowd) open1(call gateway.Call) *Hold {
	c.t.Helper()
	hold, err := c.Hold(bg, Start{Call: call, Hold: gateway.Amounts{Pico: 1, Calls: 1}})
	if err != nil {
		c.t.Fatal(err)
	}
	return hold
}

// outcomeOf ends a call in one of the ways that calls end.
func (c *crowd) outcomeOf(call gateway.Call) Outcome {
	call.ChannelID, call.Provider = fmt.Sprint("ch_", c.rnd.IntN(3)), "openai"
	cost := billing.Pico(c.rnd.Int64N(1e12))
	plain := cost.Add(billing.Pico(c.rnd.Int64N(1e12) - 3e11))
	call.State, call.Basis, call.HTTPStatus, call.Charge = gateway.Settled, gateway.Exact, 200, cost
	call.End = []gateway.End{gateway.Finished, gateway.Finished, gateway.ClientLeft, gateway.UpstreamCut, gateway.Failed}[c.rnd.IntN(5)]
	call.Bill = billing.Bill{Status: billing.Priced, Total: &cost, WithoutCache: &plain}
	for m := range call.Bill.Usage {
		if c.rnd.IntN(3) > 0 {
			call.Bill.Usage[m] = c.rnd.Int64N(100_000)
		}
	}
	switch c.rnd.IntN(7) {
	case 0: // unpriced, though a part of its cost is known
		call.Bill.Total, call.Bill.WithoutCache, call.Bill.Status = nil, nil, billing.Unpriced
	case 1:
		call.Basis, call.Bill.WithoutCache = gateway.Estimated, nil
	case 2:
		call.Basis = gateway.Partial
	case 3:
		zero := billing.Money{}
		call.Basis, call.Charge, call.Bill = gateway.Zero, zero, billing.Bill{Status: billing.Priced, Total: &zero, WithoutCache: &zero}
	case 4:
		zero := billing.Money{}
		call.State, call.Basis, call.Charge, call.Bill = gateway.Released, gateway.Zero, zero, billing.Bill{Status: billing.Priced, Total: &zero}
	}
	return Outcome{call, gateway.Amounts{Pico: call.Charge.Pico(), Tokens: call.Bill.Usage.Tokens(), Calls: 1}}
}

// those are the calls that fit, newest first, as lists have them.
func (c *crowd) those(fits func(gateway.Call) bool) []gateway.Call {
	var some []gateway.Call
	for _, call := range slices.Backward(c.calls) {
		if fits(call) {
			some = append(some, call)
		}
	}
	slices.SortStableFunc(some, func(a, b gateway.Call) int { return cmp.Compare(b.StartedAt.UnixMilli(), a.StartedAt.UnixMilli()) })
	return some
}

// sumsOf adds up calls as people would, by reading one after the other.
func sumsOf(calls []gateway.Call) (s Sums) {
	for _, c := range calls {
		cut := c.End == gateway.UpstreamCut || c.End == gateway.Failed
		if c.State == gateway.Released || c.State == gateway.Settled && cut {
			s.Failed++
		}
		if c.State == gateway.Refused {
			s.Refused++
		}
		if c.State != gateway.Settled {
			continue
		}
		s.Calls++
		s.Charged = s.Charged.Add(c.Charge)
		switch b := c.Bill; {
		case b.Total == nil:
			s.Unpriced++
		case b.WithoutCache != nil:
			s.Compared, s.WithoutCache = s.Compared.Add(*b.Total), s.WithoutCache.Add(*b.WithoutCache)
		}
		if c.Basis == gateway.Estimated || c.Basis == gateway.Partial {
			s.Estimated++
		}
		u := c.Bill.Usage
		s.Fresh += u[billing.Input] + u[billing.InputAudio] + u[billing.InputImage]
		s.CacheRead += u[billing.CacheRead] + u[billing.CacheReadAudio] + u[billing.CacheReadImage]
		s.CacheWrite5m += u[billing.CacheWrite5m] + u[billing.CacheWrite]
		s.CacheWrite1h += u[billing.CacheWrite1h] + u[billing.CacheWrite12h]
		s.Output += u.Answer()
	}
	return s
}

// written makes sums comparable.
func (s Sums) written() string {
	return fmt.Sprint(s.Calls, s.Unpriced, s.Estimated, s.Failed, s.Refused, s.Charged, s.Compared, s.WithoutCache, s.Saved(),
		s.Fresh, s.CacheRead, s.CacheWrite5m, s.CacheWrite1h, s.Output)
}
