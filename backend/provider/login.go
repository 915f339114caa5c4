package provider

import (
	"net/http"
	"strings"

	"weir/backend/gateway"
)

// logins are the vendors whose subscribers' tools bring a login of their own.
var logins = []Provider{
	{
		// Claude Code after /login: a token of Anthropic's in Authorization, and the base URL
		// of ANTHROPIC_BASE_URL (https://code.claude.com/docs/en/llm-gateway-protocol, read 2026-11).
		ID:      "anthropic-login",
		Name:    "Claude subscription",
		Dialect: "anthropic",
		BaseURL: "https://api.anthropic.com/v1",
		Prices:  "anthropic",
		Lanes:   map[string]Lane{"anthropic": messagesLane},
		Login:   true,
		Sign:    unsigned,
	},
	{
		// Codex after `codex login`: a token of ChatGPT's in Authorization, the account in
		// chatgpt-account-id; the plain API takes API keys alone
		// (https://github.com/openai/codex/issues/34608, https://developers.openai.com/codex/auth, read 2026-11).
		ID:      "openai-login",
		Name:    "ChatGPT subscription",
		Dialect: "responses",
		BaseURL: "https://chatgpt.com/backend-api/codex",
		Prices:  "openai",
		Lanes:   map[string]Lane{"responses": at("", gateway.Responses, gateway.Compact)},
		Login:   true,
		Sign:    unsigned,
	},
}

// unsigned adds nothing: the client has signed.
func unsigned(http.Header, string) {}

// OwnLogin returns the Authorization header of a client that has a login of its own at a
// vendor; empty: it has none. An API key is no login, and an access key of Weir's least of all:
// neither may reach a vendor in this way. Claude's login tokens look like keys.
func OwnLogin(h http.Header) string {
	values := h["Authorization"]
	if len(values) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" || strings.HasPrefix(token, "sk-") && !strings.HasPrefix(token, "sk-ant-oat") {
		return ""
	}
	return values[0]
}
