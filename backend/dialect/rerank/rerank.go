// Package rerank is the reranking API that Cohere made and Jina, Voyage and the servers for open models share.
// Requests and replies are only forwarded.
package rerank

import (
	"net/http"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/wire"
)

// reader names what a request body is asked for: https://docs.cohere.com/reference/rerank,
// https://api.jina.ai/redoc, https://docs.voyageai.com/reference/reranker-api (read 2026-11).
var reader = dialect.Reader{Fields: []string{"model", "query", "documents"}, Keep: []int{1, 2}}

// Dialect returns the reranking dialect. The first and the second version of Cohere's path
// ask for the same.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name:              "rerank",
		Fields:            reader.Fields,
		Route:             route,
		Secret:            dialect.Bearer,
		Ask:               ask,
		EncodeError:       encodeError,
		EncodeStreamError: func(e *gateway.Error) []byte { return body(e) },
		Mark:              func(wire.Frame) dialect.Mark { return 0 },
		OutputBytes:       func(wire.Frame) int { return 0 },
	}
}

func route(method, path string) (dialect.Route, string) {
	r := dialect.Route{Op: gateway.Rerank, Endpoint: "rerank", Path: "/rerank"}
	switch {
	case path == "/v2/rerank":
		r.Endpoint = "v2/rerank"
	case path != "/rerank":
		return dialect.Route{}, ""
	}
	if method != http.MethodPost {
		return dialect.Route{}, http.MethodPost
	}
	return r, http.MethodPost
}

// A search is a query with up to 100 documents, a long one counted as several
// (https://cohere.com/pricing; what is long is from 500 tokens up, read 2026-11).
const (
	perSearch = 100
	long      = 500
)

// ask weighs a request for both ways of charging: by searches, and by tokens, of which those
// of the query count once for each document (https://docs.voyageai.com/docs/faq, read 2026-11).
func ask(r dialect.Request) (dialect.Ask, *gateway.Error) {
	a, e := reader.Read(r)
	a.N = 0
	if e != nil {
		return a, e
	}
	documents := elements(a.Kept[1])
	a.Extra.Input = wire.EstimateTokens(a.Kept[0]) * documents
	pieces := documents + wire.EstimateTokens(a.Kept[1])/long
	a.Extra.Searches = max(1, (pieces+perSearch-1)/perSearch)
	return a, nil
}

// elements counts what a JSON list holds.
func elements(list []byte) (n int64) {
	for at := 1; at < len(list); {
		one := wire.Value(list[at:])
		if one == nil {
			at++ // a comma, a space or the end
			continue
		}
		n++
		at += len(one)
	}
	return n
}

func encodeError(e *gateway.Error) (int, http.Header, []byte) {
	return dialect.Status(e.Kind), dialect.ErrorHeader(e), body(e)
}

// body is an error where each vendor's clients look for it: Cohere's under message, Jina's and
// Voyage's under detail.
func body(e *gateway.Error) []byte {
	return dialect.JSON(struct {
		Message string `json:"message"`
		Detail  string `json:"detail"`
	}{e.Message, e.Message})
}
