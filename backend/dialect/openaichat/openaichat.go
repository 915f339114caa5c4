// Package openaichat is the Chat Completions dialect. It never decodes a body whole.
package openaichat

import (
	"weir/backend/dialect"
	"weir/backend/gateway"
)

// reader names what a request body is asked for: the fields of the create call as in
// https://platform.openai.com/docs/api-reference/chat/create (read 2026-11). Perplexity, whose fee
// depends on how much it searches, names the type of search in the same place
// (https://docs.perplexity.ai/docs/sonar/pro-search, read 2026-11).
// Fewer tokens than 16 OpenAI and Azure refuse with "integer below minimum value" (vectorize-io/hindsight#58, read 2026-11).
var reader = dialect.Reader{
	Fields: []string{"model", "stream", "max_tokens", "max_completion_tokens", "n", "service_tier",
		"stream_options", "stream_options.include_usage", "speed", "inference_geo", "models", "fallbacks",
		"web_search_options.search_context_size", "web_search_options.search_type"},
	Stream: 1, Max: []int{2, 3}, Cap: &dialect.Cap{Least: 16, Absent: []string{"max_tokens"}}, N: 4, Tier: 5, Options: 6, Include: 7, Dearer: []int{8, 9, 13}, Others: []int{10, 11}, SearchSize: 12, SearchType: 13,
}

// Dialect returns the Chat Completions dialect.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name:              "openai-chat",
		Route:             dialect.Post(dialect.Route{Op: gateway.Chat, Endpoint: "chat/completions", Path: "/chat/completions"}),
		Fields:            reader.Fields,
		Terminal:          true,
		Secret:            dialect.Bearer,
		Ask:               reader.Read,
		EncodeError:       encodeError,
		EncodeStreamError: encodeStreamError,
		Mark:              mark,
		OutputBytes:       outputBytes,
	}
}
