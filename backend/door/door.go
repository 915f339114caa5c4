// Package door decides which HTTP requests may come in at all: exact Host names,
// no foreign pages. It never looks at keys.
package door

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// A Door is one loopback listener's rule. Everything is refused whose Host is not
// literally one of its names with its port (DNS rebinding), and everything that a
// page of another origin sent (cross-site requests reach loopback servers).
type Door struct {
	hosts   map[string]bool
	origins map[string]bool
}

// Loopback returns the rule for a listener on a loopback port. Pages of the
// door's own origin may call it when own is true; otherwise no page may.
func Loopback(port int, own bool) *Door {
	d := &Door{hosts: map[string]bool{}, origins: map[string]bool{}}
	for _, name := range []string{"127.0.0.1", "localhost", "::1"} {
		host := net.JoinHostPort(name, strconv.Itoa(port))
		d.hosts[host] = true
		if own {
			d.origins["http://"+host] = true
		}
	}
	return d
}

// Check returns a Forbidden error, and the reason as a word for counters, when the
// request may not come in. It holds for every method, preflights included.
func (d *Door) Check(r *http.Request) (*gateway.Error, string) {
	if !d.hosts[r.Host] || r.URL.Host != "" {
		return refuse(i18n.T("error.door.host")), "host"
	}
	if !d.fromHere(r.Header) {
		return refuse(i18n.T("error.door.origin")), "origin"
	}
	return nil, ""
}

func (d *Door) fromHere(h http.Header) bool {
	for _, origin := range h.Values("Origin") {
		if !d.origins[origin] {
			return false
		}
	}
	for _, ref := range h.Values("Referer") {
		if len(d.origins) == 0 {
			break // programs send it too, to name themselves
		}
		u, err := url.Parse(ref)
		if err != nil || !d.origins[u.Scheme+"://"+u.Host] {
			return false
		}
	}
	for _, site := range h.Values("Sec-Fetch-Site") {
		switch strings.ToLower(site) {
		case "none":
		case "same-origin":
			if len(d.origins) == 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func refuse(message string) *gateway.Error {
	return &gateway.Error{Kind: gateway.Forbidden, Message: message}
}
