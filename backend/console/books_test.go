package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"testing"
	"time"

	"weir/backend/access"
	"weir/backend/balance"
	"weir/backend/counting"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/prices"
	"weir/backend/relay"
	"weir/backend/route"
	"weir/backend/secret"
	"weir/backend/store"
	"weir/billing"
)

// books are a console on a ledger of its own, with a clock that tests turn and the calls on paper.
type books struct {
	*Console
	t     testing.TB
	rnd   *rand.Rand
	now   time.Time
	door  Door
	calls []gateway.Call
	ids   int
}

func openBooks(t testing.TB, zone string, now time.Time) *books {
	t.Helper()
	ctx, home, log := context.Background(), t.TempDir(), slog.New(slog.DiscardHandler)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	b := &books{t: t, now: now, rnd: rand.New(rand.NewPCG(rand.Uint64(), 0)), door: Door{Open: true, Port: 9347}}
	clock := func() time.Time { return b.now }
	st, err := store.Open(ctx, home)
	must(err)
	t.Cleanup(func() { must(st.Close()) })
	led, err := ledger.Open(ctx, st, ledger.Options{Home: home, Now: clock, Zone: zone, Log: log})
	must(err)
	t.Cleanup(func() { must(led.Close()) })
	keys, err := access.Open(ctx, st, clock)
	must(err)
	box := secret.Open(home, false, log)
	_, err = box.Seal(ctx, "test", "1", "secret", []byte("waits until the box is open"))
	must(err)
	channels, err := route.OpenChannels(ctx, st, box, clock)
	must(err)
	book, err := prices.Open(ctx, st, clock)
	must(err)
	balances, err := balance.Open(ctx, balance.Config{Store: st, Channels: channels, Ledger: led, Now: clock, Log: log,
		Upstream: func(string) (http.RoundTripper, error) { return &http.Transport{DisableKeepAlives: true}, nil },
		Proxy:    func(*http.Request) (*url.URL, error) { return nil, nil }, Jitter: func(time.Duration) time.Duration { return 0 }})
	must(err)
	checks, err := counting.Open(ctx, st)
	must(err)
	b.Console = &Console{Balances: balances, Counting: checks, Home: home, Access: keys, Channels: channels, Ledger: led, Prices: book, Box: box, Relay: &relay.Relay{}, Now: clock, Log: log,
		Door: func() Door { return b.door }, Store: st, Client: &http.Transport{DisableKeepAlives: true}}
	must(b.Restore(ctx))
	return b
}

// ask carries out an operation that must succeed, and returns its data.
func ask[T any](b *books, op string, args any) T {
	b.t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		b.t.Fatal(err)
	}
	e := b.Call(context.Background(), op, raw)
	if !e.OK {
		b.t.Fatalf("%s %s = %+v", op, raw, *e.Error)
	}
	if size, err := json.Marshal(e); err != nil || len(size) > 1<<20 {
		b.t.Fatalf("%s answers %d bytes, %v", op, len(size), err)
	}
	return e.Data.(T)
}

// add writes a call as one that ended so; without a state it stays open.
func (b *books) add(at time.Time, c gateway.Call) gateway.Call {
	b.t.Helper()
	b.ids++
	c.ID, c.StartedAt, c.Dialect, c.Op = fmt.Sprintf("call_%06d", b.ids), at.UTC().Truncate(time.Millisecond), "openai-chat", gateway.Chat
	if c.KeyName == "" {
		c.KeyName = c.KeyID + " as it was"
	}
	ctx := context.Background()
	if c.State == gateway.Refused {
		if err := b.Ledger.Refuse(ctx, c); err != nil {
			b.t.Fatal(err)
		}
	} else {
		hold, err := b.Ledger.Hold(ctx, ledger.Start{Call: c})
		if err != nil {
			b.t.Fatal(err)
		}
		spent := gateway.Amounts{Pico: c.Charge.Pico(), Tokens: c.Bill.Usage.Tokens(), Calls: 1}
		if c.State != "" && !hold.End(ledger.Outcome{Call: c, Spent: spent}) {
			b.t.Fatal("a call did not end")
		}
	}
	b.calls = append(b.calls, c)
	return c
}

