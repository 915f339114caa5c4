package console

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/billing"
)

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
