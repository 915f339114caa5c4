// Package balance asks providers how much money is left with them, on a schedule that backs off,
// and keeps what they said with its age. It spends nothing, and never takes silence for a zero.
package balance

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/provider"
	"weir/backend/route"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// A Config is what balances work with. Every field is needed.
type Config struct {
	Store    *store.Store
	Channels *route.Channels
	Ledger   *ledger.Ledger                                // tells which channels are used
	Upstream func(proxy string) (http.RoundTripper, error) // reaches the providers, as a channel's calls do
	Proxy    func(*http.Request) (*url.URL, error)         // through which proxy the environment leads
	Now      func() time.Time
	Jitter   func(most time.Duration) time.Duration // a random part of it, so that not all is asked at once
	Log      *slog.Logger
}

// A Finding is what is known of the money behind one key of a channel.
type Finding struct {
	KeyID     string            // of the channel's key
	Amounts   []provider.Amount // of the last good answer, the nearest bound first; empty: there was none
	FetchedAt time.Time         // of the last good answer; zero: there was none
	AskedAt   time.Time
	NextAt    time.Time // before which nothing is asked unbidden; zero: not before the key is another
	Failures  int       // since the last good answer
	Error     string    // why the last question had no answer, in a sentence; empty: it had one
}

// Balances keeps what providers said. It is safe for concurrent use.
type Balances struct {
	Config
	started time.Time
	first   time.Duration // after the start, until the first questions
	on      atomic.Bool
	changed atomic.Pointer[func()]

	mu    sync.Mutex
	known map[place]Finding
	used  map[string]time.Time // when a channel last ended a call
}

// A place is whose money it is. The same key at another address is another account.
type place struct{ channel, key, base string }

// Setting is the name under which it is stored whether anything is asked unbidden; "no" is no.
const Setting = "ask_balances"

// Open reads what was known when the last run ended.
func Open(ctx context.Context, cfg Config) (*Balances, error) {
	b := &Balances{Config: cfg, started: cfg.Now(), used: map[string]time.Time{}}
	b.first = firstAfter + cfg.Jitter(firstAfter/2)
	said, err := cfg.Store.Setting(ctx, Setting)
	if err != nil {
		return nil, err
	}
	b.on.Store(said != "no")
	b.known, err = readFindings(ctx, cfg.Store)
	return b, err
}

// Hear calls told after every change from now on. It must not wait.
func (b *Balances) Hear(told func()) { b.changed.Store(&told) }

// Asks says whether providers are asked unbidden.
func (b *Balances) Asks() bool { return b.on.Load() }

// SetAsks turns it on or off, until the next start: the setting is stored by whoever keeps those.
func (b *Balances) SetAsks(on bool) { b.on.Store(on) }

// Of returns what is known of a channel's keys, in the order in which they are used.
func (b *Balances) Of(ch gateway.Channel) (found []Finding) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range ch.Keys {
		if f, ok := b.known[place{ch.ID, k.ID, ch.BaseURL}]; ok {
			found = append(found, f)
		}
	}
	return found
}

// most is how many keys of a channel are asked about.
const most = 8

// Ask asks for each key of a channel now, whatever the schedule says.
func (b *Balances) Ask(ctx context.Context, id string) error {
	ch, err := b.Channels.Channel(id)
	if err != nil {
		return err
	}
	p, _ := provider.ByID(ch.Provider)
	switch {
	case len(p.Balances) == 0:
		return &gateway.Error{Kind: gateway.Invalid, Field: "id", Message: i18n.T("error.balance.none", "provider", p.Name)}
	case len(ch.Keys) == 0:
		return &gateway.Error{Kind: gateway.Invalid, Field: "id", Message: i18n.T("error.balance.no_key", "provider", ch.Name)}
	}
	return b.askChannel(ctx, ch, func(Finding, bool) bool { return true })
}

// askChannel asks for those keys of a channel of which wanted says so.
func (b *Balances) askChannel(ctx context.Context, ch gateway.Channel, wanted func(f Finding, known bool) bool) error {
	known, err := b.Channels.Secret(ctx, ch)
	if err != nil {
		return err
	}
	for _, key := range known.Keys[:min(len(known.Keys), most)] {
		at := place{ch.ID, key.ID, ch.BaseURL}
		old, have := b.finding(at)
		if !wanted(old, have) {
			continue
		}
		amounts, no := b.ask(ctx, ch, key.Text, known)
		if ctx.Err() != nil {
			return ctx.Err() // whoever wanted to know is gone: that is no failure of the provider's
		}
		old.KeyID = key.ID
		if err := b.keep(ctx, at, b.after(old, amounts, no)); err != nil {
			return err
		}
	}
	return nil
}

func (b *Balances) finding(at place) (Finding, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.known[at]
	return f, ok
}

// keep stores a finding, unless its channel or key is another by now.
func (b *Balances) keep(ctx context.Context, at place, f Finding) error {
	if !b.stands(at) {
		return nil
	}
	there, err := writeFinding(context.WithoutCancel(ctx), b.Store, at, f)
	if err != nil || !there {
		return err
	}
	b.mu.Lock()
	b.known[at] = f
	b.mu.Unlock()
	if told := b.changed.Load(); told != nil {
		(*told)()
	}
	return nil
}

// stands says whether a place still is one.
func (b *Balances) stands(at place) bool {
	ch, err := b.Channels.Channel(at.channel)
	return err == nil && ch.BaseURL == at.base && slices.ContainsFunc(ch.Keys, func(k gateway.ChannelKey) bool { return k.ID == at.key })
}

// forget drops what is known of channels and keys that are gone.
func (b *Balances) forget(ctx context.Context) error {
	b.mu.Lock()
	var gone []place
	for at := range b.known {
		if !b.stands(at) {
			gone = append(gone, at)
			delete(b.known, at)
		}
	}
	b.mu.Unlock()
	for _, at := range gone {
		if err := dropFinding(ctx, b.Store, at); err != nil {
			return err
		}
	}
	return nil
}