// paid is a settled call of a cost, with what it would have cost without a cache.
func paid(key, channel, model, cost, withoutCache string) gateway.Call {
	c := gateway.Call{KeyID: key, ChannelID: channel, Model: model, State: gateway.Settled, Basis: gateway.Exact, End: gateway.Finished}
	total, plain := amount(cost), amount(withoutCache)
	c.Charge = total
	c.Bill = billing.Bill{Status: billing.Priced, Total: &total, WithoutCache: &plain}
	return c
}

func amount(s string) billing.Money {
	m, err := billing.ParseMoney(s)
	if err != nil {
		panic(err)
	}
	return m
}

// crowd adds calls of every kind that start between two times.
func (b *books) crowd(n int, from, to time.Time) {
	b.t.Helper()
	for range n {
		pico := func() string { return billing.Pico(b.rnd.Int64N(1e12)).String() }
		c := paid(fmt.Sprint("key_", b.rnd.IntN(4)), fmt.Sprint("ch_", b.rnd.IntN(3)), fmt.Sprint("model_", b.rnd.IntN(8)), pico(), pico())
		for _, m := range []billing.Meter{billing.Input, billing.CacheRead, billing.CacheWrite, billing.CacheWrite5m, billing.CacheWrite1h, billing.CacheWrite12h, billing.Output} {
			c.Bill.Usage[m] = b.rnd.Int64N(10_000)
		}
		switch b.rnd.IntN(10) {
		case 0:
			c.Bill.Total, c.Bill.WithoutCache = nil, nil
		case 1:
			c.Basis, c.Bill.WithoutCache = gateway.Estimated, nil
		case 2:
			c.Basis, c.End = gateway.Partial, gateway.UpstreamCut
		case 3:
			zero := billing.Money{}
			c.State, c.Basis, c.End, c.Charge, c.Bill = gateway.Released, gateway.Zero, gateway.Failed, zero, billing.Bill{Total: &zero}
		case 4:
			c.State, c.End, c.ChannelID, c.Charge, c.Bill = gateway.Refused, gateway.WasRefused, "", billing.Money{}, billing.Bill{}
		case 5:
			c.State, c.Charge, c.Bill = "", billing.Money{}, billing.Bill{}
		}
		c.Simulated = b.rnd.IntN(5) == 0
		b.add(from.Add(time.Duration(b.rnd.Int64N(int64(to.Sub(from))))), c)
	}
}

// sumUp adds up real calls as people would.
func sumUp(calls []gateway.Call, fits func(gateway.Call) bool) Sums {
	var s Sums
	var spent, plain, saved billing.Money
	for _, c := range calls {
		if c.Simulated || !fits(c) {
			continue
		}
		if c.State == gateway.Released || c.State == gateway.Settled && (c.End == gateway.UpstreamCut || c.End == gateway.Failed) {
			s.FailedCalls++
		}
		if c.State == gateway.Refused {
			s.RefusedCalls++
		}
		if c.State != gateway.Settled {
			continue
		}
		s.Calls++
		spent = spent.Add(c.Charge)
		if c.Bill.Total == nil {
			s.UnpricedCalls++
		} else if c.Bill.WithoutCache != nil {
			plain, saved = plain.Add(*c.Bill.WithoutCache), saved.Add(c.Bill.WithoutCache.Sub(*c.Bill.Total))
		}
		if c.Basis != gateway.Exact {
			s.EstimatedCalls++
		}
		u := c.Bill.Usage
		s.Tokens.Fresh += u[billing.Input]
		s.Tokens.CacheRead += u[billing.CacheRead]
		s.Tokens.CacheWrite5m += u[billing.CacheWrite5m] + u[billing.CacheWrite]
		s.Tokens.CacheWrite1h += u[billing.CacheWrite1h] + u[billing.CacheWrite12h]
		s.Tokens.Output += u[billing.Output]
	}
	s.SpentUSD, s.WithoutCacheUSD, s.SavedUSD = spent.String(), plain.String(), saved.String()
	if in := s.Tokens.Fresh + s.Tokens.CacheRead + s.Tokens.CacheWrite5m + s.Tokens.CacheWrite1h; in > 0 {
		share := int(s.Tokens.CacheRead * 1000 / in)
		s.HitPermille = &share
	}
	return s
}

// same fails unless two values are the same as JSON.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	g, err1 := json.Marshal(got)
	w, err2 := json.Marshal(want)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if string(g) != string(w) {
		t.Fatalf("%s =\n%s\nwant\n%s", what, g, w)
	}
}
