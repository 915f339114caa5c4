package console

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"

	"weir/frontend/src/i18n"
)

// A Host is one that Weir would contact, and why.
type Host struct {
	Host string `json:"host"`
	Why  string `json:"why"`
	Name string `json:"name"` // of the provider
}

// privacy lists every host that Weir would contact: those of the enabled providers, and the
// proxies that lead to them, and where catalogues of prices come from. There is nothing else that it sends anything to.
func (c *Console) privacy(ctx context.Context, _ none) ([]Host, error) {
	all := []Host{}
	add := func(h Host) {
		if !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	for _, ch := range c.Channels.All() {
		to, err := url.Parse(ch.BaseURL)
		if !ch.Enabled || err != nil {
			continue
		}
		add(Host{Host: to.Host, Name: ch.Name, Why: i18n.T("error.console.why_provider")})
		if proxy := c.proxyFor(ch.Proxy, to); proxy != "" {
			add(Host{Host: proxy, Name: ch.Name, Why: i18n.T("error.console.why_proxy")})
		}
	}
	for _, h := range c.priceHost(ctx) {
		add(h)
	}
	slices.SortStableFunc(all, func(a, b Host) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Host, b.Host)) })
	return all, nil
}

// proxyTo names the proxy through which an address is reached; empty: none.
func (c *Console) proxyTo(to *url.URL) string {
	find := c.Proxy
	if find == nil {
		find = http.ProxyFromEnvironment
	}
	proxy, err := find(&http.Request{URL: to})
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Host
}
