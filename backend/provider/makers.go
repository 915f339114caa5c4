package provider

import "weir/backend/gateway"

// makers sell models of their own. Where a vendor has a second platform, with keys and prices
// of its own, that is a row of its own.
var makers = []Provider{
	{
		// https://api-docs.deepseek.com and https://api-docs.deepseek.com/guides/anthropic_api,
		// read 2026-11. Completions, with a suffix to fill in before, are on the beta root alone.
		ID:          "deepseek",
		Name:        "DeepSeek",
		Dialect:     "openai-chat",
		BaseURL:     "https://api.deepseek.com",
		KeyPrefixes: []string{"sk-"},
		Prices:      "deepseek",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"openai":      at("/beta", gateway.Completions),
			"anthropic":   {Root: "/anthropic/v1", Ops: []gateway.Op{gateway.Messages}, Sign: apiKey},
		},
		ModelsPath: "/models",
		// https://api-docs.deepseek.com/api/get-user-balance, read 2026-11: text, in CNY or USD.
		Balances: []Balance{{Funds: Account, Paths: []string{"/user/balance"}, read: byCurrency("balance_infos", "currency", "total_balance")}},
		Sign:     bearer,
	},
	{
		// https://docs.x.ai/api-reference, read 2026-11: /v1/messages is there, "fully deprecated".
		ID:          "xai",
		Name:        "xAI",
		Dialect:     "responses",
		BaseURL:     "https://api.x.ai/v1",
		KeyPrefixes: []string{"xai-"},
		Prices:      "xai",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"responses":   at("/v1", gateway.Responses, gateway.Stored),
			"openai":      at("/v1", gateway.Images),
		},
		ModelsPath: "/models",
		Sign:       bearer,
	},
	{
		// https://docs.mistral.ai/api, read 2026-11. It refuses fields that it does not know,
		// stream_options among them (github.com/avante-corp/avante.nvim/issues/2347).
		ID:      "mistral",
		Name:    "Mistral",
		Dialect: "openai-chat",
		BaseURL: "https://api.mistral.ai/v1",
		Prices:  "mistral",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"openai":      at("/v1", gateway.Embeddings, gateway.Moderation, gateway.Transcription),
		},
		ModelsPath:   "/models",
		UsageUnasked: true,
		Sign:         bearer,
	},
	moonshot("moonshot", "Moonshot (Kimi)", "https://api.moonshot.ai", "USD"),
	moonshot("moonshot-cn", "Moonshot (Kimi), China", "https://api.moonshot.cn", "CNY"),
	zai("zai", "Z.ai", "https://api.z.ai", "/api/paas/v4", "zai"),
	zaiCoding("zai-coding", "Z.ai Coding Plan", "https://api.z.ai", "zai", at("/api/v1", gateway.Responses)),
	zai("zhipuai", "Zhipu (BigModel)", "https://open.bigmodel.cn", "/api/paas/v4", "zhipuai"),
	zaiCoding("zhipuai-coding", "Zhipu Coding Plan", "https://open.bigmodel.cn", "zhipuai", Lane{}),
	qwen("qwen", "Qwen (Model Studio)", "https://dashscope-intl.aliyuncs.com", "qwen"),
	qwen("qwen-cn", "Qwen (Model Studio), China", "https://dashscope.aliyuncs.com", "qwen-cn"),
	minimax("minimax", "MiniMax", "https://api.minimax.io", "minimax"),
	minimax("minimax-cn", "MiniMax, China", "https://api.minimaxi.com", "minimax-cn"),
	{
		// https://docs.perplexity.ai/docs/grounded-llm/openai-compatibility and
		// https://perplexity.mintlify.app/api-reference, read 2026-11. Chat has no version in its
		// path; a stream tells the usage with every chunk. Lists of models are not documented.
		ID:          "perplexity",
		Name:        "Perplexity",
		Dialect:     "openai-chat",
		BaseURL:     "https://api.perplexity.ai",
		KeyPrefixes: []string{"pplx-"},
		Prices:      "perplexity",
		Lanes: map[string]Lane{
			"openai-chat": at("", gateway.Chat),
			"responses":   at("/v1", gateway.Responses),
			"openai":      at("/v1", gateway.Embeddings),
		},
		UsageUnasked: true,
		Sign:         bearer,
	},
	{
		// https://docs.cohere.com/docs/compatibility-api and the reference of v2/rerank and
		// v1/models, read 2026-11. Only reranking has Cohere's own form here.
		ID:      "cohere",
		Name:    "Cohere",
		Dialect: "openai-chat",
		BaseURL: "https://api.cohere.ai",
		Prices:  "cohere",
		Lanes: map[string]Lane{
			"openai-chat": at("/compatibility/v1", gateway.Chat),
			"openai":      at("/compatibility/v1", gateway.Embeddings, gateway.Transcription),
			"rerank":      at("/v2", gateway.Rerank),
		},
		ModelsPath: "/models",
		ModelsRoot: "/v1",
		Sign:       bearer,
	},
	{
		// https://jina.ai/embeddings and https://jina.ai/reranker, read 2026-11; no list of models
		// is documented.
		ID:          "jina",
		Name:        "Jina",
		Dialect:     "openai",
		BaseURL:     "https://api.jina.ai/v1",
		KeyPrefixes: []string{"jina_"},
		Prices:      "jina",
		Lanes:       map[string]Lane{"openai": at("/v1", gateway.Embeddings), "rerank": at("/v1", gateway.Rerank)},
		Sign:        bearer,
	},
	{
		// https://docs.voyageai.com/reference, read 2026-11; it has no list of models.
		ID:          "voyage",
		Name:        "Voyage",
		Dialect:     "openai",
		BaseURL:     "https://api.voyageai.com/v1",
		KeyPrefixes: []string{"pa-"},
		Prices:      "voyage",
		Lanes:       map[string]Lane{"openai": at("/v1", gateway.Embeddings), "rerank": at("/v1", gateway.Rerank)},
		Sign:        bearer,
	},
}

