package relay

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// serveModels answers GET /v1/models and /v1/models/{id} in the shape that the client's
// headers ask for: Anthropic's with anthropic-version, OpenAI's otherwise.
func (r *Relay) serveModels(w http.ResponseWriter, req *http.Request, d *dialect.Dialect, id string) {
	grant, refused, reason := r.Access.Admit(secretOf(req, d))
	if refused != nil {
		r.turnedAway.count(reason, r.Now(), r.Log)
		fail(w, d, refused)
		return
	}
	if e := r.pausedError(); e != nil {
		fail(w, d, e)
		return
	}
	names := r.modelNames(grant)
	anthropic := d.Name == "anthropic"
	if id == "" {
		writeJSON(w, listShape(names, anthropic, req.URL.Query().Get("limit"), req.URL.Query().Get("after_id")))
		return
	}
	if !slices.Contains(names, id) {
		fail(w, d, &gateway.Error{Kind: gateway.NotFound, Message: i18n.T("error.relay.model_unlisted", "model", id)})
		return
	}
	writeJSON(w, modelShape(id, anthropic))
}

// modelNames are the public names that a key may use: what channels list and map, the price
// book's for channels without a list, and the sandbox's while there is no channel.
func (r *Relay) modelNames(grant gateway.Grant) []string {
	set := map[string]bool{}
	channels := r.Channels.All()
	for _, ch := range channels {
		if !ch.Enabled {
			continue
		}
		names := slices.Concat(ch.Models, slices.Collect(maps.Keys(ch.Map)))
		if len(ch.Models) == 0 {
			names = append(names, r.Book.Models(ch.Provider, r.Now())...)
		}
		for _, name := range names {
			set[name] = true
		}
	}
	if len(channels) == 0 {
		for _, vendor := range []string{"anthropic", "openai"} {
			for _, name := range r.Book.Models(vendor, r.Now()) {
				set[gateway.SandboxPrefix+name] = true
			}
		}
	}
	maps.DeleteFunc(set, func(name string, _ bool) bool { return !grant.Allows(name) })
	return slices.Sorted(maps.Keys(set))
}

// since is the creation date that the shapes ask for and nobody reads: Weir does not know it.
const since = "1970-01-01T00:00:00Z"

func modelShape(id string, anthropic bool) map[string]any {
	if anthropic {
		return map[string]any{"type": "model", "id": id, "display_name": id, "created_at": since}
	}
	return map[string]any{"id": id, "object": "model", "created": 0, "owned_by": "weir"}
}

func listShape(names []string, anthropic bool, limit, after string) map[string]any {
	more := false
	if anthropic {
		if i, ok := slices.BinarySearch(names, after); ok {
			names = names[i+1:]
		}
		if n, err := strconv.Atoi(limit); err == nil && n > 0 && n < len(names) {
			names, more = names[:n], true
		}
	}
	data := make([]any, len(names))
	for i, name := range names {
		data[i] = modelShape(name, anthropic)
	}
	if !anthropic {
		return map[string]any{"object": "list", "data": data}
	}
	out := map[string]any{"data": data, "has_more": more, "first_id": nil, "last_id": nil}
	if len(names) > 0 {
		out["first_id"], out["last_id"] = names[0], names[len(names)-1]
	}
	return out
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	// Who left needs no answer.
	_ = json.NewEncoder(w).Encode(v)
}

// sandboxTries are the requests that Try sends, by dialect.
var sandboxTries = map[string]struct{ path, body string }{
	"openai-chat":      {"/v1/chat/completions", `{"model":"sandbox/gpt-5","stream":true,"messages":[{"role":"user","content":"What is a weir?"}]}`},
	"openai-responses": {"/v1/responses", `{"model":"sandbox/gpt-5","stream":true,"input":"What is a weir?"}`},
	"anthropic":        {"/v1/messages", `{"model":"sandbox/claude-sonnet-4-6","max_tokens":300,"stream":true,"messages":[{"role":"user","content":"What is a weir?"}]}`},
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
	r.serve(w, req, r.find(req), gateway.Grant{KeyID: "key_weir", KeyName: "Weir", OnLimit: gateway.Finish})
	if w.status >= 400 {
		return "", &gateway.Error{Kind: gateway.Internal, Message: i18n.T("error.relay.try_failed")}
	}
	return w.header.Get("X-Weir-Call"), nil
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
