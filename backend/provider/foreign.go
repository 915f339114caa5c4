package provider

import (
	"net/url"
	"slices"
	"strings"

	"weir/frontend/src/i18n"
)

// ourKeys is how the access keys begin that Weir gives to clients.
const ourKeys = "sk-weir-"

// rowless are vendors without a row of their own, by how their keys begin.
var rowless = []struct{ prefix, name string }{
	{"sk-admin-", "OpenAI"}, // manages an organization and calls no model
	{"hf_", "Hugging Face"},
	{"r8_", "Replicate"},
	{"ghp_", "GitHub"},
	{"github_pat_", "GitHub"},
	{"AKIA", "AWS"},
	{"ABSK", "AWS"},
}

// vague beginnings are those of several vendors, or so short that others may use them.
var vague = []string{"sk-", "pa-", "fw_"}

// ForeignKey says in a sentence that a key is another vendor's, before it is sent to where
// it does not belong; empty: nothing speaks against it. Only a vendor's own address has one
// kind of key; what servers elsewhere take cannot be known.
func ForeignKey(p Provider, base, key string) string {
	if p.Login && key != "" {
		return i18n.T("error.provider.login_key", "provider", p.Name)
	}
	if p.BaseURL == "" || !SameServer(base, p.BaseURL) {
		return ""
	}
	if strings.HasPrefix(key, ourKeys) {
		return i18n.T("error.provider.key_ours", "provider", p.Name)
	}
	if vendor := owner(key); vendor != "" && vendor != p.Name && !slices.ContainsFunc(p.KeyPrefixes, sure(key)) {
		return i18n.T("error.provider.key_foreign", "vendor", vendor, "provider", p.Name)
	}
	return ""
}

// sure says of a beginning that it is a key's, and tells its vendor for sure.
func sure(key string) func(prefix string) bool {
	return func(prefix string) bool { return strings.HasPrefix(key, prefix) && !slices.Contains(vague, prefix) }
}

// owner names the vendor whose key this is for sure; empty: it cannot be told.
func owner(key string) string {
	for _, v := range rowless {
		if strings.HasPrefix(key, v.prefix) {
			return v.name
		}
	}
	for _, p := range providers {
		if slices.ContainsFunc(p.KeyPrefixes, sure(key)) {
			return p.Name
		}
	}
	return ""
}

// SameServer says whether two base URLs lead to the same server in the same way.
func SameServer(a, b string) bool { return origin(a) == origin(b) }

// origin is the scheme and host of an address.
func origin(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}
