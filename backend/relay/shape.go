package relay

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"weir/backend/dialect"
)

// A shape is how a vendor's API shows models.
type shape struct {
	one  func(id string) map[string]any
	list func(names []string, query url.Values) map[string]any
}

func shapeOf(d *dialect.Dialect) shape {
	switch d.Name {
	case "anthropic":
		return shape{anthropicModel, anthropicModels}
	case "gemini":
		return shape{geminiModel, geminiModels}
	}
	return shape{openaiModel, openaiModels}
}

// since is the creation date that the shapes ask for and nobody reads: Weir does not know it.
const since = "1970-01-01T00:00:00Z"

func openaiModel(id string) map[string]any {
	return map[string]any{"id": id, "object": "model", "created": 0, "owned_by": "weir"}
}

func openaiModels(names []string, _ url.Values) map[string]any {
	return map[string]any{"object": "list", "data": rows(names, openaiModel)}
}

func anthropicModel(id string) map[string]any {
	return map[string]any{"type": "model", "id": id, "display_name": id, "created_at": since}
}

func anthropicModels(names []string, query url.Values) map[string]any {
	names, more := page(names, query.Get("after_id"), query.Get("limit"))
	out := map[string]any{"data": rows(names, anthropicModel), "has_more": more, "first_id": nil, "last_id": nil}
	if len(names) > 0 {
		out["first_id"], out["last_id"] = names[0], names[len(names)-1]
	}
	return out
}

// geminiModel is the Model of https://ai.google.dev/api/models (read 2026-11), as far as Weir knows it.
func geminiModel(id string) map[string]any {
	methods := []string{"generateContent", "streamGenerateContent", "countTokens"}
	if strings.Contains(id, "embedding") {
		methods = []string{"embedContent", "batchEmbedContents", "countTokens"}
	}
	name := id
	if !strings.HasPrefix(id, "tunedModels/") {
		name = "models/" + id
	}
	return map[string]any{"name": name, "displayName": id, "supportedGenerationMethods": methods}
}

// geminiModels has all models on its first page where the client does not say how many it wants.
func geminiModels(names []string, query url.Values) map[string]any {
	names, more := page(names, query.Get("pageToken"), query.Get("pageSize"))
	out := map[string]any{"models": rows(names, geminiModel)}
	if more {
		out["nextPageToken"] = names[len(names)-1]
	}
	return out
}

// page is what follows a name, at most as many as limit says.
func page(names []string, after, limit string) (rest []string, more bool) {
	if i, ok := slices.BinarySearch(names, after); ok {
		names = names[i+1:]
	}
	if n, err := strconv.Atoi(limit); err == nil && n > 0 && n < len(names) {
		return names[:n], true
	}
	return names, false
}

func rows(names []string, one func(string) map[string]any) []any {
	out := make([]any, len(names))
	for i, name := range names {
		out[i] = one(name)
	}
	return out
}
