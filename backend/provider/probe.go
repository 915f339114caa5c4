package provider

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// ProbeRequest returns the request that tests a channel without costing anything: its list of
// models. Only one with a list (HasList) can be tested.
func ProbeRequest(ctx context.Context, p Provider, base, secret string) (*http.Request, error) {
	return listRequest(ctx, p, base, secret, "")
}

// HasList says whether a provider lists its models.
func (p Provider) HasList() bool { return p.ModelsPath != "" }

func listRequest(ctx context.Context, p Provider, base, secret, rawQuery string) (*http.Request, error) {
	url, err := p.modelsURL(base, rawQuery)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("list the models of %s: %w", p.ID, err)
	}
	r.Header.Set("Accept", "application/json")
	p.Sign(r.Header, secret)
	return r, nil
}

// Untestable says why a provider without a list of models is not tested.
func Untestable(p Provider) string {
	if p.Login {
		return i18n.T("error.provider.login", "provider", p.Name)
	}
	return i18n.T("error.provider.untestable", "provider", p.Name)
}

// An Answer is what came of a ProbeRequest.
type Answer struct {
	Host   string // that was asked
	Path   string
	Proxy  string // the host through which it was asked; empty: none
	Status int    // 0: no answer came
	Body   []byte // the answer's beginning
	Err    error  // why no answer came
}

// A finding is what an answer means.
type finding struct {
	state gateway.ChannelState
	says  string // the key of its sentence
}

var (
	keyRefused = finding{gateway.ChannelBadKey, "error.provider.key_refused"}
	forbidden  = finding{gateway.ChannelBadKey, "error.provider.forbidden"}
	noCredit   = finding{gateway.ChannelUntested, "error.provider.no_credit"}
	noScope    = finding{gateway.ChannelUntested, "error.provider.no_scope"}
	region     = finding{gateway.ChannelUnreachable, "error.provider.region"}
	noList     = finding{gateway.ChannelUntested, "error.provider.no_list"}
	redirect   = finding{gateway.ChannelUnreachable, "error.provider.redirect"}
	webPage    = finding{gateway.ChannelUnreachable, "error.provider.web_page"}
	noModels   = finding{gateway.ChannelUnreachable, "error.provider.no_models"}
	trouble    = finding{gateway.ChannelUnreachable, "error.provider.trouble"}
	strange    = finding{gateway.ChannelUnreachable, "error.provider.status"}
)

var findings = map[int]finding{
	http.StatusUnauthorized:      keyRefused,
	http.StatusPaymentRequired:   noCredit,
	http.StatusForbidden:         forbidden,
	http.StatusNotFound:          {gateway.ChannelUntested, "error.provider.not_found"},
	http.StatusMethodNotAllowed:  noList,
	http.StatusNotImplemented:    noList,
	http.StatusProxyAuthRequired: {gateway.ChannelUnreachable, "error.provider.proxy_login"},
	http.StatusTooManyRequests:   {gateway.ChannelUntested, "error.provider.wait"},
}

// words in an error's text tell more than its status.
var words = []struct {
	status int
	word   string
	found  finding
}{
	{http.StatusForbidden, "unsupported_country", region},
	{http.StatusForbidden, "region", region},
	{http.StatusForbidden, "missing scope", noScope}, // OpenAI's restricted keys, which may still call models
	{http.StatusForbidden, "credit", noCredit},
	{http.StatusTooManyRequests, "insufficient_quota", noCredit},
	{http.StatusTooManyRequests, "credit", noCredit},
	{http.StatusBadRequest, "api key not valid", keyRefused}, // Google says so
	{http.StatusBadRequest, "user location is not supported", region},
}

// Probed says what the answer to a ProbeRequest means, with a sentence where it is not
// plainly good.
func Probed(p Provider, a Answer) (gateway.ChannelState, string) {
	found := finding{gateway.ChannelUnreachable, "error.provider.unreachable"}
	switch {
	case a.Status == 0:
		found.says = failure(a)
	case a.Status == http.StatusOK && jsonish(a.Body):
		return gateway.ChannelOK, ""
	default:
		found = judge(a)
	}
	return found.state, i18n.T(found.says, "provider", p.Name, "host", a.Host, "path", a.Path, "proxy", a.Proxy, "status", a.Status)
}

func judge(a Answer) finding {
	text := strings.ToLower(string(a.Body))
	for _, w := range words {
		if w.status == a.Status && strings.Contains(text, w.word) {
			return w.found
		}
	}
	known, ok := findings[a.Status]
	switch {
	case a.Status < 500 && a.Status != http.StatusUnauthorized && a.Status != http.StatusProxyAuthRequired && html(a.Body):
		return webPage
	case ok:
		return known
	case a.Status >= 500:
		return trouble
	case a.Status >= 300 && a.Status < 400:
		return redirect
	case a.Status == http.StatusOK:
		return noModels
	}
	return strange
}

// jsonish reports whether a body begins as a JSON list of models does. Most are objects; a
// few compatible servers send the bare array.
func jsonish(body []byte) bool {
	b := bytes.TrimLeft(body, " \t\r\n")
	return len(b) > 0 && (b[0] == '{' || b[0] == '[')
}

// html reports whether a body begins as a web page does.
func html(body []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("<")) }
