package route

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"weir/backend/gateway"
)

// Transports reach the providers: one for each proxy, so that connections are shared. None
// follows redirects or adds an encoding.
type Transports struct {
	usual *http.Transport
	now   func() time.Time

	mu  sync.Mutex
	own map[string]*owned // by proxy
}

// owned is the transport of one proxy.
type owned struct {
	*http.Transport
	used time.Time
}

// unused is after how long without a call a proxy's transport is closed.
const unused = 10 * time.Minute

// OpenTransports returns transports like the one given, which is for channels without a proxy.
func OpenTransports(usual *http.Transport, now func() time.Time) *Transports {
	return &Transports{usual: usual, now: now, own: map[string]*owned{}}
}

// For returns the transport for a channel's Proxy. A proxy that is set is used for every
// address; the environment's never for this machine's own.
func (t *Transports) For(proxy string) (http.RoundTripper, error) {
	if proxy == "" {
		return t.usual, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	o := t.own[proxy]
	if o == nil {
		through, err := parseProxy(proxy)
		if err != nil {
			return nil, err
		}
		t.sweep(now)
		o = &owned{Transport: t.usual.Clone()}
		o.Proxy = through
		t.own[proxy] = o
	}
	o.used = now
	return o.Transport, nil
}

// sweep closes what has been unused for long. A call that still has such a transport keeps it
// to its end; its connection closes when it is idle.
func (t *Transports) sweep(now time.Time) {
	for proxy, o := range t.own {
		if now.Sub(o.used) > unused {
			o.CloseIdleConnections()
			delete(t.own, proxy)
		}
	}
}

var errProxy = errors.New("the proxy's address cannot be read")

// parseProxy reads a channel's Proxy. Go resolves names at the proxy for socks5, too.
func parseProxy(proxy string) (func(*http.Request) (*url.URL, error), error) {
	if proxy == gateway.Direct {
		return nil, nil
	}
	u, err := url.Parse(proxy)
	if err != nil || u.Host == "" {
		return nil, errProxy // it may hold a password
	}
	return http.ProxyURL(u), nil
}

// UsualTransport reaches providers as the environment says, and keeps enough idle connections
// for a team.
func UsualTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		MaxIdleConns:          1024,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       90 * time.Second,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
		WriteBufferSize:       8 << 10, // what is larger than a small body is written past it
		ReadBufferSize:        16 << 10,
		ExpectContinueTimeout: time.Second,
	}
}
