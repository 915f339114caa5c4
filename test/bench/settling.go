package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
)

const (
	settleCallers = 16
	settleRounds  = 6
	settleEach    = 2000 // calls of a round
)

// settling measures what a call costs that is held and settled, on an empty ledger and a large one in turns.
func settling(ctx context.Context, emptyHome string, filled *ledger.Ledger) (empty, large figure, err error) {
	found := map[*ledger.Ledger][]figure{}
	err = openLedger(ctx, emptyHome, func(fresh *ledger.Ledger) error {
		lim := []gateway.Limit{{Unit: gateway.USD, Window: gateway.Day, TZ: "UTC", Amount: 1e18, Hard: true}}
		if err := fresh.SetLimits(ctx, gateway.ScopeKey, fillKey, lim); err != nil {
			return err
		}
		for n := range settleRounds {
			for _, l := range []*ledger.Ledger{fresh, filled} {
				f, err := settleRound(ctx, l, n)
				if err != nil {
					return err
				}
				found[l] = append(found[l], f)
			}
		}
		empty, large = middle(found[fresh]), middle(found[filled])
		return nil
	})
	return empty, large, err
}

func middle(list []figure) figure {
	return figure{rps: median(list, func(f figure) float64 { return f.rps }), cpu: median(list, func(f figure) time.Duration { return f.cpu })}
}

func settleRound(ctx context.Context, l *ledger.Ledger, round int) (figure, error) {
	before, err := readCPU(os.Getpid())
	if err != nil {
		return figure{}, err
	}
	began := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, settleCallers)
	for caller := range settleCallers {
		wg.Go(func() {
			for n := next.Add(1); n <= settleEach && errs[caller] == nil; n = next.Add(1) {
				errs[caller] = settleOne(ctx, l, fmt.Sprintf("call_z%025d", int64(round)*settleEach+n))
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	after, err := readCPU(os.Getpid())
	if err = errors.Join(append(errs, err)...); err != nil {
		return figure{}, err
	}
	return figure{rps: settleEach / took.Seconds(), cpu: (after - before) / settleEach}, nil
}

const settleUsage = `{"input_tokens":300,"cache_read_input_tokens":4000,"cache_creation_input_tokens":0,"output_tokens":120}`

// settleOne writes a call as the relay does.
func settleOne(ctx context.Context, l *ledger.Ledger, id string) error {
	c := gateway.Call{ID: id, StartedAt: l.Now(), KeyID: fillKey, KeyName: "Assistant 0", Dialect: "anthropic", Op: gateway.Chat,
		Endpoint: "messages", Model: "model-0", Stream: true}
	hold, err := l.Hold(ctx, ledger.Start{Call: c, Hold: gateway.Amounts{Pico: 9e9, Tokens: 5000, Calls: 1}})
	if err != nil {
		return err
	}
	total := billing.Pico(3_900_000_000)
	c.State, c.End, c.Basis, c.Charge, c.HTTPStatus = gateway.Settled, gateway.Finished, gateway.Exact, total, 200
	c.ChannelID, c.Provider, c.UpstreamModel, c.Usage = "ch_0", "anthropic", "model-0", json.RawMessage(settleUsage)
	c.Attempts = []gateway.Attempt{{N: 1, ChannelID: "ch_0", HTTPStatus: 200, Result: gateway.Billed, Ms: 20}}
	c.Bill = billing.Bill{Status: billing.Priced, Total: &total, WithoutCache: &total, Card: "anthropic/model/2026-01"}
	for _, m := range []billing.Meter{billing.Input, billing.CacheRead, billing.Output} {
		c.Bill.Usage[m] = 300
		c.Bill.Lines = append(c.Bill.Lines, billing.Line{What: "input", Quantity: 300, Unit: "tokens", RateUSD: "3", Per: 1_000_000, Cost: &total})
	}
	if !hold.End(ledger.Outcome{Call: c, Spent: gateway.Amounts{Pico: total.Pico(), Tokens: 900, Calls: 1}}) {
		return fmt.Errorf("call %s was not written", id)
	}
	return nil
}
