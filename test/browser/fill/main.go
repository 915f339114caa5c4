// Command fill writes a ledger that has been in use for forty days into a fresh home, for tests of the page.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"time"

	"weir/backend/access"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/provider"
	"weir/backend/route"
	"weir/backend/secret"
	"weir/backend/store"
	"weir/billing"
)

const days = 40

// A past is a home that is being filled, with a clock that goes through it.
type past struct {
	ledger   *ledger.Ledger
	access   *access.Access
	channels *route.Channels
	book     *billing.Book
	rnd      *rand.Rand
	end      time.Time // when the test begins
	now      time.Time
	keys     []gateway.Key
	secrets  map[string]string // of keys, by id
	ids      map[string]string // of channels, by name
}

func main() {
	home := flag.String("home", "", "the folder to fill")
	calls := flag.Int("calls", 3000, "how many calls")
	flag.Parse()
	if err := fill(context.Background(), *home, *calls); err != nil {
		log.Fatal(err)
	}
}

func fill(ctx context.Context, home string, calls int) (err error) {
	st, err := store.Open(ctx, home)
	if err != nil {
		return err
	}
	defer closing(st, &err)
	end := time.Now()
	p := &past{rnd: rand.New(rand.NewPCG(1, 2)), end: end, now: end.AddDate(0, 0, -days-1), secrets: map[string]string{}, ids: map[string]string{}}
	clock := func() time.Time { return p.now }
	if p.book, err = billing.ShippedBook(); err != nil {
		return err
	}
	if p.ledger, err = ledger.Open(ctx, st, ledger.Options{Home: home, Now: clock}); err != nil {
		return err
	}
	defer closing(p.ledger, &err)
	if p.access, err = access.Open(ctx, st, clock); err != nil {
		return err
	}
	box := secret.Open(home, false, slog.New(slog.DiscardHandler))
	if p.channels, err = route.OpenChannels(ctx, st, box, clock); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{p.addProviders, p.addKeys} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	for _, at := range p.times(calls) {
		p.now = at
		if err := p.add(ctx); err != nil {
			return err
		}
	}
	p.now = end
	return p.settleDown(ctx)
}

func closing(c io.Closer, err *error) {
	if failed := c.Close(); *err == nil {
		*err = failed
	}
}

func (p *past) addProviders(ctx context.Context) error {
	for _, ch := range []gateway.Channel{
		{Name: "Anthropic", Provider: "anthropic", State: gateway.ChannelOK, Enabled: true, Priority: 20},
		{Name: "OpenAI of the team", Provider: "openai", State: gateway.ChannelOK, Enabled: true, Priority: 10, Map: map[string]string{"fast": "gpt-5-mini"}},
		{Name: "OpenRouter", Provider: "custom-openai", BaseURL: "https://openrouter.ai/api/v1", PriceAs: "openrouter", State: gateway.ChannelUntested, Enabled: true},
		{Name: "The box in the cellar", Provider: "custom-openai", BaseURL: "http://127.0.0.1:9/v1", Models: []string{"glm-5.3-air"}, State: gateway.ChannelUntested},
	} {
		kind, ok := provider.ByID(ch.Provider)
		if !ok {
			return fmt.Errorf("there is no provider %s", ch.Provider)
		}
		if ch.BaseURL == "" {
			ch.BaseURL = kind.BaseURL
		}
		ch.Dialect, ch.Weight, ch.Count = kind.Dialect, 1, billing.CountAuto
		ch, err := p.channels.Add(ctx, ch, "a secret that opens nothing")
		if err != nil {
			return err
		}
		p.ids[ch.Name] = ch.ID
	}
	return nil
}

func (p *past) addKeys(ctx context.Context) error {
	for _, name := range []string{"Claude Code", "Codex", "The build server of the documentation", "opencode", "A notebook", "Zed"} {
		k, secret, err := p.access.Create(ctx, access.Spec{Name: name, AllowUnpriced: true})
		if err != nil {
			return err
		}
		p.keys, p.secrets[k.ID] = append(p.keys, k), secret
	}
	return p.limit(ctx, p.keys[2].ID, "9calls/day") // holds while the calls come: what is too much is refused
}

func (p *past) limit(ctx context.Context, key string, texts ...string) error {
	var limits []gateway.Limit
	for _, text := range texts {
		lim, err := ledger.ParseLimit(text, "")
		if err != nil {
			return err
		}
		limits = append(limits, lim)
	}
	kind := gateway.ScopeKey
	if key == "" {
		kind = gateway.ScopeAccount
	}
	return p.ledger.SetLimits(ctx, kind, key, limits)
}

// settleDown leaves the home as somebody has it today: limits that are far away, near, reached and
// passed whatever the day of the month is, a key that is paused and one that is gone, a provider
// that refuses its key.
func (p *past) settleDown(ctx context.Context) error {
	for i, share := range []int64{93, 40, 0, 118} { // percent of what was spent in the running window
		if share == 0 {
			continue
		}
		if err := p.bound(ctx, p.keys[i].ID, share); err != nil {
			return err
		}
	}
	if err := p.limit(ctx, "", "2000usd/month"); err != nil {
		return err
	}
	if _, err := p.access.SetState(ctx, p.keys[4].ID, gateway.KeyPaused); err != nil {
		return err
	}
	if _, err := p.access.SetState(ctx, p.keys[5].ID, gateway.KeyRevoked); err != nil {
		return err
	}
	if _, err := p.channels.SetState(ctx, p.ids["OpenAI of the team"], gateway.ChannelBadKey, "OpenAI refused this key (401). Paste a new one."); err != nil {
		return err
	}
	return p.access.SaveUses(ctx)
}

// bound gives a key limits of which it has used a share.
func (p *past) bound(ctx context.Context, key string, percent int64) error {
	if err := p.limit(ctx, key, "1000000usd/month", "1000000000000tokens/week"); err != nil {
		return err
	}
	uses, err := p.ledger.Uses(ctx, gateway.ScopeKey, key, false)
	if err != nil {
		return err
	}
	var limits []gateway.Limit
	for _, u := range uses {
		u.Amount = max(u.Spent*100/percent, 1)
		limits = append(limits, u.Limit)
	}
	return p.ledger.SetLimits(ctx, gateway.ScopeKey, key, limits)
}
