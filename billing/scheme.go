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
	at   counter
	to   Meter
	from Meter   // moves: the meter that holds it
	less counter // one that another rule moves and this one must not
}

func add(at string, to Meter) rule { return rule{verb: adds, at: counterOf(at), to: to} }
func move(at string, from, to Meter) rule {
	return rule{verb: moves, at: counterOf(at), to: to, from: from}
}
func moveRest(at string, from, to Meter, less string) rule {
	return rule{verb: moves, at: counterOf(at), to: to, from: from, less: counterOf(less)}
}
func note(at string, to Meter) rule { return rule{verb: notes, at: counterOf(at), to: to} }

// A scheme is how one kind of upstream endpoint counts.
type scheme struct {
	rules  []rule
	need   []counter                 // what a whole report has
	fix    func(r *reader, u *Usage) // what no rule can say
	opaque bool                      // the bytes that pass tell nothing of what it counts
	note   string                    // the rule in words; %s is the vendor
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
		need: needs("prompt_tokens", "completion_tokens"),
		fix:  settleChat,
		note: "%s counts cached tokens inside the prompt: they are taken out of it and charged at their own rate.",
	},
	"embeddings": {
		rules: []rule{add("prompt_tokens|total_tokens", Input)},
		need:  needs("prompt_tokens|total_tokens"),
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
		need: needs("input_tokens", "output_tokens"),
		note: "%s counts cached tokens inside the input: they are taken out of it and charged at their own rate.",
	},
	"media": {
		rules: []rule{
			add("input_tokens|prompt_tokens", Input),
			moveRest("input_token_details.audio_tokens|input_tokens_details.audio_tokens", Input, InputAudio, "input_token_details.cached_tokens_details.audio_tokens"),
			moveRest("input_token_details.image_tokens|input_tokens_details.image_tokens", Input, InputImage, "input_token_details.cached_tokens_details.image_tokens"),
			move("input_token_details.cached_tokens|input_tokens_details.cached_tokens", Input, CacheRead),
			move("input_token_details.cached_tokens_details.audio_tokens", CacheRead, CacheReadAudio),
			move("input_token_details.cached_tokens_details.image_tokens", CacheRead, CacheReadImage),
			add("output_tokens|completion_tokens", Output),
			move("output_token_details.audio_tokens|output_tokens_details.audio_tokens", Output, OutputAudio),
			move("output_token_details.image_tokens|output_tokens_details.image_tokens", Output, OutputImage),
			add("seconds|prompt_audio_seconds", AudioSeconds),
		},
		opaque: true,
		note:   "%s counts sound and images inside the input and the output: they are taken out and charged at their own rates.",
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
		need: needs("input_tokens", "output_tokens"),
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
		need: needs("inputTokens|inputTokenCount", "outputTokens|outputTokenCount"),
		note: "%s counts input apart from cached tokens: nothing is subtracted.",
	},
	"llama": {
		rules: []rule{add("prompt_token_count", Input), add("generation_token_count", Output)},
		need:  needs("prompt_token_count", "generation_token_count"),
		note:  "%s counts the prompt and the answer, and nothing else.",
	},
	"titan": {
		rules: []rule{add("inputTextTokenCount", Input), add("totalOutputTextTokenCount", Output)},
		need:  needs("inputTextTokenCount", "totalOutputTextTokenCount"),
		note:  "%s counts the prompt and the answer, and nothing else.",
	},
	"gemini": {
		rules: []rule{
			add("promptTokenCount", Input),
			add("toolUsePromptTokenCount", Input),
			moveRest("promptTokensDetails[modality=AUDIO].tokenCount", Input, InputAudio, "cacheTokensDetails[modality=AUDIO].tokenCount"),
			move("cachedContentTokenCount", Input, CacheRead),
			move("cacheTokensDetails[modality=AUDIO].tokenCount", CacheRead, CacheReadAudio),
			add("candidatesTokenCount", Output),
			add("thoughtsTokenCount", Output),
			move("candidatesTokensDetails[modality=IMAGE].tokenCount", Output, OutputImage),
			note("thoughtsTokenCount", Reasoning),
		},
		need: needs("promptTokenCount"),
		note: "%s counts cached tokens inside the prompt and thoughts beside the answer.",
	},
	"gemini embeddings": {
		rules: []rule{
			add("promptTokenCount", Input),
			move("promptTokenDetails[modality=AUDIO].tokenCount|promptTokensDetails[modality=AUDIO].tokenCount", Input, InputAudio),
			move("promptTokenDetails[modality=IMAGE].tokenCount|promptTokensDetails[modality=IMAGE].tokenCount", Input, InputImage),
		},
		need: needs("promptTokenCount"),
		note: "%s charges embeddings by their prompt tokens alone.",
	},
	"ollama": {
		rules: []rule{add("prompt_eval_count", Input), add("eval_count", Output)},
		need:  needs("prompt_eval_count|eval_count"),
		note:  "%s runs on this machine.",
	},
	"cohere": {
		rules: []rule{
			add("billed_units.input_tokens|meta.billed_units.input_tokens", Input),
			add("billed_units.output_tokens|meta.billed_units.output_tokens", Output),
			add("billed_units.search_units|meta.billed_units.search_units", SearchUnit),
		},
		note: "%s charges by its billed units, not by the tokens it counts.",
	},
	"cohere embeddings": {
		rules: []rule{
			add("billed_units.input_tokens|meta.billed_units.input_tokens", Input),
			add("billed_units.image_tokens|meta.billed_units.image_tokens", InputImage),
		},
		note: "%s charges by its billed units, not by the tokens it counts.",
	},
	"rerank": {
		rules: []rule{
			add("total_tokens|prompt_tokens", Input),
			add("search_units|billed_units.search_units|meta.billed_units.search_units", SearchUnit),
		},
		opaque: true, // some charge by the search, whatever its length
		note:   "%s charges reranking by its total tokens, or by the search where it counts searches.",
	},
}

