package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"weir/backend/gateway"
)

// ModelsRequest returns the request for one page of a provider's list of models; page is what
// ReadModels returned with the page before, empty for the first.
func ModelsRequest(ctx context.Context, p Provider, base, secret, page string) (*http.Request, error) {
	return listRequest(ctx, p, base, secret, page)
}

// A listed is one model in a list, in any of the forms in which there are lists.
type listed struct {
	ID    string `json:"id"`    // OpenAI, Anthropic and those who follow them
	Model string `json:"model"` // Ollama's own
	Name  string `json:"name"`  // Gemini, Cohere
}

// name is what a model is asked for by. Gemini's are named as resources.
func (l listed) name() string {
	return strings.TrimPrefix(cmp.Or(l.ID, l.Model, l.Name), "models/")
}

// ReadModels returns the names of the models in one page of a list, and the query that gets
// the next page, empty after the last. ok is false for what is no list.
func ReadModels(body []byte) (names []string, next string, ok bool) {
	var page struct {
		Object     string   `json:"object"`
		Data       []listed `json:"data"`
		Models     []listed `json:"models"`
		HasMore    bool     `json:"has_more"`        // Anthropic
		LastID     string   `json:"last_id"`         // Anthropic
		GeminiNext string   `json:"nextPageToken"`   // Gemini
		CohereNext string   `json:"next_page_token"` // Cohere
	}
	if json.Unmarshal(body, &page.Data) != nil && json.Unmarshal(body, &page) != nil { // some send the bare array
		return nil, "", false
	}
	if page.Data == nil && page.Models == nil && page.Object != "list" { // Ollama without models has null there
		return nil, "", false
	}
	for _, l := range append(page.Data, page.Models...) {
		if name := l.name(); name != "" && len(name) <= gateway.LongestName && gateway.OneLine(name) {
			names = append(names, name)
		}
	}
	switch {
	case page.HasMore && page.LastID != "":
		next = "after_id=" + url.QueryEscape(page.LastID)
	case page.GeminiNext != "":
		next = "pageToken=" + url.QueryEscape(page.GeminiNext)
	case page.CohereNext != "":
		next = "page_token=" + url.QueryEscape(page.CohereNext)
	}
	return names, next, true
}
