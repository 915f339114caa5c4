package provider

import (
	"net/http"
	"net/textproto"
	"strings"
)

// hop are the headers of one connection (RFC 9110 §7.6.1), with those that older proxies use.
const hop = "Connection Keep-Alive Proxy-Connection Proxy-Authenticate Proxy-Authorization Proxy-Authentication-Info " +
	"Te Trailer Transfer-Encoding Upgrade"

var (
	// requestOnly never goes on to an upstream: keys that are for us, what describes this
	// connection, where the client sits, what a browser says of its page, and by which some
	// servers take another path than the one that is asked for.
	requestOnly = set(hop + " Authorization X-Api-Key X-Goog-Api-Key Api-Key Cookie Host Content-Length " +
		"Accept-Encoding Content-Encoding Expect Forwarded X-Real-Ip Origin Referer X-Original-Url X-Rewrite-Url " +
		"X-Http-Method-Override")
	requestPrefixes = []string{"X-Forwarded-", "Sec-", "X-Weir-", "Access-Control-"}

	// responseOnly never goes on to a client: an upstream's cookies, what it says of its own
	// host, and, with the prefixes, what would let a web page read our replies.
	responseOnly     = set(hop + " Set-Cookie Alt-Svc Strict-Transport-Security Clear-Site-Data")
	responsePrefixes = []string{"X-Weir-", "Access-Control-"}
)

func set(names string) map[string]bool {
	m := make(map[string]bool)
	for name := range strings.FieldsSeq(names) {
		m[name] = true
	}
	return m
}

// CleanRequestHeader returns what of a client's header goes on to an upstream: all but
// hop-by-hop, key, cookie, encoding, forwarding and browser headers. The values are
// shared with h. A client without a User-Agent keeps having none.
func CleanRequestHeader(h http.Header) http.Header {
	out := clean(h, requestOnly, requestPrefixes)
	if _, ok := out["User-Agent"]; !ok {
		out["User-Agent"] = []string{""} // net/http sends none then, instead of its own
	}
	return out
}

// CleanResponseHeader returns what of an upstream's header goes on to the client. The
// values are shared with h.
func CleanResponseHeader(h http.Header) http.Header {
	return clean(h, responseOnly, responsePrefixes)
}

func clean(h http.Header, drop map[string]bool, prefixes []string) http.Header {
	var named map[string]bool
	for _, line := range h["Connection"] {
		for token := range strings.SplitSeq(line, ",") {
			if named == nil {
				named = make(map[string]bool)
			}
			named[textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(token))] = true
		}
	}
	out := make(http.Header, len(h)+2)
	for name, values := range h {
		if drop[name] || named[name] || hasPrefix(name, prefixes) {
			continue
		}
		out[name] = values
	}
	return out
}

func hasPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
