package provider

import (
	"encoding/json"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// proxySchemes are the kinds of proxies that a channel may be reached through. A socks5h proxy
// looks up the host's name itself.
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// CheckProxy says in a sentence what is wrong with a channel's proxy, if anything is.
func CheckProxy(proxy string) error {
	if proxy == "" || proxy == gateway.Direct {
		return nil
	}
	u, err := url.Parse(proxy)
	if err != nil || !slices.Contains(proxySchemes, u.Scheme) || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return &gateway.Error{Kind: gateway.Invalid, Field: "proxy", Message: i18n.T("error.provider.proxy_form")}
	}
	return nil
}

// CheckHeaders says in a sentence what is wrong with a channel's own headers, if anything is.
// Those that belong to the connection are nobody's to set.
func CheckHeaders(headers map[string]string) error {
	for name, value := range headers {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case !isToken(name):
			return badHeader("error.provider.header_name", name)
		case kept[canonical] || strings.HasPrefix(canonical, "X-Weir-"):
			return badHeader("error.provider.header_kept", canonical)
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			return badHeader("error.provider.header_value", canonical)
		}
	}
	return nil
}

// kept are the headers that only Weir sets: those of a key have a field of their own.
var kept = set(hop + " Host Content-Length Content-Type Accept-Encoding Content-Encoding Expect Authorization X-Api-Key X-Goog-Api-Key Api-Key")

func badHeader(says, name string) error {
	return &gateway.Error{Kind: gateway.Invalid, Field: "headers", Message: i18n.T(says, "header", name)}
}

// isToken says whether a text is a token as RFC 9110 §5.6.2 has them.
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// spentBy are the fields that Weir itself counts by: an override would make the ledger wrong.
var spentBy = []string{"model", "stream", "stream_options"}

// CheckParams says in a sentence what is wrong with a channel's overrides of a request's body,
// if anything is.
func CheckParams(params map[string]json.RawMessage) error {
	for path, value := range params {
		first, _, _ := strings.Cut(path, ".")
		says := ""
		switch {
		case slices.Contains(strings.Split(path, "."), "") || !gateway.OneLine(path) || strings.ContainsAny(path, `"\\`):
			says = "error.provider.param_path"
		case slices.Contains(spentBy, strings.ToLower(first)):
			says = "error.provider.param_kept"
		case !json.Valid(value):
			says = "error.provider.param_value"
		}
		if says != "" {
			return &gateway.Error{Kind: gateway.Invalid, Field: "params", Message: i18n.T(says, "path", path)}
		}
	}
	return nil
}