// endpoints says which scheme an endpoint speaks, whoever runs it.
var endpoints = map[string]string{
	"chat/completions": "chat", "completions": "chat", "batch": "chat",
	"embeddings": "embeddings", "moderations": "embeddings", "responses": "responses", "responses/compact": "responses",
	"audio/transcriptions": "media", "audio/translations": "media", "audio/speech": "media", "realtime": "media",
	"images/generations": "media", "images/edits": "media", "images/variations": "media",
	"messages": "messages", "messages/batches": "messages", "rawpredict": "messages", "streamrawpredict": "messages", "invoke": "messages",
	"converse": "converse", "converse-stream": "converse",
	"generatecontent": "gemini", "streamgeneratecontent": "gemini",
	"embedcontent": "gemini embeddings", "batchembedcontents": "gemini embeddings",
	"api/chat": "ollama", "api/generate": "ollama",
	"v2/chat": "cohere", "v2/rerank": "rerank", "v2/embed": "cohere embeddings", "rerank": "rerank",
}

// invoked are the schemes of the models that Bedrock's InvokeModel passes through as they are, by a
// counter that gives them away: Claude's is the endpoint's own. Its headers X-Amzn-Bedrock-Input-Token-Count
// and -Output-Token-Count stand in a report as Converse's counters do
// (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html, read 2026-11).
var invoked = []struct{ counter, scheme string }{
	{"inputTokens", "converse"}, {"inputTokenCount", "converse"}, {"prompt_token_count", "llama"}, {"inputTextTokenCount", "titan"},
}

// countingEndpoints answer with a count and nothing else.
var countingEndpoints = []string{"messages/count_tokens", "responses/input_tokens", "counttokens"}

// A gift is why an endpoint costs nothing, and at whom.
type gift struct {
	at  string // the vendor; empty: everywhere
	why string
}

var freeEndpoints = map[string]gift{
	"messages/count_tokens":  {why: "Counting tokens is free of charge."},
	"responses/input_tokens": {why: "Counting tokens is free of charge."},
	"counttokens":            {why: "Counting tokens is free of charge."},
	"responses/stored":       {why: "A stored response was charged when it was made; reading or deleting it is free of charge."},
	// https://developers.openai.com/api/docs/models/omni-moderation-latest, read 2026-11; Mistral, for one, charges for it.
	"moderations": {at: "openai", why: "Moderation is free of charge at OpenAI."},
}

// Free says why a provider charges nothing for an endpoint, whatever the model. ok is
// false where it does charge.
func Free(provider, endpoint string) (why string, ok bool) {
	p := placeOf(provider, endpoint)
	return p.gift()
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