// moonshot is a platform of Moonshot's. Its Messages API takes the key as a token
// (https://platform.kimi.ai/docs/api/overview, read 2026-11). What is available may be less than
// nothing, and is in dollars or in yuan (https://platform.kimi.ai/docs/api/balance and
// https://platform.kimi.com/docs/api/balance, read 2026-11).
func moonshot(id, name, base, currency string) Provider {
	return Provider{
		ID:          id,
		Name:        name,
		Dialect:     "openai-chat",
		BaseURL:     base,
		KeyPrefixes: []string{"sk-"},
		Prices:      id,
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"responses":   at("/v1", gateway.Responses),
			"anthropic":   messages("/anthropic/v1", gateway.Messages),
		},
		ModelsPath: "/models",
		Balances: []Balance{{Funds: Account, Paths: []string{"/v1/users/me/balance"},
			read: in(currency, sheet{left: "data.available_balance"})}},
		Sign: bearer,
	}
}

// zai is a platform of Z.ai's, which is Zhipu's outside of China
// (https://docs.z.ai/guides/develop/http/introduction, https://docs.z.ai/scenario-example/develop-tools/claude
// and https://docs.bigmodel.cn/cn/api/introduction, read 2026-11). A subscription to the
// Coding Plan counts only at its own chat path; the Messages path serves both.
func zai(id, name, base, chat, prices string) Provider {
	return Provider{
		ID:      id,
		Name:    name,
		Dialect: "openai-chat",
		BaseURL: base + chat,
		Prices:  prices,
		Lanes: map[string]Lane{
			"openai-chat": at(chat, gateway.Chat),
			"openai":      at(chat, gateway.Embeddings, gateway.Images),
			"anthropic":   messages("/api/anthropic/v1", gateway.Messages),
		},
		ModelsPath: "/models",
		Sign:       bearer,
	}
}

// zaiCoding is the Coding Plan of one of them, without embeddings and images. Responses are
// documented for Z.ai's alone (https://docs.z.ai/devpack/overview, read 2026-11).
func zaiCoding(id, name, base, prices string, responses Lane) Provider {
	p := zai(id, name, base, "/api/coding/paas/v4", prices)
	delete(p.Lanes, "openai")
	if len(responses.Ops) > 0 {
		p.Lanes["responses"] = responses
	}
	return p
}

// qwen is a region of Alibaba's Model Studio; a workspace's own domain is given as a base URL
// (https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope,
// …/compatibility-with-openai-responses-api, …/anthropic-api-messages, read 2026-11). Keys and
// prices differ by region.
func qwen(id, name, base, prices string) Provider {
	return Provider{
		ID:          id,
		Name:        name,
		Dialect:     "openai-chat",
		BaseURL:     base + "/compatible-mode/v1",
		KeyPrefixes: []string{"sk-"},
		Prices:      prices,
		Lanes: map[string]Lane{
			"openai-chat": at("/compatible-mode/v1", gateway.Chat),
			"openai":      at("/compatible-mode/v1", gateway.Embeddings),
			"responses":   at("/api/v2/apps/protocols/compatible-mode/v1", gateway.Responses, gateway.Stored),
			"anthropic":   {Root: "/apps/anthropic/v1", Ops: []gateway.Op{gateway.Messages}, Sign: apiKey},
		},
		ModelsPath: "/models",
		Sign:       bearer,
	}
}

// minimax is a platform of MiniMax's (https://platform.minimax.io/docs/api-reference/text-openai-api
// and …/text-anthropic-api, read 2026-11). Its two formats count cached tokens differently.
func minimax(id, name, base, prices string) Provider {
	return Provider{
		ID:      id,
		Name:    name,
		Dialect: "anthropic",
		BaseURL: base,
		Prices:  prices,
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"responses":   at("/v1", gateway.Responses),
			"anthropic":   messages("/anthropic/v1", gateway.Messages),
		},
		ModelsPath: "/models",
		ModelsRoot: "/v1",
		Sign:       bearer,
	}
}
