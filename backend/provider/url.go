package provider

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// URL returns where an operation of a channel goes: an operation of a dialect, by the path
// that the dialect has for it, with the upstream's name of the model. The base URL may end in
// its version ("/v1"), in it twice, without it, in a slash, in another lane's root, or in the
// operation's own path; empty means the provider's own. Of the client's query everything is
// kept but secrets; nothing of it can change the destination.
func URL(p Provider, base, dialect string, r Operation, rawQuery string) (string, error) {
	if !p.Offers(dialect, r.Op) {
		return "", fmt.Errorf("%s does not offer %s", p.Name, r.Op)
	}
	path := r.Path
	if own, ok := p.Lanes[dialect].Paths[r.Op]; ok {
		path = own
	}
	path = named(path, r.Model)
	u, err := p.base(base, dialect, p.Lanes[dialect].Root)
	if err != nil {
		return "", err
	}
	return join(u, path, rawQuery), nil
}

// named puts a model's name into a path. Gemini's names may say in which collection they are;
// then theirs takes the place of the path's. A colon would begin Gemini's methods.
func named(path, model string) string {
	for _, collection := range []string{"models/", "tunedModels/"} {
		if id, ok := strings.CutPrefix(model, collection); ok && strings.HasPrefix(path, "/models/{model}") {
			path, model = "/"+collection+strings.TrimPrefix(path, "/models/"), id
			break
		}
	}
	return strings.Replace(path, "{model}", strings.ReplaceAll(url.PathEscape(model), ":", "%3A"), 1)
}

// An Operation is what is asked of an upstream, as its URL needs to know it.
type Operation struct {
	Op    gateway.Op
	Path  string // as its dialect has it, behind the version
	Model string // takes the place of "{model}" in the path
}

// CheckBase says in a sentence what is wrong with a channel's base URL, if anything is.
func CheckBase(p Provider, base string) error {
	if p.Login && base != "" && base != p.BaseURL {
		return badBase(i18n.T("error.provider.base_fixed", "provider", p.Name, "url", p.BaseURL))
	}
	_, err := p.base(base, p.Dialect, "")
	return err
}

// modelsURL returns where the list of models is; empty: there is none.
func (p Provider) modelsURL(base, rawQuery string) (string, error) {
	root := p.ModelsRoot
	if root == "" {
		root = p.Lanes[p.Dialect].Root
	}
	u, err := p.base(base, p.Dialect, root)
	if err != nil || p.ModelsPath == "" {
		return "", err
	}
	return join(u, p.ModelsPath, rawQuery), nil
}

// join puts a path and a query behind a base.
func join(u *url.URL, path, rawQuery string) string {
	query := u.RawQuery
	if q := withoutSecrets(rawQuery); q != "" {
		query = strings.TrimPrefix(query+"&"+q, "&")
	}
	u.RawQuery = ""
	out := u.String() + path
	if query != "" {
		out += "?" + query
	}
	return out
}

// base reads a base URL and gives its path the root of a dialect's lane, where it belongs there.
func (p Provider) base(base, dialect, root string) (*url.URL, error) {
	if base == "" || p.Login {
		base = p.BaseURL // a client's login goes nowhere else, whatever is stored
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
	path := p.rooted(dialect, root, withoutTail(strings.TrimRight(u.EscapedPath(), "/")))
	if u.Path, err = url.PathUnescape(path); err != nil {
		return nil, badBase(i18n.T("error.provider.base_unreadable"))
	}
	u.RawPath = path
	return u, nil
}

// tails are what people paste along with a base URL: an operation's path. One that ends in
// another comes before it.
var tails = []string{"/messages/count_tokens", "/messages", "/chat/completions", "/completions", "/responses/compact", "/responses", "/models",
	"/embeddings", "/rerank", "/reranks"}

// withoutTail takes off an operation's path, or the version a second time.
func withoutTail(path string) string {
	for _, tail := range tails {
		path = strings.TrimRight(strings.TrimSuffix(path, tail), "/")
	}
	for strings.HasSuffix(path, "/v1/v1") {
		path = strings.TrimSuffix(path, "/v1")
	}
	return path
}

// rooted puts a root behind a path. One that ends in the root of any lane of this provider, or
// in all of it but its version, is led to this one; one that has a version of its own is left
// as it is.
func (p Provider) rooted(dialect, root, path string) string {
	known := ""
	for _, lane := range p.Lanes {
		for _, end := range []string{lane.Root, lastVersion.ReplaceAllString(lane.Root, "")} {
			if len(end) > len(known) && strings.HasSuffix(path, end) {
				known = end
			}
		}
	}
	switch {
	case known != "":
		return strings.TrimSuffix(path, known) + root
	case path == "" || !versioned(dialect, path):
		return path + root
	}
	return path
}

func badBase(message string) error {
	return &gateway.Error{Kind: gateway.Invalid, Field: "base_url", Message: message}
}

// versions finds a path's segment such as v1, v4 or v1beta.
var versions = regexp.MustCompile(`/v[0-9]+(?:(?:alpha|beta)[0-9]*)?(?:/|$)`)

// lastVersion finds a version that ends a path.
var lastVersion = regexp.MustCompile(`/v[0-9]+$`)

// versioned reports whether a path needs no version put behind it. The OpenAI clients take
// a base URL with everything before /chat/completions, so a version anywhere settles it
// (…/v1beta/openai). The Anthropic ones add /v1/messages themselves, so only one at the end
// does (…/v1/account/anthropic has none yet).
func versioned(dialect, path string) bool {
	at := versions.FindAllStringIndex(path, -1)
	if len(at) == 0 {
		return false
	}
	return dialect != "anthropic" || at[len(at)-1][1] == len(path)
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
