package console

import (
	"context"
	"io"
	"strings"
	"time"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/frontend/src/i18n"
)

// probeTime is how long a provider may take to list its models.
const probeTime = 10 * time.Second

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

// probe asks a channel's upstream for its models, which costs nothing, and says what came.
// A key that is plainly another vendor's is not sent.
func (c *Console) probe(ctx context.Context, ch gateway.Channel, key string) (gateway.ChannelState, string) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p, _ := provider.ByID(ch.Provider)
	key, _, _ = strings.Cut(strings.TrimSpace(key), "\n") // of several, the one that is used first
	if says := provider.ForeignKey(p, ch.BaseURL, key); says != "" {
		return gateway.ChannelBadKey, says
	}
	req, err := provider.ProbeRequest(ctx, p, ch.BaseURL, key)
	if err != nil {
		return gateway.ChannelUnreachable, i18n.T("error.console.base_url")
	}
	answer := provider.Answer{Host: req.URL.Host, Path: req.URL.Path, Proxy: c.proxyTo(req.URL)}
	resp, err := c.Client.RoundTrip(req)
	if err != nil {
		answer.Err = err
		return provider.Probed(p, answer)
	}
	defer resp.Body.Close()
	answer.Status = resp.StatusCode
	// What broke off is judged by what came.
	answer.Body, _ = io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	return provider.Probed(p, answer)
}
