package provider

import (
	"net/url"
	"strings"

	"weir/frontend/src/i18n"
)

// ourKeys is how the access keys begin that Weir gives to clients.
const ourKeys = "sk-weir-"

// vendorKeys are the beginnings by which vendors' keys can be told for sure. A bare "sk-" is
// none: many use it.
var vendorKeys = []struct{ prefix, id, name string }{
	{"sk-ant-", "anthropic", "Anthropic"},
	{"sk-proj-", "openai", "OpenAI"},
	{"sk-svcacct-", "openai", "OpenAI"},
	{"sk-admin-", "openai", "OpenAI"},
	{"sk-or-", "", "OpenRouter"},
	{"AIza", "", "Google Gemini"},
	{"xai-", "", "xAI"},
	{"gsk_", "", "Groq"},
	{"pplx-", "", "Perplexity"},
	{"csk-", "", "Cerebras"},
	{"nvapi-", "", "NVIDIA"},
	{"hf_", "", "Hugging Face"},
	{"ghp_", "", "GitHub"},
	{"github_pat_", "", "GitHub"},
}

// ForeignKey says in a sentence that a key is another vendor's, before it is sent to where
// it does not belong; empty: nothing speaks against it. Only a vendor's own address has one
// kind of key; what servers elsewhere take cannot be known.
func ForeignKey(p Provider, base, key string) string {
	if p.BaseURL == "" || !SameServer(base, p.BaseURL) {
		return ""
	}
	if strings.HasPrefix(key, ourKeys) {
		return i18n.T("error.provider.key_ours", "provider", p.Name)
	}
	for _, v := range vendorKeys {
		if strings.HasPrefix(key, v.prefix) && v.id != p.ID {
			return i18n.T("error.provider.key_foreign", "vendor", v.name, "provider", p.Name)
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
