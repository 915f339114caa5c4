package relay

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/backend/route"
	"weir/frontend/src/i18n"
)

// serveModels answers GET /v1/models and /v1/models/{id} in the shape that the client's path and
// headers ask for.
func (r *Relay) serveModels(w http.ResponseWriter, req *http.Request, d *dialect.Dialect, id string) {
	grant, refused := r.admitted(req, secretOf(req, d))
	if refused != nil {
		fail(w, d, refused)
		return
	}
	if e := r.pausedError(); e != nil {
		fail(w, d, e)
		return
	}
	names, shape := r.modelNames(grant, d), shapeOf(d)
	if id == "" {
		writeJSON(w, shape.list(names, req.URL.Query()))
		return
	}
	id, err := url.PathUnescape(id)
	if err != nil || !slices.Contains(names, id) {
		fail(w, d, &gateway.Error{Kind: gateway.NotFound, Message: i18n.T("error.relay.model_unlisted", "model", id)})
		return
	}
	writeJSON(w, shape.one(id))
}

// modelNames are the public names that a key may use: what channels list and map, the price
// book's for channels without a list, and the sandbox's while there is no channel.
func (r *Relay) modelNames(grant gateway.Grant, d *dialect.Dialect) []string {
	set := map[string]bool{}
	channels := r.Channels.All()
	for _, ch := range channels {
		if !ch.Enabled || !listed(ch, d) {
			continue
		}
		names := slices.Concat(ch.Models, slices.Collect(maps.Keys(ch.Map)))
		if len(ch.Models) == 0 {
			names = append(names, r.Book().Models(ch.Provider, r.Now())...)
		}
		for _, name := range names {
			if upstream, ok := route.Serves(ch, name); !ok || !grant.Denies(upstream) {
				set[name] = true
			}
		}
	}
	if len(channels) == 0 {
		for _, vendor := range sandboxVendors {
			for _, name := range r.Book().Models(vendor, r.Now()) {
				set[gateway.SandboxPrefix+name] = true
			}
		}
	}
	maps.DeleteFunc(set, func(name string, _ bool) bool { return !grant.Allows(name) })
	return slices.Sorted(maps.Keys(set))
}

// listed says whether a list in a dialect's shape names a channel's models. Gemini's says of each
// what it is good for, so it has only those that can be asked in Gemini's way.
func listed(ch gateway.Channel, d *dialect.Dialect) bool {
	p, ok := provider.ByID(ch.Provider)
	return d.Name != "gemini" || ok && len(p.Lanes[d.Name].Ops) > 0
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	// Who left needs no answer.
	_ = json.NewEncoder(w).Encode(v)
}

// sandboxTries are the requests that Try sends, by dialect.
var sandboxTries = map[string]struct{ path, body string }{
	"openai-chat": {"/v1/chat/completions", `{"model":"sandbox/gpt-5","stream":true,"messages":[{"role":"user","content":"What is a weir?"}]}`},
	"responses":   {"/v1/responses", `{"model":"sandbox/gpt-5","stream":true,"input":"What is a weir?"}`},
	"gemini": {"/v1beta/models/sandbox/gemini-2.5-flash:streamGenerateContent?alt=sse",
		`{"contents":[{"role":"user","parts":[{"text":"What is a weir?"}]}]}`},
	"anthropic": {"/v1/messages", `{"model":"sandbox/claude-sonnet-4-6","max_tokens":300,"stream":true,"messages":[{"role":"user","content":"What is a weir?"}]}`},
}

// Try makes one sandbox call for people who look around, and returns its id.
func (r *Relay) Try(ctx context.Context, dialectName string) (string, error) {
	try, ok := sandboxTries[dialectName]
	if !ok {
		return "", &gateway.Error{Kind: gateway.Invalid, Field: "dialect", Message: i18n.T("error.relay.dialect")}
	}
	if e := r.pausedError(); e != nil {
		return "", e
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, try.path, strings.NewReader(try.body))
	if err != nil {
		return "", err
	}
	w := &discard{header: http.Header{}}
	if broke := r.serveHere(w, req, gateway.Grant{KeyID: weirsKey, KeyName: i18n.T("app"), OnLimit: gateway.Finish}); broke || w.status >= 400 {
		return "", &gateway.Error{Kind: gateway.Internal, Message: i18n.T("error.relay.try_failed")}
	}
	return w.header.Get("X-Weir-Call"), nil
}

// weirsKey is the key of calls that Weir makes itself; there is no secret for it.
const weirsKey = "key_weir"

// serveHere serves a call outside of a server, and says whether it broke off.
func (r *Relay) serveHere(w http.ResponseWriter, req *http.Request, grant gateway.Grant) (broke bool) {
	defer func() { broke = recover() != nil }() // whose call it was has told the log
	r.serve(w, req, r.find(req), grant)
	return false
}

// discard is a client that reads everything and keeps nothing.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) Flush()                      {}
