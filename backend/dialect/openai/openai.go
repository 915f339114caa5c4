// Package openai is OpenAI's API beside chats and Responses: completions, embeddings, moderations, images and
// audio. Requests and replies are only forwarded; it never decodes one whole.
package openai

import (
	"net/http"
	"net/url"
	"strings"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

// routes are the paths of https://platform.openai.com/docs/api-reference (read 2026-11).
var routes = []dialect.Route{
	{Op: gateway.Completions, Endpoint: "completions", Path: "/completions"},
	{Op: gateway.Embeddings, Endpoint: "embeddings", Path: "/embeddings"},
	{Op: gateway.Moderation, Endpoint: "moderations", Path: "/moderations"},
	{Op: gateway.Images, Endpoint: "images/generations", Path: "/images/generations"},
	{Op: gateway.Images, Endpoint: "images/edits", Path: "/images/edits"},
	{Op: gateway.Images, Endpoint: "images/variations", Path: "/images/variations"},
	{Op: gateway.Speech, Endpoint: "audio/speech", Path: "/audio/speech"},
	{Op: gateway.Transcription, Endpoint: "audio/transcriptions", Path: "/audio/transcriptions"},
	{Op: gateway.Translation, Endpoint: "audio/translations", Path: "/audio/translations"},
}

// Dialect returns the dialect of OpenAI's further endpoints.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name:              "openai",
		Fields:            completions.Fields,
		Terminal:          true,
		Route:             route(dialect.Post(routes...)),
		Secret:            dialect.Bearer,
		Ask:               ask,
		EncodeError:       encodeError,
		EncodeStreamError: encodeStreamError,
		Mark:              mark,
		OutputBytes:       outputBytes,
	}
}

// route adds the older form of the embeddings' path, which names the model:
// /engines/{model}/embeddings.
func route(fixed func(method, path string) (dialect.Route, string)) func(method, path string) (dialect.Route, string) {
	return func(method, path string) (dialect.Route, string) {
		inner, ok := strings.CutPrefix(path, "/engines/")
		name, isEmbeddings := strings.CutSuffix(inner, "/embeddings")
		model, err := url.PathUnescape(name)
		switch {
		case !ok || !isEmbeddings || err != nil || !dialect.StaysPut(model) || strings.Contains(name, "/"):
			return fixed(method, path)
		case method != http.MethodPost:
			return dialect.Route{}, http.MethodPost
		}
		return dialect.Route{Op: gateway.Embeddings, Endpoint: "embeddings", Path: "/engines/{model}/embeddings", Model: model}, http.MethodPost
	}
}

func encodeError(e *gateway.Error) (int, http.Header, []byte) {
	return dialect.Status(e.Kind), dialect.ErrorHeader(e), dialect.AsOpenAI(e).Body()
}

// encodeStreamError is the frame that the official clients raise as an error.
func encodeStreamError(e *gateway.Error) []byte {
	return append(append([]byte("data: "), dialect.AsOpenAI(e).Body()...), "\n\n"...)
}
