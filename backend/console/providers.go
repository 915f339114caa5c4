package console

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/billing"
	"weir/frontend/src/i18n"
)

func (c *Console) providerTypes(context.Context, none) ([]ProviderType, error) {
	var out []ProviderType
	for _, p := range provider.All() {
		if p.ID != gateway.Sandbox {
			out = append(out, ProviderType{Type: p.ID, Name: p.Name, Dialect: p.Dialect, BaseURL: p.BaseURL,
				NeedsBaseURL: p.NeedsBaseURL, KeyPrefixes: list(p.KeyPrefixes), Dialects: slices.Sorted(maps.Keys(p.Lanes)),
				Local: p.Local, Login: p.Login, ListsModels: p.HasList(), TellsBalance: len(p.Balances) > 0})
		}
	}
	return out, nil
}

func (c *Console) listProviders(context.Context, none) ([]Provider, error) {
	out := []Provider{}
	for _, ch := range c.Channels.All() {
		out = append(out, c.viewProvider(ch))
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
	Strict   bool              `json:"strict,omitempty"` // refuse what the test finds bad, instead of saving it so
	Secret   string            `json:"secret,omitempty"` // several keys are one a line

	Proxy    string                     `json:"proxy,omitempty"`
	Headers  map[string]string          `json:"headers,omitempty"`
	Params   map[string]json.RawMessage `json:"params,omitempty"`
	Timeouts Timeouts                   `json:"timeouts,omitzero"`
}

func (c *Console) addProvider(ctx context.Context, n NewProvider) (Provider, error) {
	if err := checkName(n.Name); err != nil {
		return Provider{}, err
	}
	ch, err := c.checkedChannel(n)
	if err != nil {
		return Provider{}, err
	}
	if err := provider.CheckProxy(ch.Proxy); err != nil {
		return Provider{}, err
	}
	ch.Enabled, ch.State = true, gateway.ChannelUntested
	var found tested
	if !n.NoTest {
		found = c.test(ctx, ch, way{keys: lines(n.Secret), proxy: ch.Proxy, headers: ch.Headers})
		ch.State, ch.Message = found.state, found.message
		if err := refusal(ch); n.Strict && err != nil {
			return Provider{}, err
		}
	}
	if ch, err = c.Channels.Add(ctx, ch, n.Secret); err != nil {
		return Provider{}, err
	}
	return c.marked(ctx, ch, found)
}

// checkName refuses a name that cannot be shown; an empty one is refused with the rest.
func checkName(name string) error {
	if !gateway.Nameable(strings.TrimSpace(name)) {
		return invalid("name", i18n.T("error.console.provider_name_form", "most", gateway.LongestName))
	}
	return nil
}

// checkedChannel makes a channel of what was asked for, or says what is wrong with it.
func (c *Console) checkedChannel(n NewProvider) (gateway.Channel, error) {
	p, ok := provider.ByID(n.Type)
	if !ok || p.ID == gateway.Sandbox {
		return gateway.Channel{}, invalid("type", i18n.T("error.console.provider_type", "type", n.Type))
	}
	if n.Name = strings.TrimSpace(n.Name); n.Name == "" {
		return gateway.Channel{}, invalid("name", i18n.T("error.console.provider_name"))
	}
	base := strings.TrimSpace(n.BaseURL)
	if base == "" {
		base = p.BaseURL
	}
	if err := provider.CheckBase(p, base); err != nil {
		return gateway.Channel{}, err
	}
	if c.Relay.Is(base) {
		return gateway.Channel{}, invalid("base_url", i18n.T("error.console.own_address"))
	}
	count := billing.Counting(n.Count)
	switch count {
	case "":
		count = billing.CountAuto
	case billing.CountAuto, billing.CountInclusive, billing.CountExclusive:
	default:
		return gateway.Channel{}, invalid("count", i18n.T("error.console.count"))
	}
	if n.Weight < 0 {
		return gateway.Channel{}, invalid("weight", i18n.T("error.console.weight"))
	}
	public := slices.Concat(n.Models, slices.Collect(maps.Keys(n.Map)))
	if slices.ContainsFunc(slices.Concat(public, slices.Collect(maps.Values(n.Map))), func(name string) bool { return !gateway.OneLine(name) }) {
		return gateway.Channel{}, invalid("models", i18n.T("error.console.model_name"))
	}
	for _, name := range public {
		if strings.HasPrefix(name, gateway.SandboxPrefix) {
			return gateway.Channel{}, invalid("models", i18n.T("error.console.sandbox_model"))
		}
	}
	if err := checkOptions(n); err != nil {
		return gateway.Channel{}, err
	}
	return gateway.Channel{Name: n.Name, Provider: p.ID, Dialect: p.Dialect, BaseURL: base, Models: n.Models, Map: n.Map,
		Priority: n.Priority, Weight: max(n.Weight, 1), Count: count, PriceAs: strings.TrimSpace(n.PriceAs),
		Proxy: strings.TrimSpace(n.Proxy), Headers: canonical(n.Headers), Params: n.Params, Timeouts: n.Timeouts.of()}, nil
}

func (c *Console) testProvider(ctx context.Context, a byID) (Provider, error) {
	ch, err := c.Channels.Channel(a.ID)
	if err != nil {
		return Provider{}, err
	}
	known, err := c.Channels.Secret(ctx, ch)
	if err != nil {
		return Provider{}, err
	}
	found := c.test(ctx, ch, wayOf(known))
	if ch, err = c.Channels.SetState(ctx, a.ID, found.state, found.message); err != nil {
		return Provider{}, err
	}
	return c.marked(ctx, ch, found)
}

func (c *Console) enableProvider(ctx context.Context, a byID) (Provider, error) {
	ch, err := c.Channels.SetEnabled(ctx, a.ID, true)
	return c.viewProvider(ch), err
}

func (c *Console) disableProvider(ctx context.Context, a byID) (Provider, error) {
	ch, err := c.Channels.SetEnabled(ctx, a.ID, false)
	return c.viewProvider(ch), err
}

func (c *Console) removeProvider(ctx context.Context, a byID) (byID, error) {
	err := c.Channels.Remove(ctx, a.ID)
	return a, err
}
