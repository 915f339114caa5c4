package balance

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/backend/route"
)

const (
	patience   = 10 * time.Second // for one request
	mostAnswer = 1 << 20
)

// ask puts a channel's questions for one of its keys. Either the amounts are known, or why none is.
func (b *Balances) ask(ctx context.Context, ch gateway.Channel, key string, known route.Secret) (amounts []provider.Amount, no *provider.Unanswered) {
	p, _ := provider.ByID(ch.Provider)
	if says := provider.ForeignKey(p, ch.BaseURL, key); says != "" {
		return nil, &provider.Unanswered{Refused: true, Says: says}
	}
	told := map[provider.Funds]bool{}
	for _, q := range p.Balances {
		if told[q.Funds] {
			continue
		}
		some, why := b.question(ctx, p, ch, q, key, known)
		switch {
		case why == nil:
			amounts, told[q.Funds] = append(amounts, some...), true
		case q.Optional:
		case why.Absent:
			no = why
		default:
			return nil, why
		}
	}
	if len(amounts) > 0 {
		return amounts, nil
	}
	return nil, no
}

// question puts one of them: a request for each of its paths.
func (b *Balances) question(ctx context.Context, p provider.Provider, ch gateway.Channel, q provider.Balance, key string, known route.Secret) ([]provider.Amount, *provider.Unanswered) {
	var bodies [][]byte
	var last provider.Answer
	for _, path := range q.Paths {
		last = b.get(ctx, p, ch, path, key, known)
		if last.Status != http.StatusOK || last.Err != nil {
			no := provider.NoBalance(p, last)
			return nil, &no
		}
		bodies = append(bodies, last.Body)
	}
	amounts, ok := q.Read(bodies)
	if !ok {
		no := provider.NoBalance(p, last)
		return nil, &no
	}
	return amounts, nil
}

// get sends one request the way that the channel's calls go. No redirect is followed.
func (b *Balances) get(ctx context.Context, p provider.Provider, ch gateway.Channel, path, key string, known route.Secret) (a provider.Answer) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := provider.BalanceRequest(ctx, p, ch.BaseURL, key, path)
	if err != nil {
		return provider.Answer{Err: err}
	}
	for name, value := range known.Headers {
		if req.Header.Del(name); value != "" {
			req.Header.Set(name, value)
		}
	}
	a = provider.Answer{Host: req.URL.Host, Path: req.URL.Path, Proxy: b.proxyOf(known.Proxy, req.URL)}
	road, err := b.Upstream(known.Proxy)
	if err != nil {
		a.Err = err
		return a
	}
	resp, err := road.RoundTrip(req)
	if err != nil {
		a.Err = err
		return a
	}
	defer resp.Body.Close()
	a.Status = resp.StatusCode
	a.Body, a.Err = io.ReadAll(io.LimitReader(resp.Body, mostAnswer)) // what is longer is no JSON any more
	return a
}

// proxyOf names the proxy through which a channel reaches an address; empty: none.
func (b *Balances) proxyOf(own string, to *url.URL) string {
	switch own {
	case "":
		if u, err := b.Proxy(&http.Request{URL: to}); err == nil && u != nil {
			return u.Host
		}
		return ""
	case gateway.Direct:
		return ""
	}
	if u, err := url.Parse(own); err == nil {
		return u.Host
	}
	return ""
}
