package prices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"weir/backend/gateway"
	"weir/billing/edition"
	"weir/frontend/src/i18n"
)

// sourceSetting names the setting with the address that the user fetches catalogues from.
const sourceSetting = "prices.source"

const (
	fetchTime = 30 * time.Second
	mostHops  = 5
)

// Source is the address that catalogues are fetched from; empty: the user has set none.
func (p *Prices) Source(ctx context.Context) (string, error) { return p.st.Setting(ctx, sourceSetting) }

// SetSource sets that address; empty: none.
func (p *Prices) SetSource(ctx context.Context, address string) error {
	address = strings.TrimSpace(address)
	if address != "" {
		if _, err := checkAddress(address); err != nil {
			return err
		}
	}
	return p.st.Set(ctx, sourceSetting, address)
}

// checkAddress refuses what is no https address, or carries a password.
func checkAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(address) > 2000 {
		return nil, refuse("url", i18n.T("error.prices.address"))
	}
	return u, nil
}

// Fetch gets a catalogue from the address that the user set, and checks it. It asks that host
// and no other, once, when somebody asked for it.
func (p *Prices) Fetch(ctx context.Context, through http.RoundTripper) (Edition, error) {
	address, err := p.Source(ctx)
	if err != nil {
		return Edition{}, err
	}
	if address == "" {
		return Edition{}, refuse("url", i18n.T("error.prices.no_source"))
	}
	file, err := get(ctx, through, address)
	if err != nil {
		return Edition{}, err
	}
	return p.Check(ctx, file, address)
}

var errElsewhere = errors.New("it sends on to another host")

func get(ctx context.Context, through http.RoundTripper, address string) ([]byte, error) {
	from, err := checkAddress(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for a catalogue: %w", err)
	}
	client := &http.Client{Transport: through, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if next.URL.Scheme != "https" || next.URL.Host != from.Host || len(via) >= mostHops {
			return errElsewhere
		}
		return nil
	}}
	res, err := client.Do(req)
	switch {
	case errors.Is(err, errElsewhere):
		return nil, unfetched(gateway.BadUpstream, i18n.T("error.prices.elsewhere", "host", from.Host), err)
	case ctx.Err() != nil:
		return nil, unfetched(gateway.Timeout, i18n.T("error.prices.slow", "host", from.Host), err)
	case err != nil:
		return nil, unfetched(gateway.Unreachable, i18n.T("error.prices.unreachable", "host", from.Host, "reason", reason(err)), err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, unfetched(gateway.BadUpstream, i18n.T("error.prices.status", "host", from.Host, "status", res.StatusCode), nil)
	}
	file, err := io.ReadAll(io.LimitReader(res.Body, edition.MostBytes+1))
	if err != nil {
		return nil, unfetched(gateway.Unreachable, i18n.T("error.prices.unreachable", "host", from.Host, "reason", reason(err)), err)
	}
	if len(file) > edition.MostBytes {
		return nil, said(&edition.Fault{Code: edition.TooLarge})
	}
	return file, nil
}

func unfetched(kind gateway.Kind, sentence string, err error) error {
	return &gateway.Error{Kind: kind, Field: "url", Message: sentence, Err: err}
}

// reason is an error without the address that it is about.
func reason(err error) string {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	return err.Error()
}
