package provider

import (
	"net/http"

	"weir/backend/gateway"
)

// hosts sell models that others made.
var hosts = []Provider{
	{
		// https://openrouter.ai/docs/api/reference/overview and the guide for Claude Code, read
		// 2026-11. Each reply tells what it cost, unasked. Responses are not kept. Headers
		// that name an application are a client's to send: Weir adds none.
		ID:          "openrouter",
		Name:        "OpenRouter",
		Dialect:     "openai-chat",
		BaseURL:     "https://openrouter.ai/api/v1",
		KeyPrefixes: []string{"sk-or-"},
		Prices:      "openrouter",
		Lanes: map[string]Lane{
			"openai-chat": at("/api/v1", gateway.Chat),
			"responses":   at("/api/v1", gateway.Responses),
			"anthropic":   messages("/api/v1", gateway.Messages),
			"openai":      at("/api/v1", gateway.Completions, gateway.Embeddings),
		},
		ModelsPath: "/models",
		// https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key and
		// …/credits/get-credits, read 2026-11. A key's usage is that of its whole life, while its
		// limit may begin anew each day, week or month: only limit and remainder belong together.
		// The account's credits are for management keys alone.
		Balances: []Balance{
			{Funds: KeyLimit, Paths: []string{"/api/v1/key"}, read: orUnlimited("USD", sheet{total: "data.limit", left: "data.limit_remaining"})},
			{Funds: Account, Paths: []string{"/api/v1/credits"}, Optional: true, read: in("USD", sheet{total: "data.total_credits", used: "data.total_usage"})},
		},
		Sign: bearer,
	},
	{
		// https://console.groq.com/docs/openai and …/docs/api-reference, read 2026-11.
		ID:          "groq",
		Name:        "Groq",
		Dialect:     "openai-chat",
		BaseURL:     "https://api.groq.com/openai/v1",
		KeyPrefixes: []string{"gsk_"},
		Prices:      "groq",
		Lanes: map[string]Lane{
			"openai-chat": at("/openai/v1", gateway.Chat),
			"responses":   at("/openai/v1", gateway.Responses),
			"openai":      at("/openai/v1", gateway.Speech, gateway.Transcription, gateway.Translation),
		},
		ModelsPath: "/models",
		Sign:       bearer,
	},
	{
		// https://docs.together.ai/docs/inference/openai-compatibility and the reference of
		// rerank, read 2026-11. api.together.xyz is the same server by its older name.
		ID:          "together",
		Name:        "Together",
		Dialect:     "openai-chat",
		BaseURL:     "https://api.together.ai/v1",
		KeyPrefixes: []string{"tgp_v1_"},
		Prices:      "together",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"openai": at("/v1", gateway.Completions, gateway.Embeddings, gateway.Images, gateway.Speech,
				gateway.Transcription, gateway.Translation),
			"rerank": at("/v1", gateway.Rerank),
		},
		ModelsPath: "/models",
		Sign:       bearer,
	},
	{
		// https://docs.fireworks.ai/tools-sdks/openai-compatibility, …/anthropic-compatibility and
		// the reference of responses, embeddings and rerank, read 2026-11. Audio is on other hosts.
		ID:          "fireworks",
		Name:        "Fireworks",
		Dialect:     "openai-chat",
		BaseURL:     "https://api.fireworks.ai/inference/v1",
		KeyPrefixes: []string{"fw_"},
		Prices:      "fireworks",
		Lanes: map[string]Lane{
			"openai-chat": at("/inference/v1", gateway.Chat),
			"responses":   at("/inference/v1", gateway.Responses, gateway.Stored),
			"anthropic":   messages("/inference/v1", gateway.Messages),
			"openai":      at("/inference/v1", gateway.Completions, gateway.Embeddings),
			"rerank":      at("/inference/v1", gateway.Rerank),
		},
		ModelsPath: "/models",
		Sign:       bearer,
	},
	{
		// https://inference-docs.cerebras.ai/resources/openai, read 2026-11.
		ID:          "cerebras",
		Name:        "Cerebras",
		Dialect:     "openai-chat",
		BaseURL:     "https://api.cerebras.ai/v1",
		KeyPrefixes: []string{"csk-"},
		Prices:      "cerebras",
		Lanes:       map[string]Lane{"openai-chat": chatLane, "openai": at("/v1", gateway.Completions)},
		ModelsPath:  "/models",
		Sign:        bearer,
	},
	siliconflow("siliconflow", "SiliconFlow", "https://api.siliconflow.com/v1", "USD"),
	siliconflow("siliconflow-cn", "SiliconFlow, China", "https://api.siliconflow.cn/v1", "CNY"),
	{
		// https://docs.api.nvidia.com/nim/reference, read 2026-11. Reranking is on another host, in
		// a form of its own.
		ID:          "nvidia",
		Name:        "NVIDIA",
		Dialect:     "openai-chat",
		BaseURL:     "https://integrate.api.nvidia.com/v1",
		KeyPrefixes: []string{"nvapi-"},
		Prices:      "nvidia",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"openai":      at("/v1", gateway.Completions, gateway.Embeddings),
		},
		ModelsPath: "/models",
		Sign:       bearer,
	},
	{
		// https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle (the v1 API) and
		// https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry, read
		// 2026-11. The base URL is the resource's, https://NAME.openai.azure.com or
		// https://NAME.services.ai.azure.com; the model is the deployment's name.
		ID:           "azure",
		Name:         "Azure OpenAI",
		Dialect:      "responses",
		NeedsBaseURL: true,
		Prices:       "azure",
		CapName:      "max_completion_tokens",
		Lanes: map[string]Lane{
			"openai-chat": at("/openai/v1", gateway.Chat),
			"responses":   at("/openai/v1", gateway.Responses, gateway.Compact, gateway.Stored, gateway.CountTokens),
			"openai":      at("/openai/v1", gateway.Completions, gateway.Embeddings),
			"anthropic":   {Root: "/anthropic/v1", Ops: []gateway.Op{gateway.Messages}, Sign: apiKey},
		},
		ModelsPath: "/models",
		Sign: func(h http.Header, secret string) {
			if secret != "" {
				h.Set("Api-Key", secret)
			}
		},
	},
}

// siliconflow is a platform of SiliconFlow's (https://docs.siliconflow.com/en/api-reference and
// https://docs.siliconflow.cn/en/api-reference/chat-completions/messages, read 2026-11).
// The balance is text, granted and paid together (…/api-reference/userinfo/get-user-info, read
// 2026-11); each platform has its own currency.
func siliconflow(id, name, base, currency string) Provider {
	return Provider{
		ID:          id,
		Name:        name,
		Dialect:     "openai-chat",
		BaseURL:     base,
		KeyPrefixes: []string{"sk-"},
		Prices:      "siliconflow",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"anthropic":   messages("/v1", gateway.Messages),
			"openai":      at("/v1", gateway.Completions, gateway.Embeddings, gateway.Images, gateway.Speech, gateway.Transcription),
			"rerank":      at("/v1", gateway.Rerank),
		},
		ModelsPath: "/models",
		Balances:   []Balance{{Funds: Account, Paths: []string{"/v1/user/info"}, read: in(currency, sheet{left: "data.totalBalance"})}},
		Sign:       bearer,
	}
}
