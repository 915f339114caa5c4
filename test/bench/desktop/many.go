//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/local"
	"weir/backend/store"
	"weir/billing"
	"weir/test/standin/program"
)

const (
	manyDays    = 30
	manyWriters = 64 // calls that are written at once share their commits
	manyAsks    = 15
)

// fillMany writes calls of the last days into a fresh home, each through a hold and its end.
func fillMany(ctx context.Context, dir string, calls int) (err error) {
	st, err := store.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	l, err := ledger.Open(ctx, st, ledger.Options{Home: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	book, err := billing.ShippedBook()
	if err != nil {
		return err
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, manyWriters)
	now := time.Now()
	for range manyWriters {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= calls; n = int(next.Add(1)) {
				age := manyDays * 24 * time.Hour / time.Duration(calls) * time.Duration(calls-n)
				if err := writeCall(ctx, l, book, n, now.Add(-age)); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	return <-failed
}

var manyModels = []string{"claude-sonnet-4-6", "claude-opus-4-8", "claude-haiku-4-5"}

func writeCall(ctx context.Context, l *ledger.Ledger, book *billing.Book, n int, at time.Time) error {
	model, key := manyModels[n%3], n%5
	c := gateway.Call{ID: fmt.Sprintf("call_%026d", n), StartedAt: at, EndedAt: at.Add(3 * time.Second),
		KeyID: fmt.Sprintf("key_%d", key), KeyName: fmt.Sprintf("Assistant %d", key), ChannelID: "ch_1", Provider: "anthropic",
		Dialect: "anthropic", Op: gateway.Chat, Endpoint: "messages", Model: model, UpstreamModel: model, Stream: true, HTTPStatus: 200}
	hold, err := l.Hold(ctx, ledger.Start{Call: c, Hold: gateway.Amounts{Calls: 1}})
	if err != nil {
		return err
	}
	c.Usage = fmt.Appendf(nil, `{"input_tokens":%d,"cache_read_input_tokens":%d,"output_tokens":%d}`, n%4000, n%60000, n%900)
	c.Bill = book.Bill(billing.Case{Provider: "anthropic", Endpoint: "messages", Model: model, At: at, Usage: c.Usage})
	if c.Bill.Total == nil {
		return fmt.Errorf("the price book has no price for %s", model)
	}
	c.State, c.End, c.Basis, c.Charge = gateway.Settled, gateway.Finished, gateway.Exact, *c.Bill.Total
	c.Attempts = []gateway.Attempt{{N: 1, ChannelID: "ch_1", HTTPStatus: 200, Result: gateway.Billed, Ms: 3000}}
	if !hold.End(ledger.Outcome{Call: c, Spent: gateway.Amounts{Pico: c.Charge.Pico(), Calls: 1}}) {
		return fmt.Errorf("call %s was not written", c.ID)
	}
	return nil
}

// askMany measures what the console answers from the ledger, and how a browser scrolls its list.
func askMany(ctx context.Context, home program.Home, s *sums) error {
	server, err := home.Serve(ctx)
	if err != nil {
		return err
	}
	return errors.Join(ask(ctx, home, s), server.Stop())
}

func ask(ctx context.Context, home program.Home, s *sums) error {
	agent, err := local.Find(home.Dir)
	if err != nil {
		return err
	}
	client := local.NewClient(agent)
	defer client.Close()
	answer, err := client.Call(ctx, "calls.page", []byte(`{"limit":1}`))
	if err != nil {
		return err
	}
	var page struct{ Data struct{ At string } }
	if err := json.Unmarshal(answer, &page); err != nil {
		return err
	}
	month := time.Now().AddDate(0, 0, -manyDays).Format(time.RFC3339)
	for _, q := range []struct{ name, op, args string }{
		{"the list of calls, anew", "calls.page", `{"limit":100}`},
		{"the list of calls, of one model", "calls.page", `{"limit":100,"model":"claude-opus-4-8"}`},
		{"the list of calls, from its middle", "calls.page", fmt.Sprintf(`{"limit":100,"at":%q,"offset":50000}`, page.Data.At)},
		{"the overview of 30 days", "overview.get", fmt.Sprintf(`{"from":%q,"to":%q}`, month, time.Now().Format(time.RFC3339))},
		{"what the tray shows", "glance.get", `{}`},
	} {
		for range manyAsks {
			began := time.Now()
			answer, err := client.Call(ctx, q.op, []byte(q.args))
			took := time.Since(began)
			var envelope struct{ OK bool }
			if err = errors.Join(err, json.Unmarshal(answer, &envelope)); err != nil || !envelope.OK {
				return fmt.Errorf("%s: %w %s", q.op, err, answer)
			}
			s.add(q.name, "ms", ms(took))
		}
	}
	return scroll(ctx, client, s)
}
