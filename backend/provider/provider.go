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
	ModelsPath string          // GET lists the models and costs nothing; empty: there is no list
	ModelsRoot string          // what ModelsPath lies behind; empty: the root of its own dialect
	Balances   []Balance       // what it tells of the money that is left, the nearest bound first; of one kind of funds the first that is there counts
	// UsageUnasked says that its streams tell their usage by themselves, and that the wish for
	// it would be refused.
	UsageUnasked bool
	// CapName is what the most that a chat may write is called where the newer models refuse max_tokens
	// (https://platform.openai.com/docs/api-reference/chat/create, read 2026-11).
	CapName string
	Local   bool // it runs on this machine, or on one of a person's own, and needs no key
	// Login says that the client's own login opens it, at its BaseURL and nowhere else; no key
	// is stored, and what a call costs is covered by the client's subscription.
	Login bool
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

// The lanes of those who speak a format whole.
var (
	chatLane      = at("/v1", gateway.Chat)
	responsesLane = at("/v1", gateway.Responses, gateway.Compact, gateway.CountTokens, gateway.Stored)
	messagesLane  = at("/v1", gateway.Messages, gateway.CountTokens)
	generateLane  = at("/v1beta", gateway.Generate, gateway.CountTokens, gateway.Embeddings)
	openAILane    = at("/v1", gateway.Completions, gateway.Embeddings, gateway.Images, gateway.Speech, gateway.Transcription,
		gateway.Translation, gateway.Moderation)
)

// at is a lane without oddities.
func at(root string, ops ...gateway.Op) Lane { return Lane{Root: root, Ops: ops} }

// messages is the Messages API on a server of somebody else's, which takes the key as a token.
func messages(root string, ops ...gateway.Op) Lane { return Lane{Root: root, Ops: ops, Sign: token} }

// providers are the rows, in the order in which they are shown.
var providers = slices.Concat(first, logins, makers, hosts, local, gateways, custom, sandbox)

var first = []Provider{
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
		CapName:     "max_completion_tokens",
		Lanes:       map[string]Lane{"openai-chat": chatLane, "responses": responsesLane, "openai": openAILane},
		ModelsPath:  "/models",
		Sign:        bearer,
	},
	{
		ID:          "google",
		Name:        "Google Gemini",
		Dialect:     "gemini",
		BaseURL:     "https://generativelanguage.googleapis.com/v1beta",
		KeyPrefixes: []string{"AIza"},
		Prices:      "google",
		// The second is https://ai.google.dev/gemini-api/docs/openai (read 2026-11).
		Lanes:      map[string]Lane{"gemini": generateLane, "openai-chat": {Root: "/v1beta/openai", Ops: []gateway.Op{gateway.Chat}, Sign: bearer}},
		ModelsPath: "/models",
		Sign:       googKey,
	},
}

var custom = []Provider{
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
		Lanes: map[string]Lane{"openai-chat": chatLane, "responses": responsesLane, "openai": openAILane,
			"rerank": at("/v1", gateway.Rerank)},
		ModelsPath: "/models",
		Sign:       bearer,
	},
	{
		ID:           "custom-gemini",
		Name:         "Gemini-compatible server",
		Dialect:      "gemini",
		NeedsBaseURL: true,
		Prices:       "google",
		Lanes:        map[string]Lane{"gemini": generateLane},
		ModelsPath:   "/models",
		Sign:         googKey,
	},
}

var sandbox = []Provider{
	{
		ID:      "sandbox",
		Name:    "Sandbox",
		BaseURL: "http://sandbox.invalid/v1",
		Lanes: map[string]Lane{"openai-chat": chatLane, "anthropic": messagesLane,
			"gemini":    {Root: "/v1beta", Ops: []gateway.Op{gateway.Generate, gateway.CountTokens}},
			"responses": {Root: "/v1", Ops: []gateway.Op{gateway.Responses, gateway.CountTokens}}},
		Sign: func(http.Header, string) {},
	},
}

// All returns every provider, in the order in which they are shown.
func All() []Provider { return append([]Provider(nil), providers...) }

// ByID returns the provider with this id.
func ByID(id string) (Provider, bool) {
	i, ok := byID[id]
	if !ok {
		return Provider{}, false
	}
	return providers[i], true
}

// byID finds a provider's row.
var byID = places(providers)

func places(list []Provider) map[string]int {
	at := make(map[string]int, len(list))
	for i, p := range list {
		at[p.ID] = i
	}
	return at
}

func bearer(h http.Header, secret string) {
	if secret != "" {
		h.Set("Authorization", "Bearer "+secret)
	}
}

// googKey is how https://ai.google.dev/api (read 2026-11) wants the key: in a header, so that no log of URLs has it.
func googKey(h http.Header, secret string) {
	if secret != "" {
		h.Set("X-Goog-Api-Key", secret)
	}
}

// apiVersion is the version of the API that Anthropic asks every request to name
// (https://docs.claude.com/en/api/versioning, read 2026-11).
const apiVersion = "2023-06-01"

func apiKey(h http.Header, secret string) {
	if secret != "" {
		h.Set("X-Api-Key", secret)
	}
	version(h)
}

func token(h http.Header, secret string) {
	bearer(h, secret)
	version(h)
}

func version(h http.Header) {
	if h.Get("Anthropic-Version") == "" {
		h.Set("Anthropic-Version", apiVersion)
	}
}
