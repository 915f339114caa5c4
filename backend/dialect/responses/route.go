package responses

import (
	"net/http"
	"net/url"
	"strings"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

// fixed are the paths that name no stored response.
var fixed = dialect.Post(
	dialect.Route{Op: gateway.Responses, Endpoint: "responses", Path: "/responses"},
	dialect.Route{Op: gateway.Compact, Endpoint: "responses/compact", Path: "/responses/compact"},
	dialect.Route{Op: gateway.CountTokens, Endpoint: "responses/input_tokens", Path: "/responses/input_tokens"},
)

// stored says which methods take what lies behind the id of a stored response.
var stored = map[string][]string{
	"":             {http.MethodGet, http.MethodDelete},
	"/cancel":      {http.MethodPost},
	"/input_items": {http.MethodGet},
}

func route(method, path string) (dialect.Route, string) {
	if r, allow := fixed(method, path); allow != "" {
		return r, allow
	}
	rest, ok := strings.CutPrefix(path, "/responses/")
	if !ok {
		return dialect.Route{}, ""
	}
	id, tail, deeper := strings.Cut(rest, "/")
	if deeper {
		tail = "/" + tail
	}
	methods, known := stored[tail]
	id, err := url.PathUnescape(id)
	if !known || err != nil || !oneSegment(id) {
		return dialect.Route{}, ""
	}
	allow := strings.Join(methods, ", ")
	for _, m := range methods {
		if m == method {
			return dialect.Route{Op: gateway.Stored, Endpoint: "responses/stored", Path: "/responses/" + url.PathEscape(id) + tail, Reply: id}, allow
		}
	}
	return dialect.Route{}, allow
}

// maxID is longer than the ids that any upstream gives.
const maxID = 512

// oneSegment says whether an id can stand in a path, escaped, without leading elsewhere.
func oneSegment(id string) bool {
	return len(id) <= maxID && !strings.Contains(id, "/") && dialect.StaysPut(id)
}
