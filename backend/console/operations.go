package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"weir/backend/access"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/provider"
	"weir/billing"
)

func (c *Console) status(ctx context.Context, _ none) (Status, error) {
	hasReal, err := c.Ledger.HasReal(ctx)
	if err != nil {
		return Status{}, err
	}
	hasCalls, err := c.Ledger.HasCalls(ctx)
	if err != nil {
		return Status{}, err
	}
	healthy, message := c.Ledger.Healthy()
	box := c.Box.State()
	return Status{Version: c.Version, Relay: c.Relay.Address(), Home: c.Home, SimulatedOnly: !hasReal, HasCalls: hasCalls,
		PricesDate: c.Book.Date(), Secrets: Secrets{KeptIn: box.KeptIn, Locked: box.Locked, Message: orNull(box.Message)},
		Healthy: healthy, Message: orNull(message)}, nil
}

func (c *Console) providerTypes(context.Context, none) ([]ProviderType, error) {
	var out []ProviderType
	for _, p := range provider.All() {
		if p.ID != gateway.Sandbox {
			out = append(out, ProviderType{Type: p.ID, Name: p.Name, Dialect: p.Dialect, BaseURL: p.BaseURL,
				NeedsBaseURL: p.NeedsBaseURL, KeyPrefixes: list(p.KeyPrefixes)})
		}
	}
	return out, nil
}

func (c *Console) listProviders(context.Context, none) ([]Provider, error) {
	out := []Provider{}
	for _, ch := range c.Channels.All() {
		out = append(out, viewProvider(ch))
	}
	return out, nil
}

// NewProvider is what providers.add takes.
type NewProvider struct {
	Type     string            `json:"type"`
	Name     string            `json:"name"`
	BaseURL  string            `json:"base_url,omitempty"`
	Models   []string          `json:"models,omitempty"`
	Map      map[string]string `json:"map,omitempty"`
	Priority int               `json:"priority,omitempty"`
	Weight   int               `json:"weight,omitempty"`
	Count    string            `json:"count,omitempty"`
	PriceAs  string            `json:"price_as,omitempty"`
	NoTest   bool              `json:"no_test,omitempty"`
	Secret   string            `json:"secret,omitempty"`
}

func (c *Console) addProvider(ctx context.Context, n NewProvider) (Provider, error) {
	ch, err := newChannel(n)
	if err != nil {
		return Provider{}, err
	}
	if c.Relay.Is(ch.BaseURL) {
		return Provider{}, invalid("base_url", "This is Weir's own address: calls would go in a circle.")
	}
	key := strings.TrimSpace(n.Secret)
	if !n.NoTest {
		ch.State, ch.Message = c.probe(ctx, ch, key)
	}
	if ch, err = c.Channels.Add(ctx, ch, key); err != nil {
		return Provider{}, err
	}
	c.changes.tell("providers")
	return viewProvider(ch), nil
}

func newChannel(n NewProvider) (gateway.Channel, error) {
	p, ok := provider.ByID(n.Type)
	if !ok || p.ID == gateway.Sandbox {
		return gateway.Channel{}, invalid("type", fmt.Sprintf("There is no provider type %q.", n.Type))
	}
	if n.Name = strings.TrimSpace(n.Name); n.Name == "" {
		return gateway.Channel{}, invalid("name", "A provider needs a name.")
	}
	base := strings.TrimSpace(n.BaseURL)
	if base == "" {
		base = p.BaseURL
	}
	if err := provider.CheckBase(p, base); err != nil {
		return gateway.Channel{}, err
	}
	count := billing.Counting(n.Count)
	switch count {
	case "":
		count = billing.CountAuto
	case billing.CountAuto, billing.CountInclusive, billing.CountExclusive:
	default:
		return gateway.Channel{}, invalid("count", "Counting is auto, inclusive or exclusive.")
	}
	if n.Weight < 0 {
		return gateway.Channel{}, invalid("weight", "The weight is a whole number from 1 on.")
	}
	for _, name := range append(n.Models, mapNames(n.Map)...) {
		if strings.HasPrefix(name, gateway.SandboxPrefix) {
			return gateway.Channel{}, invalid("models", "Names that begin with sandbox/ belong to the sandbox.")
		}
	}
	return gateway.Channel{Name: n.Name, Provider: p.ID, Dialect: p.Dialect, BaseURL: base, Models: n.Models, Map: n.Map,
		Priority: n.Priority, Weight: max(n.Weight, 1), Count: count, PriceAs: n.PriceAs, Enabled: true, State: gateway.ChannelUntested}, nil
}

func mapNames(m map[string]string) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}

