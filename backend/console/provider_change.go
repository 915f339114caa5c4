package console

import (
	"context"
	"strings"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/frontend/src/i18n"
)

// UpdateProvider is what providers.update takes. What is left out stays as it is, and so
// does the key where the secret is empty.
type UpdateProvider struct {
	ID       string             `json:"id"`
	Name     *string            `json:"name,omitempty"`
	BaseURL  *string            `json:"base_url,omitempty"`
	Models   *[]string          `json:"models,omitempty"`
	Map      *map[string]string `json:"map,omitempty"`
	Priority *int               `json:"priority,omitempty"`
	Weight   *int               `json:"weight,omitempty"`
	Count    *string            `json:"count,omitempty"`
	PriceAs  *string            `json:"price_as,omitempty"`
	NoTest   bool               `json:"no_test,omitempty"`
	Strict   bool               `json:"strict,omitempty"` // refuse what the test finds bad, instead of saving it so
	Secret   string             `json:"secret,omitempty"`
}

// of returns what the channel shall be, in the form that is checked.
func (u UpdateProvider) of(ch gateway.Channel) NewProvider {
	n := NewProvider{Type: ch.Provider, Name: ch.Name, BaseURL: ch.BaseURL, Models: ch.Models, Map: ch.Map,
		Priority: ch.Priority, Weight: ch.Weight, Count: string(ch.Count), PriceAs: ch.PriceAs}
	change(&n.Name, u.Name)
	change(&n.BaseURL, u.BaseURL)
	change(&n.Models, u.Models)
	change(&n.Map, u.Map)
	change(&n.Priority, u.Priority)
	change(&n.Weight, u.Weight)
	change(&n.Count, u.Count)
	change(&n.PriceAs, u.PriceAs)
	return n
}

func change[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (c *Console) updateProvider(ctx context.Context, a UpdateProvider) (Provider, error) {
	old, err := c.Channels.Channel(a.ID)
	if err != nil {
		return Provider{}, err
	}
	if a.Name != nil {
		if err := checkName(*a.Name); err != nil {
			return Provider{}, err
		}
	}
	ch, err := c.checkedChannel(a.of(old))
	if err != nil {
		return Provider{}, err
	}
	ch.ID, ch.Enabled, ch.State, ch.Message = old.ID, old.Enabled, old.State, old.Message
	ch.Proxy, ch.Headers, ch.Params, ch.Timeouts = old.Proxy, old.Headers, old.Params, old.Timeouts
	given := strings.TrimSpace(a.Secret)
	key := given
	if given == "" {
		if key, err = c.keptKey(ctx, old, ch); err != nil {
			return Provider{}, err
		}
	}
	switch {
	case !a.NoTest:
		ch.State, ch.Message = c.probe(ctx, ch, key)
		if err := refusal(ch); a.Strict && err != nil {
			return Provider{}, err
		}
	case given != "" || ch.BaseURL != old.BaseURL:
		ch.State, ch.Message = gateway.ChannelUntested, ""
	}
	if ch, err = c.saveProvider(ctx, ch, given); err != nil {
		return Provider{}, err
	}
	return viewProvider(ch), nil
}

// saveProvider stores a changed channel. While it was tested, somebody else may have given it
// a key, for another server.
func (c *Console) saveProvider(ctx context.Context, ch gateway.Channel, given string) (gateway.Channel, error) {
	c.stepwise.Lock()
	defer c.stepwise.Unlock()
	now, err := c.Channels.Channel(ch.ID)
	if err == nil && given == "" {
		_, err = c.keptKey(ctx, now, ch)
	}
	if err != nil {
		return ch, err
	}
	return c.Channels.Update(ctx, ch, given)
}

// keptKey returns a channel's stored key. It was given for one server: another gets it only
// from a person who types it again, so that nobody can have it sent to a place of their own.
func (c *Console) keptKey(ctx context.Context, old, ch gateway.Channel) (string, error) {
	known, err := c.Channels.Secret(ctx, old)
	if err != nil {
		return "", err
	}
	if len(known.Keys) > 0 && !provider.SameServer(old.BaseURL, ch.BaseURL) {
		return "", invalid("secret", i18n.T("error.console.key_again"))
	}
	return known.Text(), nil
}

// duplicateProvider copies a channel and its key. The copy is disabled, so that nothing is
// sent through it before a person has looked.
func (c *Console) duplicateProvider(ctx context.Context, a byID) (Provider, error) {
	ch, err := c.Channels.Channel(a.ID)
	if err != nil {
		return Provider{}, err
	}
	known, err := c.Channels.Secret(ctx, ch)
	if err != nil {
		return Provider{}, err
	}
	ch.Proxy, ch.Headers = known.Proxy, known.Headers
	ch.Name = i18n.T("error.console.copy", "name", ch.Name)
	ch.Enabled, ch.State, ch.Message = false, gateway.ChannelUntested, ""
	if ch, err = c.Channels.Add(ctx, ch, known.Text()); err != nil {
		return Provider{}, err
	}
	return viewProvider(ch), nil
}
