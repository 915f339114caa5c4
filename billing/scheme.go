package billing

import "strings"

// A verb says what a rule does with a counter of an upstream's usage object.
type verb uint8

const (
	adds  verb = iota // the counter stands alone
	moves             // the counter lies inside another, and is taken out of it
	notes             // the counter is told but never charged
)

// A rule places one counter of an upstream's usage object on a meter.
type rule struct {
	verb verb
	path string // see reader.at; "a|b" are spellings of one counter
	to   Meter
	from Meter  // moves: the meter that holds it
	less string // a counter that another rule moves and this one must not
}

func add(path string, to Meter) rule        { return rule{verb: adds, path: path, to: to} }
func move(path string, from, to Meter) rule { return rule{verb: moves, path: path, to: to, from: from} }
func note(path string, to Meter) rule       { return rule{verb: notes, path: path, to: to} }

// A scheme is how one kind of upstream endpoint counts.
type scheme struct {
	rules []rule
	need  []string                  // counters that a whole report has
	fix   func(r *reader, u *Usage) // what no rule can say
	note  string                    // the rule in words; %s is the vendor
}

// The schemes, by the wire format of the endpoint that answered.
var schemes = map[string]scheme{
	"chat": {
		rules: []rule{
			add("prompt_tokens", Input),
			move("prompt_tokens_details.cached_tokens|prompt_tokens_details.cached_read_tokens|prompt_token_details.cached_tokens|"+
				"prompt_cache_hit_tokens|cached_tokens|num_cached_tokens|cache_read_input_tokens", Input, CacheRead),
			move("prompt_tokens_details.cache_write_tokens|prompt_tokens_details.cache_creation_tokens|prompt_tokens_details.cached_creation_tokens|"+
				"prompt_tokens_details.cached_write_tokens|prompt_tokens_details.cache_creation_input_tokens|cache_creation_input_tokens", Input, CacheWrite),
			move("prompt_tokens_details.cache_write_12h_tokens", Input, CacheWrite12h),
			move("claude_cache_creation_5_m_tokens|prompt_tokens_details.cache_creation_token_details.ephemeral_5m_input_tokens", CacheWrite, CacheWrite5m),
			move("claude_cache_creation_1_h_tokens|prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens", CacheWrite, CacheWrite1h),
			move("prompt_tokens_details.audio_tokens", Input, InputAudio),
			add("completion_tokens", Output),
			move("completion_tokens_details.audio_tokens", Output, OutputAudio),
			note("completion_tokens_details.reasoning_tokens|reasoning_tokens", Reasoning),
			add("server_tool_use.web_search_requests", WebSearch),
		},
		need: []string{"prompt_tokens", "completion_tokens"},
		fix:  settleChat,
		note: "%s counts cached tokens inside the prompt: they are taken out of it and charged at their own rate.",
	},
	"embeddings": {
		rules: []rule{add("prompt_tokens|total_tokens", Input)},
		need:  []string{"prompt_tokens|total_tokens"},
		note:  "%s charges embeddings by their prompt tokens alone.",
	},
	"responses": {
		rules: []rule{
			add("input_tokens", Input),
			move("input_tokens_details.cached_tokens|cached_input_tokens", Input, CacheRead),
			move("input_tokens_details.cache_write_tokens", Input, CacheWrite),
			move("input_tokens_details.cache_write_12h_tokens", Input, CacheWrite12h),
			add("output_tokens", Output),
			note("output_tokens_details.reasoning_tokens", Reasoning),
			add("server_side_tool_usage_details.web_search_calls", WebSearch),
			add("server_side_tool_usage_details.x_search_calls", XSearch),
		},
		need: []string{"input_tokens", "output_tokens"},
		note: "%s counts cached tokens inside the input: they are taken out of it and charged at their own rate.",
	},
	"media": {
		rules: []rule{
			add("input_tokens", Input),
			{verb: moves, path: "input_token_details.audio_tokens|input_tokens_details.audio_tokens", from: Input, to: InputAudio,
				less: "input_token_details.cached_tokens_details.audio_tokens"},
			{verb: moves, path: "input_token_details.image_tokens|input_tokens_details.image_tokens", from: Input, to: InputImage,
				less: "input_token_details.cached_tokens_details.image_tokens"},
			move("input_token_details.cached_tokens|input_tokens_details.cached_tokens", Input, CacheRead),
			move("input_token_details.cached_tokens_details.audio_tokens", CacheRead, CacheReadAudio),
			move("input_token_details.cached_tokens_details.image_tokens", CacheRead, CacheReadImage),
			add("output_tokens", Output),
			move("output_token_details.audio_tokens|output_tokens_details.audio_tokens", Output, OutputAudio),
			move("output_token_details.image_tokens|output_tokens_details.image_tokens", Output, OutputImage),
			add("seconds", AudioSeconds),
		},
		note: "%s counts sound and images inside the input and the output: they are taken out and charged at their own rates.",
	},
	"messages": {
		rules: []rule{
			add("input_tokens", Input),
			add("cache_read_input_tokens", CacheRead),
			add("cache_creation_input_tokens", CacheWrite),
			add("output_tokens", Output),
			note("output_tokens_details.thinking_tokens", Reasoning),
			add("server_tool_use.web_search_requests", WebSearch),
		},
		need: []string{"input_tokens", "output_tokens"},
		fix:  splitWrites,
		note: "%s counts input apart from cached tokens: nothing is subtracted.",
	},
	"converse": {
		rules: []rule{
			add("inputTokens|inputTokenCount", Input),
			add("cacheReadInputTokens|cacheReadInputTokenCount", CacheRead),
			add("cacheWriteInputTokens|cacheWriteInputTokenCount", CacheWrite),
			move("cacheDetails[ttl=5m].inputTokens", CacheWrite, CacheWrite5m),
			move("cacheDetails[ttl=1h].inputTokens", CacheWrite, CacheWrite1h),
			add("outputTokens|outputTokenCount", Output),
		},
		need: []string{"inputTokens|inputTokenCount", "outputTokens|outputTokenCount"},
		note: "%s counts input apart from cached tokens: nothing is subtracted.",
	},
	"gemini": {
		rules: []rule{
			add("promptTokenCount", Input),
			add("toolUsePromptTokenCount", Input),
			{verb: moves, path: "promptTokensDetails[modality=AUDIO].tokenCount", from: Input, to: InputAudio,
				less: "cacheTokensDetails[modality=AUDIO].tokenCount"},
			move("cachedContentTokenCount", Input, CacheRead),
			move("cacheTokensDetails[modality=AUDIO].tokenCount", CacheRead, CacheReadAudio),
			add("candidatesTokenCount", Output),
			add("thoughtsTokenCount", Output),
			move("candidatesTokensDetails[modality=IMAGE].tokenCount", Output, OutputImage),
			note("thoughtsTokenCount", Reasoning),
		},
		need: []string{"promptTokenCount"},
		note: "%s counts cached tokens inside the prompt and thoughts beside the answer.",
	},
	"ollama": {
		rules: []rule{add("prompt_eval_count", Input), add("eval_count", Output)},
		need:  []string{"prompt_eval_count|eval_count"},
		note:  "%s runs on this machine.",
	},
	"cohere": {
		rules: []rule{
			add("billed_units.input_tokens", Input),
			add("billed_units.output_tokens", Output),
			add("billed_units.search_units|meta.billed_units.search_units", SearchUnit),
		},
		note: "%s charges by its billed units, not by the tokens it counts.",
	},
	"rerank": {
		rules: []rule{add("total_tokens", Input)},
		need:  []string{"total_tokens"},
		note:  "%s charges reranking by its total tokens.",
	},
}