func invalid(field, message string) error {
	return &gateway.Error{Kind: gateway.Invalid, Field: field, Message: message}
}

// probe asks a channel's upstream for its models, which costs nothing, and says what came.
func (c *Console) probe(ctx context.Context, ch gateway.Channel, key string) (gateway.ChannelState, string) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	p, _ := provider.ByID(ch.Provider)
	req, err := provider.ProbeRequest(ctx, p, ch.BaseURL, key)
	if err != nil {
		return gateway.ChannelUnreachable, "The base URL cannot be used."
	}
	resp, err := c.Client.RoundTrip(req)
	if err != nil {
		return provider.Probed(p, req.URL.Host, 0, nil)
	}
	defer resp.Body.Close()
	// What broke off is judged by what came.
	head, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	return provider.Probed(p, req.URL.Host, resp.StatusCode, head)
}

func (c *Console) testProvider(ctx context.Context, a byID) (Provider, error) {
	ch, err := c.Channels.Channel(a.ID)
	if err != nil {
		return Provider{}, err
	}
	key, err := c.Channels.Secret(ctx, a.ID)
	if err != nil {
		return Provider{}, err
	}
	state, message := c.probe(ctx, ch, key)
	ch, err = c.Channels.SetState(ctx, a.ID, state, message)
	c.changes.tell("providers")
	return viewProvider(ch), err
}

func (c *Console) enableProvider(ctx context.Context, a byID) (Provider, error) {
	ch, err := c.Channels.SetEnabled(ctx, a.ID, true)
	c.changes.tell("providers")
	return viewProvider(ch), err
}

func (c *Console) disableProvider(ctx context.Context, a byID) (Provider, error) {
	ch, err := c.Channels.SetEnabled(ctx, a.ID, false)
	c.changes.tell("providers")
	return viewProvider(ch), err
}

func (c *Console) removeProvider(ctx context.Context, a byID) (byID, error) {
	err := c.Channels.Remove(ctx, a.ID)
	c.changes.tell("providers")
	return a, err
}

