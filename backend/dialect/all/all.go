// Package all lists the dialects that the relay serves.
package all

import (
	"weir/backend/dialect"
	"weir/backend/dialect/anthropic"
	"weir/backend/dialect/gemini"
	"weir/backend/dialect/openai"
	"weir/backend/dialect/openaichat"
	"weir/backend/dialect/rerank"
	"weir/backend/dialect/responses"
)

// All returns every dialect, in the order in which they are shown.
func All() []dialect.Dialect {
	return []dialect.Dialect{openaichat.Dialect(), responses.Dialect(), anthropic.Dialect(), gemini.Dialect(), openai.Dialect(), rerank.Dialect()}
}
