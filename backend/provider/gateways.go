package provider

import "weir/backend/gateway"

// gateways are servers of a person's own that lead to other vendors, in each format that they take.
var gateways = []Provider{
	{
		// https://docs.newapi.pro/en/docs/api, read 2026-11.
		ID:           "new-api",
		Name:         "New API",
		Dialect:      "openai-chat",
		NeedsBaseURL: true,
		KeyPrefixes:  []string{"sk-"},
		Prices:       "new-api",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"responses":   at("/v1", gateway.Responses, gateway.Compact),
			"anthropic":   {Root: "/v1", Ops: []gateway.Op{gateway.Messages}, Sign: apiKey},
			"gemini":      google(gateway.Generate, gateway.Embeddings),
			"openai":      openAILane,
			"rerank":      at("/v1", gateway.Rerank),
		},
		ModelsPath: "/models",
		// https://docs.newapi.pro/en/docs/api and the repository's router/api-router.go, read 2026-11:
		// the question about a key came later than the two that One API has, too.
		Balances: []Balance{
			{Funds: KeyLimit, Paths: []string{"/api/usage/token/", siteStatus}, read: ofToken},
			{Funds: KeyLimit, Paths: []string{subscription, usage, siteStatus}, read: ofSite},
		},
		Sign: bearer,
	},
	{
		// https://github.com/songquanpeng/one-api, its router/relay.go, read 2026-11.
		ID:           "one-api",
		Name:         "One API",
		Dialect:      "openai-chat",
		NeedsBaseURL: true,
		KeyPrefixes:  []string{"sk-"},
		Prices:       "one-api",
		Lanes:        map[string]Lane{"openai-chat": chatLane, "openai": openAILane},
		ModelsPath:   "/models",
		Balances:     []Balance{{Funds: KeyLimit, Paths: []string{subscription, usage, siteStatus}, read: ofSite}},
		Sign:         bearer,
	},
	{
		// https://docs.litellm.ai/docs/supported_endpoints, read 2026-11.
		ID:           "litellm",
		Name:         "LiteLLM",
		Dialect:      "openai-chat",
		NeedsBaseURL: true,
		KeyPrefixes:  []string{"sk-"},
		Prices:       "litellm",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"responses":   responsesLane,
			"anthropic":   messages("/v1", gateway.Messages, gateway.CountTokens),
			"gemini":      google(gateway.Generate, gateway.CountTokens),
			"openai":      openAILane,
			"rerank":      at("/v1", gateway.Rerank),
		},
		ModelsPath: "/models",
		Sign:       bearer,
	},
	{
		ID:           "weir",
		Name:         "Another Weir",
		Dialect:      "openai-chat",
		NeedsBaseURL: true,
		Prices:       "weir",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"responses":   responsesLane,
			"anthropic":   {Root: "/v1", Ops: []gateway.Op{gateway.Messages, gateway.CountTokens}, Sign: apiKey},
			"gemini":      google(generateLane.Ops...),
			"openai":      openAILane,
			"rerank":      at("/v1", gateway.Rerank),
		},
		ModelsPath: "/models",
		Balances:   []Balance{{Funds: KeyLimit, Paths: []string{subscription, usage}, read: ofWeir}},
		Sign:       bearer,
	},
}

// google is Gemini's format on a gateway, which takes the key where Google does.
func google(ops ...gateway.Op) Lane { return Lane{Root: "/v1beta", Ops: ops, Sign: googKey} }
