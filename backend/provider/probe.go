package provider

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"weir/backend/gateway"
)

// ProbeRequest returns the request that tests a channel without costing anything: its list of models.
func ProbeRequest(ctx context.Context, p Provider, base, secret string) (*http.Request, error) {
	url, err := p.join(base, p.ModelsPath, "")
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("probe %s: %w", p.ID, err)
	}
	r.Header.Set("Accept", "application/json")
	p.Sign(r.Header, secret)
	return r, nil
}

// Probed says what the answer to a ProbeRequest means, with a sentence where it is not
// plainly good. Status 0 means that no answer came. Body is the answer's beginning.
func Probed(p Provider, host string, status int, body []byte) (gateway.ChannelState, string) {
	says := fmt.Sprintf("%s (%s) ", p.Name, host)
	switch {
	case status == 0:
		return gateway.ChannelUnreachable, says + "could not be reached."
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return gateway.ChannelBadKey, fmt.Sprintf("%srefused the key (status %d). Check that it is whole and not revoked.", says, status)
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented:
		return gateway.ChannelUntested, fmt.Sprintf("%shas no list of models (status %d), so the key could not be tested without a paid call.", says, status)
	case status == http.StatusTooManyRequests:
		return gateway.ChannelUntested, says + "asks to wait (status 429), so the key could not be tested now."
	case status >= 300 && status < 400:
		return gateway.ChannelUnreachable, fmt.Sprintf("%sanswered with a redirect (status %d). Check the base URL.", says, status)
	case status != http.StatusOK:
		return gateway.ChannelUnreachable, fmt.Sprintf("%sanswered with status %d.", says, status)
	case !jsonish(body):
		return gateway.ChannelUnreachable, says + "answered with something that is no list of models. Check the base URL."
	}
	return gateway.ChannelOK, ""
}

// jsonish reports whether a body begins as a JSON list of models does. Most are objects; a
// few compatible servers send the bare array.
func jsonish(body []byte) bool {
	b := bytes.TrimLeft(body, " \t\r\n")
	return len(b) > 0 && (b[0] == '{' || b[0] == '[')
}
