package balance

import (
	"context"
	"errors"
	"sync"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/provider"
)

const (
	firstAfter  = 30 * time.Second // a start has enough to do without this
	lookEvery   = 10 * time.Second // how often Run looks whom to ask
	askEvery    = time.Hour        // without a call
	askAtMost   = 10 * time.Minute // with calls
	backoffFrom = 5 * time.Minute  // after the first failure; twice as long after each further one
	backoffMost = 24 * time.Hour
	atOnce      = 4 // channels that are asked at the same time
)

// Run asks by the schedule until ctx ends.
func (b *Balances) Run(ctx context.Context) {
	calls, stop := b.Ledger.Subscribe()
	defer stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-calls:
			if !ok {
				return
			}
			b.note(e)
		case <-look.C:
			b.look(ctx)
		}
	}
}

// note remembers that a channel was used: what is left there is another amount now.
func (b *Balances) note(e ledger.Event) {
	if e.Call == nil || e.Call.State != gateway.Settled || e.Call.ChannelID == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used[e.Call.ChannelID] = b.Now()
}

// look asks where it is time.
func (b *Balances) look(ctx context.Context) {
	if err := b.forget(ctx); err != nil {
		b.Log.Error("old balances could not be forgotten", "err", err)
	}
	if !b.Asks() {
		return
	}
	turns := make(chan struct{}, atOnce)
	var wait sync.WaitGroup
	defer wait.Wait()
	for _, ch := range b.Channels.All() {
		if p, _ := provider.ByID(ch.Provider); !ch.Enabled || len(p.Balances) == 0 || !b.anyDue(ch) {
			continue
		}
		turns <- struct{}{}
		wait.Go(func() {
			defer func() { <-turns }()
			b.askDue(ctx, ch)
		})
	}
}

func (b *Balances) anyDue(ch gateway.Channel) bool {
	for _, k := range ch.Keys[:min(len(ch.Keys), most)] {
		if f, known := b.finding(place{ch.ID, k.ID, ch.BaseURL}); b.due(ch.ID, f, known) {
			return true
		}
	}
	return false
}

// askDue asks for those keys of a channel for which it is time. A keychain that is locked, and a
// channel that just changed, are tried again with the next look.
func (b *Balances) askDue(ctx context.Context, ch gateway.Channel) {
	err := b.askChannel(ctx, ch, func(f Finding, known bool) bool { return b.due(ch.ID, f, known) })
	var known *gateway.Error
	if err != nil && ctx.Err() == nil && !errors.As(err, &known) {
		b.Log.Error("a balance could not be asked for", "channel", ch.ID, "err", err)
	}
}

// due says whether it is time to ask for a key. What this run has not asked yet is asked soon
// after the start; after that each hour, more often while the channel is used, and ever less
// while it fails. A key that was refused is not tried again.
func (b *Balances) due(channel string, f Finding, known bool) bool {
	now := b.Now()
	started := !now.Before(b.started.Add(b.first))
	switch {
	case !known:
		return started
	case f.NextAt.IsZero():
		return false
	case !now.Before(f.NextAt), f.NextAt.Sub(now) > 2*backoffMost: // the clock went back
		return started
	case f.Failures > 0, now.Before(f.AskedAt.Add(askAtMost)):
		return false
	case f.AskedAt.Before(b.started):
		return started
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used[channel].After(f.AskedAt)
}

// after is what is known after a question. A failure leaves the last good answer as it was.
func (b *Balances) after(f Finding, amounts []provider.Amount, no *provider.Unanswered) Finding {
	f.AskedAt = b.Now()
	if no == nil {
		f.Amounts, f.FetchedAt, f.Failures, f.Error = amounts, f.AskedAt, 0, ""
		f.NextAt = f.AskedAt.Add(askEvery + b.Jitter(askEvery/10))
		return f
	}
	f.Failures, f.Error = f.Failures+1, no.Says
	f.NextAt = f.AskedAt.Add(b.backoff(f.Failures))
	if no.Refused {
		f.NextAt = time.Time{}
	}
	return f
}

// backoff is how long to wait after so many failures.
func (b *Balances) backoff(failures int) time.Duration {
	wait := backoffFrom
	for range failures - 1 {
		if wait *= 2; wait >= backoffMost {
			wait = backoffMost
			break
		}
	}
	return min(wait+b.Jitter(wait/4), backoffMost)
}
