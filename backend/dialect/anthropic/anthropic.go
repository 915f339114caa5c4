// Package anthropic is the Messages dialect. It never decodes a body whole.
package anthropic

import (
	"net/http"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

// reader names what a request body is asked for: the fields of the create call as in
// https://docs.claude.com/en/api/messages (read 2026-11).
// max_tokens must be more than the budget for thinking
// (https://platform.claude.com/docs/en/build-with-claude/extended-thinking, read 2026-11), and has no default.
var reader = dialect.Reader{
	Fields: []string{"model", "stream", "max_tokens", "service_tier", "speed", "inference_geo", "models", "fallbacks", "thinking.budget_tokens"},
	Stream: 1, Max: []int{2}, Cap: &dialect.Cap{Above: 8}, Tier: 3, Dearer: []int{4, 5}, Others: []int{6, 7},
}

// Dialect returns the Messages dialect.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name: "anthropic",
		Route: dialect.Post(
			dialect.Route{Op: gateway.Messages, Endpoint: "messages", Path: "/messages"},
			dialect.Route{Op: gateway.CountTokens, Endpoint: "messages/count_tokens", Path: "/messages/count_tokens"},
		),
		Fields:            reader.Fields,
		Terminal:          true,
		Secret:            secret,
		Ask:               reader.Read,
		EncodeError:       encodeError,
		EncodeStreamError: encodeStreamError,
		Mark:              mark,
		OutputBytes:       outputBytes,
	}
}

// secret reads x-api-key, else the Bearer token that Claude Code sends when it is given
// ANTHROPIC_AUTH_TOKEN.
func secret(h http.Header, rawQuery string) string {
	if s := h.Get("X-Api-Key"); s != "" {
		return s
	}
	return dialect.Bearer(h, rawQuery)
}
