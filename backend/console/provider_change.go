package console

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/backend/route"
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
	Secret   string             `json:"secret,omitempty"` // one a line; a line that shows a stored key stands for it

	Proxy    *string                     `json:"proxy,omitempty"`
	Headers  *map[string]string          `json:"headers,omitempty"`
	Params   *map[string]json.RawMessage `json:"params,omitempty"`
	Timeouts *Timeouts                   `json:"timeouts,omitempty"`
}

// of returns what the channel shall be, in the form that is checked.
func (u UpdateProvider) of(ch gateway.Channel) NewProvider {
	n := NewProvider{Type: ch.Provider, Name: ch.Name, BaseURL: ch.BaseURL, Models: ch.Models, Map: ch.Map,
		Priority: ch.Priority, Weight: ch.Weight, Count: string(ch.Count), PriceAs: ch.PriceAs,
		Proxy: ch.Proxy, Headers: ch.Headers, Params: ch.Params, Timeouts: timeoutsOf(ch.Timeouts)}
	change(&n.Name, u.Name)
	change(&n.BaseURL, u.BaseURL)
	change(&n.Models, u.Models)
	change(&n.Map, u.Map)
	change(&n.Priority, u.Priority)
	change(&n.Weight, u.Weight)
	change(&n.Count, u.Count)
	change(&n.PriceAs, u.PriceAs)
	change(&n.Proxy, u.Proxy)
	change(&n.Headers, u.Headers)
	change(&n.Params, u.Params)
	change(&n.Timeouts, u.Timeouts)
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
	given := strings.TrimSpace(a.Secret)
	w, err := c.allowed(ctx, old, ch, given)
	if err != nil {
		return Provider{}, err
	}
	var found tested
	switch {
	case !a.NoTest:
		found = c.test(ctx, ch, w)
		ch.State, ch.Message = found.state, found.message
		if err := refusal(ch); a.Strict && err != nil {
			return Provider{}, err
		}
	case given != "" || ch.BaseURL != old.BaseURL:
		ch.State, ch.Message = gateway.ChannelUntested, ""
	}
	if ch, err = c.saveProvider(ctx, ch, given); err != nil {
		return Provider{}, err
	}
	return c.marked(ctx, ch, found)
}

// saveProvider stores a changed channel. While it was tested, somebody else may have given it
// a key, for another server.
func (c *Console) saveProvider(ctx context.Context, ch gateway.Channel, given string) (gateway.Channel, error) {
	c.stepwise.Lock()
	defer c.stepwise.Unlock()
	now, err := c.Channels.Channel(ch.ID)
	if err == nil {
		_, err = c.allowed(ctx, now, ch, given)
	}
	if err != nil {
		return ch, err
	}
	return c.Channels.Update(ctx, ch, given)
}

// allowed returns how a changed channel is asked, with what of its secrets was only shown put
// in. Those were given for one server: another gets them only from a person who types them
// again, so that nobody can have them sent to a place of their own.
func (c *Console) allowed(ctx context.Context, old, ch gateway.Channel, given string) (way, error) {
	known, err := c.Channels.Secret(ctx, old)
	if err != nil {
		return way{}, err
	}
	elsewhere := !provider.SameServer(old.BaseURL, ch.BaseURL) || strings.HasPrefix(ch.BaseURL, "http://") && ch.Proxy != old.Proxy
	w := way{proxy: ch.Proxy, headers: maps.Clone(ch.Headers)}
	if ch.Proxy == old.Proxy {
		w.proxy = known.Proxy
	} else if err := provider.CheckProxy(ch.Proxy); err != nil {
		return way{}, err
	}
	kept := false
	w.keys, kept = entered(given, known, old)
	if kept && elsewhere {
		return way{}, invalid("secret", i18n.T("error.console.key_again"))
	}
	for name, value := range ch.Headers {
		if value == "" || old.Headers[name] != value {
			continue
		}
		if elsewhere {
			return way{}, invalid("headers", i18n.T("error.route.header_again", "header", name))
		}
		w.headers[name] = known.Headers[name]
	}
	return w, nil
}

// entered returns the keys that somebody entered, one a line, and whether any is a stored one
// that was only shown. No line at all means those that are stored.
func entered(given string, known route.Secret, old gateway.Channel) (keys []string, kept bool) {
	if given == "" {
		return wayOf(known).keys, len(known.Keys) > 0
	}
	keys = lines(given)
	for i, line := range keys {
		at := slices.IndexFunc(old.Keys, func(k gateway.ChannelKey) bool { return k.Mask == line })
		if at >= 0 && at < len(known.Keys) {
			keys[i], kept = known.Keys[at].Text, true
		}
	}
	return keys, kept
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
	return c.viewProvider(ch), nil
}