// endpoints says which scheme an endpoint speaks, whoever runs it.
var endpoints = map[string]string{
	"chat/completions": "chat", "completions": "chat", "batch": "chat",
	"embeddings": "embeddings", "responses": "responses",
	"audio/transcriptions": "media", "audio/translations": "media", "images/generations": "media", "images/edits": "media", "realtime": "media",
	"messages": "messages", "messages/batches": "messages", "rawpredict": "messages", "streamrawpredict": "messages", "invoke": "messages",
	"converse": "converse", "converse-stream": "converse",
	"generatecontent": "gemini", "streamgeneratecontent": "gemini",
	"api/chat": "ollama", "api/generate": "ollama",
	"v2/chat": "cohere", "v2/rerank": "cohere", "rerank": "rerank",
}

// freeEndpoints cost nothing, for the reason given.
var freeEndpoints = map[string]string{
	"messages/count_tokens": "Counting tokens is free of charge.",
}

// plainEndpoint takes the door's version and remarks off an endpoint's name.
func plainEndpoint(endpoint string) string {
	name, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(endpoint)), " (")
	name = strings.Trim(strings.TrimSpace(name), "/")
	for strings.HasPrefix(name, "v1/") {
		name = strings.TrimPrefix(name, "v1/")
	}
	return name
}
