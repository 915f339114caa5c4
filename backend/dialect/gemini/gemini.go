// Package gemini is the dialect of Google's Gemini API. It never decodes a body whole.
package gemini

import (
	"net/http"
	"net/url"

	"weir/backend/dialect"
)

// Dialect returns the Gemini dialect, as at https://ai.google.dev/api/generate-content (read
// 2026-11). Its streams have no terminal frame: the answer names why it stopped, then the bytes
// end. Only in a stream that is one JSON array the closing bracket is one.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name:              "gemini",
		Route:             route,
		Fields:            fields,
		Finishes:          true,
		Secret:            secret,
		Ask:               ask,
		EncodeError:       encodeError,
		EncodeStreamError: encodeStreamError,
		Mark:              mark,
		OutputBytes:       outputBytes,
	}
}

// secret reads x-goog-api-key, else a Bearer token, else the key of the query, which is how
// Google's own examples of curl once sent it.
func secret(h http.Header, rawQuery string) string {
	if s := h.Get("X-Goog-Api-Key"); s != "" {
		return s
	}
	if s := dialect.Bearer(h, rawQuery); s != "" {
		return s
	}
	query, _ := url.ParseQuery(rawQuery) // what cannot be read of it holds no key
	return query.Get("key")
}
