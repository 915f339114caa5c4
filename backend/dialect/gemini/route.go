package gemini

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

// methods are the custom methods of a model, as at https://ai.google.dev/api (read 2026-11).
// Path's place for the model takes a name of another collection too: see provider.URL.
var methods = map[string]dialect.Route{
	"generateContent":       {Op: gateway.Generate, Endpoint: "generateContent", Path: "/models/{model}:generateContent"},
	"streamGenerateContent": {Op: gateway.Generate, Endpoint: "streamGenerateContent", Path: "/models/{model}:streamGenerateContent", Stream: true},
	"countTokens":           {Op: gateway.CountTokens, Endpoint: "countTokens", Path: "/models/{model}:countTokens"},
	"embedContent":          {Op: gateway.Embeddings, Endpoint: "embedContent", Path: "/models/{model}:embedContent"},
	"batchEmbedContents":    {Op: gateway.Embeddings, Endpoint: "batchEmbedContents", Path: "/models/{model}:batchEmbedContents"},
}

const tuned = "tunedModels/"

// route reads /models/{model}:method and /tunedModels/{id}:method. A tuned model keeps its
// collection in its name, so that it is never taken for the model of that name.
func route(method, path string) (dialect.Route, string) {
	name, err := url.PathUnescape(strings.TrimPrefix(path, "/"))
	if err != nil {
		return dialect.Route{}, ""
	}
	colon := strings.LastIndexByte(name, ':')
	if colon < 0 {
		return dialect.Route{}, ""
	}
	r, ok := methods[name[colon+1:]]
	name = name[:colon]
	if model, plain := strings.CutPrefix(name, "models/"); plain {
		name = model
	} else if !strings.HasPrefix(name, tuned) {
		ok = false
	}
	switch {
	case !ok || !nameable(name):
		return dialect.Route{}, ""
	case method != http.MethodPost:
		return dialect.Route{}, http.MethodPost
	}
	r.Model = name
	return r, http.MethodPost
}

// nameable says whether a name can stand in a path without leading elsewhere, and no server can
// find another method in it than the last.
func nameable(model string) bool {
	return dialect.StaysPut(model) && !slices.ContainsFunc(strings.Split(model, ":")[1:], func(word string) bool {
		_, ok := methods[word]
		return ok
	})
}
