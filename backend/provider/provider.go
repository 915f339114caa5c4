// Package provider lists the kinds of upstream that the relay knows, one row each. It sends nothing.
package provider

import (
	"net/http"
	"slices"

	"weir/backend/gateway"
)

// A Provider is one kind of upstream.
type Provider struct {
	ID           string
	Name         string
	Dialect      string   // the one that its channels are shown by; empty: each of them
	BaseURL      string   // where a channel goes that names no other
	NeedsBaseURL bool     // there is no default
	KeyPrefixes  []string // how its keys begin, for recognising one that was pasted
	// Prices is the provider whose prices apply where a channel's price_as names none. For
	// the custom ones it is the vendor whose dialect they speak: a server that sells the
	// vendor's models usually sells them at the vendor's prices. The sandbox has none of
	// its own: a call is priced like the model that it is named after.
	Prices     string
	Lanes      map[string]Lane // what it offers, by dialect
	ModelsPath string          // behind the root of its own dialect: GET lists the models and costs nothing; empty: none
	// Sign puts the channel's secret where this provider looks for it, and what else every
	// request to it must carry. An empty secret is not sent.
	Sign func(h http.Header, secret string)
}

// A Lane is what a provider offers in one dialect.
type Lane struct {
	Root  string                             // between the server and an operation's path: "/v1", "/anthropic/v1"
	Ops   []gateway.Op                       // what it offers there
	Paths map[gateway.Op]string              // operations that lie elsewhere than their dialect has them
	Sign  func(h http.Header, secret string) // where this lane wants the secret elsewhere than the provider; nil: it does not
}

// Offers says whether a provider has an operation of a dialect.
func (p Provider) Offers(dialect string, op gateway.Op) bool {
	return slices.Contains(p.Lanes[dialect].Ops, op)
}

// SignFor puts the channel's secret where a lane of this provider looks for it.
func (p Provider) SignFor(dialect string, h http.Header, secret string) {
	if sign := p.Lanes[dialect].Sign; sign != nil {
		sign(h, secret)
		return
	}
	p.Sign(h, secret)
}

var (
	chatLane     = Lane{Root: "/v1", Ops: []gateway.Op{gateway.Chat}}
	messagesLane = Lane{Root: "/v1", Ops: []gateway.Op{gateway.Messages, gateway.CountTokens}}
)

var providers = []Provider{
	{
		ID:          "anthropic",
		Name:        "Anthropic",
		Dialect:     "anthropic",
		BaseURL:     "https://api.anthropic.com/v1",
		KeyPrefixes: []string{"sk-ant-"},
		Prices:      "anthropic",
		Lanes:       map[string]Lane{"anthropic": messagesLane},
		ModelsPath:  "/models",
		Sign:        apiKey,
	},
	{
		ID:          "openai",
		Name:        "OpenAI",
		Dialect:     "openai-chat",
		BaseURL:     "https://api.openai.com/v1",
		KeyPrefixes: []string{"sk-proj-", "sk-svcacct-", "sk-"},
		Prices:      "openai",
		Lanes:       map[string]Lane{"openai-chat": chatLane},
		ModelsPath:  "/models",
		Sign:        bearer,
	},
	{
		ID:           "custom-anthropic",
		Name:         "Anthropic-compatible server",
		Dialect:      "anthropic",
		NeedsBaseURL: true,
		Prices:       "anthropic",
		Lanes:        map[string]Lane{"anthropic": messagesLane},
		ModelsPath:   "/models",
		Sign:         apiKey,
	},
	{
		ID:           "custom-openai",
		Name:         "OpenAI-compatible server",
		Dialect:      "openai-chat",
		NeedsBaseURL: true,
		Prices:       "openai",
		Lanes:        map[string]Lane{"openai-chat": chatLane},
		ModelsPath:   "/models",
		Sign:         bearer,
	},
	{
		ID:      "sandbox",
		Name:    "Sandbox",
		BaseURL: "http://sandbox.invalid/v1",
		Lanes:   map[string]Lane{"openai-chat": chatLane, "anthropic": messagesLane},
		Sign:    func(http.Header, string) {},
	},
}

// All returns every provider, in the order in which they are shown.
func All() []Provider { return append([]Provider(nil), providers...) }

// ByID returns the provider with this id.
func ByID(id string) (Provider, bool) {
	for _, p := range providers {
		if p.ID == id {
			return p, true
		}
	}
	return Provider{}, false
}

func bearer(h http.Header, secret string) {
	if secret != "" {
		h.Set("Authorization", "Bearer "+secret)
	}
}

// apiVersion is the version of the API that Anthropic asks every request to name
// (https://docs.claude.com/en/api/versioning, read 2026-11).
const apiVersion = "2023-06-01"

func apiKey(h http.Header, secret string) {
	if secret != "" {
		h.Set("X-Api-Key", secret)
	}
	if h.Get("Anthropic-Version") == "" {
		h.Set("Anthropic-Version", apiVersion)
	}
}
