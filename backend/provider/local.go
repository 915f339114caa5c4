package provider

import "weir/backend/gateway"

// local run on a person's own machine. Their models cost nothing per token, and they need no
// key; one that is given is sent as a token, which is where each of them looks for it.
var local = []Provider{
	{
		// https://docs.ollama.com/api/openai-compatibility and …/anthropic-compatibility, read 2026-11.
		ID:      "ollama",
		Name:    "Ollama",
		Dialect: "openai-chat",
		BaseURL: "http://127.0.0.1:11434",
		Prices:  "ollama",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"responses":   at("/v1", gateway.Responses),
			"anthropic":   messages("/v1", gateway.Messages),
			"openai":      at("/v1", gateway.Completions, gateway.Embeddings, gateway.Speech, gateway.Transcription),
		},
		ModelsPath: "/models",
		Local:      true,
		Sign:       bearer,
	},
	{
		// https://lmstudio.ai/docs/developer/openai-compat and …/anthropic-compat, read 2026-11.
		ID:      "lmstudio",
		Name:    "LM Studio",
		Dialect: "openai-chat",
		BaseURL: "http://127.0.0.1:1234",
		Prices:  "lmstudio",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"responses":   at("/v1", gateway.Responses),
			"anthropic":   messages("/v1", gateway.Messages),
			"openai":      at("/v1", gateway.Completions, gateway.Embeddings),
		},
		ModelsPath: "/models",
		Local:      true,
		Sign:       bearer,
	},
	{
		// https://docs.vllm.ai/en/stable/serving/online_serving.html, read 2026-11.
		ID:      "vllm",
		Name:    "vLLM",
		Dialect: "openai-chat",
		BaseURL: "http://127.0.0.1:8000",
		Prices:  "vllm",
		Lanes: map[string]Lane{
			"openai-chat": chatLane,
			"responses":   at("/v1", gateway.Responses, gateway.Stored),
			"anthropic":   messages("/v1", gateway.Messages, gateway.CountTokens),
			"openai":      at("/v1", gateway.Completions, gateway.Embeddings, gateway.Transcription, gateway.Translation),
			"rerank":      at("/v1", gateway.Rerank),
		},
		ModelsPath: "/models",
		Local:      true,
		Sign:       bearer,
	},
}
