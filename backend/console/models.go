package console

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/frontend/src/i18n"
)

const (
	listTime  = 20 * time.Second // for all pages of a list of models
	listPages = 50
	listBytes = 8 << 20 // of one page
	listMost  = 5000    // models; a page shows no more
	localTime = 2 * time.Second
)

// ListModels is what providers.models takes: a provider as it is, or as a form has it.
type ListModels struct {
	ID      string             `json:"id,omitempty"`
	Type    string             `json:"type,omitempty"`
	BaseURL string             `json:"base_url,omitempty"`
	Secret  string             `json:"secret,omitempty"`
	Proxy   *string            `json:"proxy,omitempty"`
	Headers *map[string]string `json:"headers,omitempty"`
}

// listModels asks a provider for its models, which costs nothing.
func (c *Console) listModels(ctx context.Context, a ListModels) ([]Model, error) {
	var old gateway.Channel
	if a.ID != "" {
		var err error
		if old, err = c.Channels.Channel(a.ID); err != nil {
			return nil, err
		}
	}
	n := UpdateProvider{Proxy: a.Proxy, Headers: a.Headers}.of(old)
	n.Type, n.Name, n.BaseURL = cmp.Or(a.Type, n.Type), cmp.Or(n.Name, a.Type), cmp.Or(strings.TrimSpace(a.BaseURL), n.BaseURL)
	ch, err := c.checkedChannel(n)
	if err != nil {
		return nil, err
	}
	w := way{keys: lines(a.Secret), proxy: ch.Proxy, headers: ch.Headers}
	if a.ID == "" {
		err = provider.CheckProxy(ch.Proxy)
	} else {
		w, err = c.allowed(ctx, old, ch, strings.TrimSpace(a.Secret))
	}
	if err != nil {
		return nil, err
	}
	return c.fetchModels(ctx, ch, w)
}

// fetchModels lists a channel's models with the first of its keys that is not refused.
func (c *Console) fetchModels(ctx context.Context, ch gateway.Channel, w way) ([]Model, error) {
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	p, _ := provider.ByID(ch.Provider)
	if !p.HasList() {
		return nil, invalid("models", i18n.T("error.provider.no_list_at_all", "provider", p.Name))
	}
	keys := w.keys[:min(len(w.keys), probed)]
	if len(keys) == 0 {
		keys = []string{""}
	}
	var names []string
	var err error
	for _, key := range keys {
		if says := provider.ForeignKey(p, ch.BaseURL, key); says != "" {
			err = invalid("secret", says)
			continue
		}
		var refused *gateway.Error
		if names, err = c.names(ctx, p, ch.BaseURL, key, w); !errors.As(err, &refused) || refused.Field != "secret" {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	names = slices.Compact(names)
	models := make([]Model, min(len(names), listMost))
	for i := range models {
		models[i] = Model{ID: names[i]}
	}
	return models, nil
}

// names reads all pages of a list of models.
func (c *Console) names(ctx context.Context, p provider.Provider, base, key string, w way) (names []string, err error) {
	page := ""
	for range listPages {
		req, err := provider.ModelsRequest(ctx, p, base, key, page)
		if err != nil {
			return nil, err
		}
		answer := c.ask(req, w, listBytes)
		if state, message := provider.Probed(p, answer); state != gateway.ChannelOK {
			return nil, unlisted(state, message)
		}
		more, next, ok := provider.ReadModels(answer.Body)
		if !ok {
			return nil, invalid("base_url", i18n.T("error.provider.no_models", "provider", p.Name, "host", answer.Host))
		}
		names = append(names, more...)
		if page = next; page == "" || len(names) >= listMost {
			break
		}
	}
	return names, nil
}

// unlisted is why no list came, by the field that a person may correct.
func unlisted(state gateway.ChannelState, message string) error {
	if err := refusal(gateway.Channel{State: state, Message: message}); err != nil {
		return err
	}
	return &gateway.Error{Kind: gateway.BadUpstream, Field: "models", Message: message}
}

// findLocal looks for servers of models on this machine, at their usual addresses and nowhere
// else. It is done only when somebody asks for it.
func (c *Console) findLocal(ctx context.Context, _ none) ([]LocalServer, error) {
	ctx, cancel := context.WithTimeout(ctx, localTime)
	defer cancel()
	var wait sync.WaitGroup
	all := provider.All()
	found := make([]*LocalServer, len(all))
	for i, p := range all {
		if !p.Local {
			continue
		}
		wait.Go(func() {
			ch := gateway.Channel{Provider: p.ID, BaseURL: p.BaseURL}
			if models, err := c.fetchModels(ctx, ch, way{proxy: gateway.Direct}); err == nil {
				found[i] = &LocalServer{Type: p.ID, BaseURL: p.BaseURL, Models: models}
			}
		})
	}
	wait.Wait()
	servers := []LocalServer{}
	for _, s := range found {
		if s != nil {
			servers = append(servers, *s)
		}
	}
	return servers, nil
}
