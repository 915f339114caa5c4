package setup

import (
	"net"
	"net/url"
	"strings"
)

// gateways are other programs that assistants are pointed at on this machine, by the port that each takes unless told
// otherwise.
func gateways() map[string]string {
	return map[string]string{
		"1234": "LM Studio", "3000": "New API / One API", "3456": "Claude Code Router", "4000": "LiteLLM", "8317": "CLIProxyAPI",
		"11434": "Ollama", "15721": "CC Switch", "20128": "9Router",
	}
}

// managed is what CC Switch writes in place of a key while its proxy has an assistant.
const managed = "PROXY_MANAGED"

// local says whether a base URL is on this machine.
func local(base string) bool {
	u, err := url.Parse(base)
	if err != nil || base == "" {
		return false
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}

// isOurs says whether a base URL leads to the relay, with or without /v1.
func isOurs(base, address string) bool {
	u, err := url.Parse(base)
	own, oerr := url.Parse(address)
	return err == nil && oerr == nil && local(base) && own.Port() != "" && u.Port() == own.Port()
}

// owner names who answers at a base URL; empty, when that is not known.
func owner(base, token, address string) string {
	switch {
	case base == "":
		return ""
	case isOurs(base, address):
		return "Weir"
	case token == managed:
		return gateways()["15721"]
	case !local(base):
		return ""
	}
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return gateways()[u.Port()]
}

// shownURL hides a password that stands in an address.
func shownURL(base string) string {
	if u, err := url.Parse(base); err == nil && u.User != nil {
		return u.Redacted()
	}
	return base
}

// masked shows as much of a secret as tells it from others.
func masked(value string) string {
	const ours = "sk-weir-"
	if strings.HasPrefix(value, ours) {
		return value[:min(len(ours)+4, len(value))] + "…"
	}
	return value[:min(6, len(value)/4)] + "…"
}
