package console

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/backend/route"
	"weir/frontend/src/i18n"
)

const (
	// probeTime is how long a provider may take to list its models.
	probeTime = 10 * time.Second
	// probed is how many of a provider's keys are tested at once; the calls will tell of the others.
	probed = 8
)

// A way is what is needed to ask a provider: its keys, and how it is reached.
type way struct {
	keys    []string
	proxy   string
	headers map[string]string
}

func wayOf(s route.Secret) way {
	return way{keys: lines(s.Text()), proxy: s.Proxy, headers: s.Headers}
}

// lines are the keys in a text that has one a line, each of them once.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(all, line) {
			all = append(all, line)
		}
	}
	return all
}

// A finding is what a test found.
type finding struct {
	state   gateway.ChannelState
	message string
}

// tested is what the tests of a provider's keys found, and what that means for the provider:
// the best of it.
type tested struct {
	finding
	each []finding // by key; empty: there was none, or nothing was tested
}

// refusal is what a test that found a channel bad says to somebody who would rather correct
// it than save it so; nil where it found nothing bad.
func refusal(ch gateway.Channel) error {
	switch ch.State {
	case gateway.ChannelBadKey:
		return &gateway.Error{Kind: gateway.BadUpstream, Field: "secret", Message: ch.Message}
	case gateway.ChannelUnreachable:
		return &gateway.Error{Kind: gateway.Unreachable, Field: "base_url", Message: ch.Message}
	}
	return nil
}

// hope is how much a finding leaves: the best of those of several keys is the provider's.
var hope = map[gateway.ChannelState]int{gateway.ChannelBadKey: 0, gateway.ChannelUnreachable: 1, gateway.ChannelUntested: 2, gateway.ChannelOK: 3}

// test tests a channel with each of its keys.
func (c *Console) test(ctx context.Context, ch gateway.Channel, w way) tested {
	ctx, cancel := context.WithTimeout(ctx, 2*probeTime)
	defer cancel()
	if len(w.keys) == 0 {
		return tested{finding: c.probe(ctx, ch, "", w)}
	}
	var all tested
	for i, key := range w.keys[:min(len(w.keys), probed)] {
		found := c.probe(ctx, ch, key, w)
		all.each = append(all.each, found)
		if i == 0 || hope[found.state] > hope[all.state] {
			all.finding = found
		}
	}
	return all
}

// marked stores what the tests of keys found beside each of them.
func (c *Console) marked(ctx context.Context, ch gateway.Channel, found tested) (Provider, error) {
	for i, f := range found.each {
		if i >= len(ch.Keys) {
			break
		}
		if err := c.Channels.SetKeyState(ctx, ch.ID, ch.Keys[i].ID, f.state, f.message); err != nil {
			return Provider{}, err
		}
	}
	if len(found.each) > 0 {
		now, err := c.Channels.Channel(ch.ID)
		if err != nil {
			return Provider{}, err
		}
		ch = now
	}
	return c.viewProvider(ch), nil
}

// probe asks a channel's upstream for its models, which costs nothing, and says what came.
// A key that is plainly another vendor's is not sent.
func (c *Console) probe(ctx context.Context, ch gateway.Channel, key string, w way) finding {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p, _ := provider.ByID(ch.Provider)
	if says := provider.ForeignKey(p, ch.BaseURL, key); says != "" {
		return finding{gateway.ChannelBadKey, says}
	}
	if !p.HasList() {
		return finding{gateway.ChannelUntested, provider.Untestable(p)}
	}
	req, err := provider.ProbeRequest(ctx, p, ch.BaseURL, key)
	if err != nil {
		return finding{gateway.ChannelUnreachable, i18n.T("error.console.base_url")}
	}
	state, message := provider.Probed(p, c.ask(req, w, 4<<10))
	return finding{state, message}
}

// ask sends a request the way that a channel is reached, and returns the beginning of what comes.
func (c *Console) ask(req *http.Request, w way, most int64) provider.Answer {
	for name, value := range w.headers {
		if value == "" {
			req.Header.Del(name)
			continue
		}
		req.Header.Set(name, value)
	}
	answer := provider.Answer{Host: req.URL.Host, Path: req.URL.Path, Proxy: c.proxyFor(w.proxy, req.URL)}
	client, err := c.client(w.proxy)
	if err != nil {
		answer.Err = err
		return answer
	}
	resp, err := client.RoundTrip(req)
	if err != nil {
		answer.Err = err
		return answer
	}
	defer resp.Body.Close()
	answer.Status = resp.StatusCode
	answer.Body, answer.Err = io.ReadAll(io.LimitReader(resp.Body, most))
	return answer
}

// client returns what sends requests the way that a channel is reached.
func (c *Console) client(proxy string) (http.RoundTripper, error) {
	if proxy == "" || c.Through == nil {
		return c.Client, nil
	}
	return c.Through(proxy)
}

// proxyFor names the proxy through which a channel reaches an address; empty: none.
func (c *Console) proxyFor(own string, to *url.URL) string {
	switch own {
	case "":
		return c.proxyTo(to)
	case gateway.Direct:
		return ""
	}
	u, err := url.Parse(own)
	if err != nil {
		return ""
	}
	return cmp.Or(u.Host, own)
}
