package provider

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// URL returns where an operation of a channel goes. The base URL may end in its version
// ("/v1"), in it twice, without it, in a slash, or in the operation's own path; empty means
// the provider's own. Of the client's query everything is kept but secrets; nothing of it
// can change the destination.
func URL(p Provider, base string, op gateway.Op, rawQuery string) (string, error) {
	path, ok := p.Paths[op]
	if !ok {
		return "", fmt.Errorf("%s does not offer %s", p.Name, op)
	}
	return p.join(base, path, rawQuery)
}

// CheckBase says in a sentence what is wrong with a channel's base URL, if anything is.
func CheckBase(p Provider, base string) error {
	_, err := p.base(base)
	return err
}

func (p Provider) join(base, path, rawQuery string) (string, error) {
	u, err := p.base(base)
	if err != nil {
		return "", err
	}
	query := u.RawQuery
	if q := withoutSecrets(rawQuery); q != "" {
		query = strings.TrimPrefix(query+"&"+q, "&")
	}
	u.RawQuery = ""
	out := u.String() + path
	if query != "" {
		out += "?" + query
	}
	return out, nil
}

// base reads a base URL and gives its path the version at the end, where it belongs there.
func (p Provider) base(base string) (*url.URL, error) {
	if base == "" {
		base = p.BaseURL
	}
	u, err := url.Parse(strings.TrimSpace(base))
	switch {
	case base == "":
		return nil, badBase(i18n.T("error.provider.base_missing", "provider", p.Name))
	case err != nil:
		return nil, badBase(i18n.T("error.provider.base_unreadable")) // what is in it may be a secret
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, badBase(i18n.T("error.provider.base_scheme"))
	case u.User != nil:
		return nil, badBase(i18n.T("error.provider.base_user"))
	}
	u.Fragment, u.RawFragment = "", ""
	path := strings.TrimRight(u.EscapedPath(), "/")
	for _, tail := range []string{"/messages/count_tokens", "/messages", "/chat/completions", "/models"} {
		path = strings.TrimRight(strings.TrimSuffix(path, tail), "/")
	}
	for strings.HasSuffix(path, "/v1/v1") {
		path = strings.TrimSuffix(path, "/v1")
	}
	if !p.versioned(path) {
		path += "/v1"
	}
	if u.Path, err = url.PathUnescape(path); err != nil {
		return nil, badBase(i18n.T("error.provider.base_unreadable"))
	}
	u.RawPath = path
	return u, nil
}

func badBase(message string) error {
	return &gateway.Error{Kind: gateway.Invalid, Field: "base_url", Message: message}
}

// versions finds a path's segment such as v1, v4 or v1beta.
var versions = regexp.MustCompile(`/v[0-9]+(?:(?:alpha|beta)[0-9]*)?(?:/|$)`)

// versioned reports whether a path needs no version put behind it. The OpenAI clients take
// a base URL with everything before /chat/completions, so a version anywhere settles it
// (…/v1beta/openai). The Anthropic ones add /v1/messages themselves, so only one at the end
// does (…/v1/account/anthropic has none yet).
func (p Provider) versioned(path string) bool {
	at := versions.FindAllStringIndex(path, -1)
	if len(at) == 0 {
		return false
	}
	return p.Dialect != "anthropic" || at[len(at)-1][1] == len(path)
}

// secrets are the query parameters in which APIs take keys.
var secrets = map[string]bool{"key": true, "api_key": true, "api-key": true, "apikey": true, "access_token": true, "token": true}

// withoutSecrets drops parameters that may hold a key and leaves the others as they are written.
func withoutSecrets(rawQuery string) string {
	var kept []string
	for part := range strings.SplitSeq(rawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		plain, err := url.QueryUnescape(name)
		if part == "" || err != nil || secrets[strings.ToLower(plain)] {
			continue
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, "&")
}