func (c *Console) listKeys(ctx context.Context, _ none) ([]Key, error) {
	out := []Key{}
	for _, k := range c.Access.Keys() {
		v, err := c.viewKey(ctx, k)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// viewKey shows a key with the figures that count now: simulated ones until the first real call.
func (c *Console) viewKey(ctx context.Context, k gateway.Key) (Key, error) {
	real, err := c.Ledger.HasReal(ctx)
	if err != nil {
		return Key{}, err
	}
	uses, err := c.Ledger.Uses(ctx, gateway.ScopeKey, k.ID, !real)
	return viewKey(k, uses), err
}

// AddKey is what keys.add takes. Limits read AMOUNT/WINDOW, such as 5usd/day.
type AddKey struct {
	Name          string     `json:"name"`
	Limits        []string   `json:"limits,omitempty"`
	Models        []string   `json:"models,omitempty"`
	Expires       *time.Time `json:"expires,omitempty"`
	AllowUnpriced bool       `json:"allow_unpriced,omitempty"`
	OnLimit       string     `json:"on_limit,omitempty"`
}

func (c *Console) addKey(ctx context.Context, a AddKey) (NewKey, error) {
	limits, err := c.parseLimits(a.Limits)
	if err != nil {
		return NewKey{}, err
	}
	policy := gateway.Policy(a.OnLimit)
	if policy != "" && policy != gateway.Finish && policy != gateway.Cut {
		return NewKey{}, invalid("on_limit", "At its limit a key can finish or cut.")
	}
	spec := access.Spec{Name: strings.TrimSpace(a.Name), Models: a.Models, AllowUnpriced: a.AllowUnpriced, OnLimit: policy}
	if a.Expires != nil {
		if !a.Expires.After(c.Now()) {
			return NewKey{}, invalid("expires", "The key would have expired already.")
		}
		spec.ExpiresAt = *a.Expires
	}
	k, secret, err := c.Access.Create(ctx, spec)
	if err != nil {
		return NewKey{}, err
	}
	if err := c.Ledger.SetLimits(ctx, gateway.ScopeKey, k.ID, limits); err != nil {
		// A key without the limits that were asked for must not stay usable.
		_, undo := c.Access.SetState(ctx, k.ID, gateway.KeyRevoked)
		return NewKey{}, errors.Join(err, undo)
	}
	return c.withSecret(ctx, k, secret)
}

func (c *Console) withSecret(ctx context.Context, k gateway.Key, secret string) (NewKey, error) {
	c.changes.tell("keys")
	v, err := c.viewKey(ctx, k)
	return NewKey{Key: v, Secret: secret}, err
}

func (c *Console) parseLimits(texts []string) ([]gateway.Limit, error) {
	var limits []gateway.Limit
	for _, text := range texts {
		l, err := ledger.ParseLimit(text, c.Ledger.Zone())
		if err != nil {
			return nil, err
		}
		limits = append(limits, l)
	}
	return limits, nil
}

// LimitKey is what keys.limit takes: the key's limits from now on.
type LimitKey struct {
	ID     string   `json:"id"`
	Limits []string `json:"limits"`
}

func (c *Console) limitKey(ctx context.Context, a LimitKey) (Key, error) {
	k, err := c.Access.Key(a.ID)
	if err != nil {
		return Key{}, err
	}
	limits, err := c.parseLimits(a.Limits)
	if err != nil {
		return Key{}, err
	}
	if err := c.Ledger.SetLimits(ctx, gateway.ScopeKey, k.ID, limits); err != nil {
		return Key{}, err
	}
	c.changes.tell("keys")
	return c.viewKey(ctx, k)
}

func (c *Console) setKeyState(ctx context.Context, id string, state gateway.KeyState) (Key, error) {
	k, err := c.Access.SetState(ctx, id, state)
	if err != nil {
		return Key{}, err
	}
	c.changes.tell("keys")
	return c.viewKey(ctx, k)
}

func (c *Console) pauseKey(ctx context.Context, a byID) (Key, error) {
	return c.setKeyState(ctx, a.ID, gateway.KeyPaused)
}

func (c *Console) resumeKey(ctx context.Context, a byID) (Key, error) {
	return c.setKeyState(ctx, a.ID, gateway.KeyActive)
}

func (c *Console) revokeKey(ctx context.Context, a byID) (Key, error) {
	return c.setKeyState(ctx, a.ID, gateway.KeyRevoked)
}

func (c *Console) rotateKey(ctx context.Context, a byID) (NewKey, error) {
	k, secret, err := c.Access.Rotate(ctx, a.ID)
	if err != nil {
		return NewKey{}, err
	}
	return c.withSecret(ctx, k, secret)
}

type quotaArgs struct {
	KeyID string `json:"key_id"`
}

func (c *Console) quota(ctx context.Context, a quotaArgs) (Quota, error) {
	if a.KeyID != "" {
		if _, err := c.Access.Key(a.KeyID); err != nil {
			return Quota{}, err
		}
	}
	q, err := c.Ledger.Quota(ctx, a.KeyID)
	return viewQuota(q), err
}

// CallsFilter is what calls.list takes. After is the id of the last call of the page before.
type CallsFilter struct {
	Limit int        `json:"limit,omitempty"`
	After string     `json:"after,omitempty"`
	Since *time.Time `json:"since,omitempty"`
	KeyID string     `json:"key_id,omitempty"`
	State string     `json:"state,omitempty"`
}

const (
	defaultPage = 100
	largestPage = 250 // keeps an answer under 1 MiB
)

func (c *Console) listCalls(ctx context.Context, a CallsFilter) ([]Call, error) {
	if a.Limit < 0 {
		return nil, invalid("limit", "The limit is a whole number from 1 on.")
	}
	if a.Limit == 0 {
		a.Limit = defaultPage
	}
	switch gateway.CallState(a.State) {
	case "", gateway.Open, gateway.Settled, gateway.Released, gateway.Refused:
	default:
		return nil, invalid("state", "A state is open, settled, released or refused.")
	}
	f := ledger.Filter{Limit: min(a.Limit, largestPage), After: a.After, KeyID: a.KeyID, State: gateway.CallState(a.State)}
	if a.Since != nil {
		f.Since = *a.Since
	}
	calls, err := c.Ledger.Calls(ctx, f)
	out := make([]Call, len(calls))
	for i, call := range calls {
		out[i] = ViewCall(call, c.Book)
	}
	return out, err
}

func (c *Console) showCall(ctx context.Context, a byID) (Call, error) {
	call, err := c.Ledger.Call(ctx, a.ID)
	if err != nil {
		return Call{}, err
	}
	return ViewCall(call, c.Book), nil
}

type tryArgs struct {
	Dialect string `json:"dialect"`
}

// TriedCall names the call that sandbox.try made.
type TriedCall struct {
	CallID string `json:"call_id"`
}

func (c *Console) trySandbox(ctx context.Context, a tryArgs) (TriedCall, error) {
	id, err := c.Relay.Try(ctx, a.Dialect)
	return TriedCall{id}, err
}

// Login is a link that opens the page in a browser, once.
type Login struct {
	LoginURL string `json:"login_url"`
}

func (c *Console) newLogin(context.Context, none) (Login, error) {
	return Login{c.LoginURL()}, nil
}
