package billing

import (
	"encoding/json"
	"strings"
	"testing"
)

// shape is a reply of one endpoint, in our own numbers, and what it must cost.
type shape struct {
	name, provider, endpoint, model string
	frames                          []string
	raw                             string // what the tally must keep
	status                          Status
	total, flags                    string
}

func checkShapes(t *testing.T, shapes []shape) {
	t.Helper()
	book := shipped(t)
	for _, tt := range shapes {
		t.Run(tt.name, func(t *testing.T) {
			tally := NewTally(tt.endpoint)
			for _, f := range tt.frames {
				data := []byte(f)
				tally.Observe(data)
				clear(data)
			}
			if got := string(tally.Raw()); got != tt.raw {
				t.Errorf("Raw() = %s, want %s", got, tt.raw)
			}
			bill := book.Bill(Case{Provider: tt.provider, Endpoint: tt.endpoint, Model: tt.model, At: noon,
				Usage: tally.Raw(), Tier: tally.Tier(), Request: tally.Request()})
			if bill.Status != tt.status || text(bill.Total) != tt.total || strings.Join(bill.Flags, " ") != tt.flags {
				t.Errorf("Bill = %s %q %q, want %s %q %q", bill.Status, text(bill.Total), bill.Flags, tt.status, tt.total, tt.flags)
			}
			if bill.Note == "" && bill.Status != Rejected {
				t.Error("the bill does not say how this endpoint counts")
			}
		})
	}
}

func TestGeminiReplies(t *testing.T) {
	usage := `{"promptTokenCount":1000,"candidatesTokenCount":40,"thoughtsTokenCount":60,"totalTokenCount":1100}`
	early := `{"promptTokenCount":1000,"candidatesTokenCount":4,"totalTokenCount":1004}`
	checkShapes(t, []shape{
		{"thoughts stand beside the answer", "google", "generateContent", "gemini-2.5-flash",
			[]string{`{"candidates":[{"content":{"parts":[{"text":"hi"}]}}],"usageMetadata":` + usage + `,"modelVersion":"gemini-2.5-flash"}`}, usage, Priced, "0.00055", ""},
		{"a stream's last report wins", "google", "streamGenerateContent", "gemini-2.5-flash",
			[]string{`{"candidates":[],"usageMetadata":` + early + `}`, `{"candidates":[],"usageMetadata":` + usage + `}`}, usage, Priced, "0.00055", ""},
		{"even where it is smaller: counts begin anew while code runs", "google", "streamGenerateContent", "gemini-2.5-flash",
			[]string{`{"usageMetadata":` + usage + `}`, `{"usageMetadata":` + early + `}`}, early, Priced, "0.00031", ""},
		{"but not where it counts nothing", "google", "streamGenerateContent", "gemini-2.5-flash",
			[]string{`{"usageMetadata":` + usage + `}`, `{"usageMetadata":{"trafficType":"ON_DEMAND"}}`}, usage, Priced, "0.00055", ""},
		{"a stream without alt=sse is a list of frames", "google", "streamGenerateContent", "gemini-2.5-flash",
			[]string{"[{\"usageMetadata\":" + early + "}\n,\r\n{\"usageMetadata\":" + usage + "}]"}, usage, Priced, "0.00055", ""},
		{"some wrap the reply", "google", "streamGenerateContent", "gemini-2.5-flash",
			[]string{`{"response":{"modelVersion":"gemini-2.5-flash","usageMetadata":` + usage + `}}`}, usage, Priced, "0.00055", ""},
		{"what a tool call says about usage is not usage", "google", "generateContent", "gemini-2.5-flash",
			[]string{`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"usageMetadata":{"promptTokenCount":1}}}}]}}]}`}, ``, Unpriced, "", "usage_missing"},
		{"a search for grounds has a fee by the prompt, and some a day are free", "google", "generateContent", "gemini-2.5-flash",
			[]string{`{"candidates":[{"groundingMetadata":{"webSearchQueries":["x"]}}],"usageMetadata":` + usage + `}`}, usage, Estimated, "0.03555", "free_allowance_ignored"},
		{"an answer without grounds has none", "google", "generateContent", "gemini-2.5-flash",
			[]string{`{"candidates":[{"groundingMetadata":{}}],"usageMetadata":` + usage + `}`}, usage, Priced, "0.00055", ""},
		{"flex costs half", "google", "generateContent", "gemini-2.5-flash",
			[]string{`{"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":100,"serviceTier":"flex"}}`},
			`{"promptTokenCount":1000,"candidatesTokenCount":100,"serviceTier":"flex"}`, Estimated, "0.000275", "price_incomplete"},
		{"Vertex calls it a kind of traffic", "google-vertex", "generateContent", "gemini-2.5-flash",
			[]string{`{"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":100,"trafficType":"ON_DEMAND_FLEX"}}`},
			`{"promptTokenCount":1000,"candidatesTokenCount":100,"trafficType":"ON_DEMAND_FLEX"}`, Estimated, "0.000275", "price_incomplete"},
		{"throughput that was bought has no price by the token", "google-vertex", "generateContent", "gemini-2.5-flash",
			[]string{`{"usageMetadata":{"promptTokenCount":1000,"trafficType":"PROVISIONED_THROUGHPUT"}}`},
			`{"promptTokenCount":1000,"trafficType":"PROVISIONED_THROUGHPUT"}`, Unpriced, "", "context_price_unknown"},
		{"counting is free", "google", "countTokens", "gemini-2.5-flash", []string{`{"totalTokens":31,"promptTokensDetails":[{"modality":"TEXT","tokenCount":31}]}`},
			`{"totalTokens":31,"promptTokensDetails":[{"modality":"TEXT","tokenCount":31}]}`, Priced, "0", ""},
		{"an embedding says nothing of what it used", "google", "embedContent", "gemini-embedding-001", []string{`{"embedding":{"values":[0.1,-0.2e-3]}}`}, ``, Unpriced, "", "usage_missing"},
		{"unless it does", "google", "batchEmbedContents", "gemini-embedding-001", []string{`{"embeddings":[{"values":[0.1]}],"usageMetadata":{"promptTokenCount":2000}}`},
			`{"promptTokenCount":2000}`, Priced, "0.0003", ""},
		{"sound in an embedding has its own price", "google", "embedContent", "gemini-embedding-2", []string{`{"embedding":{},"usageMetadata":{"promptTokenCount":300,"promptTokenDetails":[{"modality":"AUDIO","tokenCount":100}]}}`},
			`{"promptTokenCount":300,"promptTokenDetails":[{"modality":"AUDIO","tokenCount":100}]}`, Estimated, "0.00069", "price_incomplete"},
	})
}

func TestResponsesReplies(t *testing.T) {
	usage := `{"input_tokens":1000,"input_tokens_details":{"cached_tokens":400},"output_tokens":100,"output_tokens_details":{"reasoning_tokens":60},"total_tokens":1100}`
	event := func(kind, rest string) string {
		return `{"type":"` + kind + `","response":{"model":"gpt-5","service_tier":"default","usage":` + usage + rest + `}}`
	}
	checkShapes(t, []shape{
		{"a reply", "openai", "responses", "gpt-5", []string{`{"object":"response","model":"gpt-5","usage":` + usage + `,"output":[{"type":"message","status":"completed"}]}`}, usage, Priced, "0.0018", ""},
		{"a stream", "openai", "responses", "gpt-5", []string{`{"type":"response.created","response":{"model":"gpt-5","service_tier":"auto","usage":null,"output":[]}}`, event("response.completed", "")}, usage, Priced, "0.0018", ""},
		{"one that reached its limit", "openai", "responses", "gpt-5", []string{event("response.incomplete", "")}, usage, Priced, "0.0018", ""},
		{"one that failed on the way", "openai", "responses", "gpt-5", []string{event("response.failed", "")}, usage, Priced, "0.0018", ""},
		{"a conversation that was made shorter", "openai", "responses/compact", "gpt-5", []string{`{"object":"response.compaction","output":[{"type":"compaction"}],"usage":` + usage + `}`}, usage, Priced, "0.0018", ""},
		{"a search is charged, a page opened after it is not", "openai", "responses", "gpt-5",
			[]string{event("response.completed", `,"output":[{"type":"web_search_call","status":"completed","action":{"type":"search"}},{"type":"web_search_call","status":"completed","action":{"type":"open_page"}},{"type":"file_search_call","status":"completed"}]`)},
			usage, Priced, "0.0143", ""},
		{"where the reply counts its searches, that count holds", "openai", "responses", "gpt-5",
			[]string{event("response.completed", `,"tool_usage":{"web_search":{"num_requests":3}},"output":[{"type":"web_search_call","status":"completed"}]`)}, usage, Priced, "0.0318", ""},
		{"Codex' models have the fee too", "openai", "responses", "gpt-5.3-codex",
			[]string{`{"object":"response","model":"gpt-5.3-codex","usage":{"input_tokens":0,"output_tokens":0},"output":[{"type":"web_search_call","status":"completed"}]}`},
			`{"input_tokens":0,"output_tokens":0}`, Priced, "0.01", "usage_zero"},
		{"code that was run has a fee that nobody counts", "openai", "responses", "gpt-5",
			[]string{event("response.completed", `,"output":[{"type":"code_interpreter_call","status":"completed"}]`)}, usage, Estimated, "0.0018", "tool_fee_uncounted"},
		{"counting is free", "openai", "responses/input_tokens", "gpt-5", []string{`{"object":"response.input_tokens","input_tokens":11}`}, `{"object":"response.input_tokens","input_tokens":11}`, Priced, "0", ""},
		{"so is reading again what was charged when it was made", "openai", "responses/stored", "gpt-5", []string{`{"object":"response","model":"gpt-5","usage":` + usage + `}`}, usage, Priced, "0", ""},
		{"xAI counts searches in the usage and names them in the output: they are charged once", "xai", "responses", "grok-4-0709",
			[]string{`{"model":"grok-4-0709","usage":{"input_tokens":0,"output_tokens":0,"server_side_tool_usage_details":{"web_search_calls":1}},"output":[{"type":"web_search_call","status":"completed"}]}`},
			`{"input_tokens":0,"output_tokens":0,"server_side_tool_usage_details":{"web_search_calls":1}}`, Priced, "0.005", ""},
		{"thinking lies inside xAI's output here", "xai", "responses", "grok-4-0709", []string{`{"model":"grok-4-0709","usage":{"input_tokens":1000,"output_tokens":500,"output_tokens_details":{"reasoning_tokens":300}}}`},
			`{"input_tokens":1000,"output_tokens":500,"output_tokens_details":{"reasoning_tokens":300}}`, Priced, "0.0105", ""},
		{"and beside it in its chat", "xai", "chat/completions", "grok-4-0709", []string{`{"model":"grok-4-0709","usage":{"prompt_tokens":1000,"completion_tokens":200,"completion_tokens_details":{"reasoning_tokens":300}}}`},
			`{"prompt_tokens":1000,"completion_tokens":200,"completion_tokens_details":{"reasoning_tokens":300}}`, Priced, "0.0105", ""},
	})
}

func TestForwardOnlyReplies(t *testing.T) {
	checkShapes(t, []shape{
		{"legacy completions count like chat", "openai", "completions", "gpt-3.5-turbo-instruct", []string{`{"model":"gpt-3.5-turbo-instruct","choices":[{"text":"a"}],"usage":{"prompt_tokens":1000,"completion_tokens":100}}`},
			`{"prompt_tokens":1000,"completion_tokens":100}`, Priced, "0.0017", ""},
		{"embeddings have no answer", "openai", "embeddings", "text-embedding-3-small", []string{`{"data":[{"embedding":"AAAA"}],"model":"text-embedding-3-small","usage":{"prompt_tokens":500,"total_tokens":500}}`},
			`{"prompt_tokens":500,"total_tokens":500}`, Priced, "0.00001", ""},
		{"Voyage names the total alone", "voyage", "embeddings", "voyage-3", []string{`{"model":"voyage-3","usage":{"total_tokens":1000}}`}, `{"total_tokens":1000}`, Priced, "0.00006", ""},
		{"images have a price of their own inside the output", "openai", "images/generations", "gpt-image-1.5",
			[]string{`{"data":[{"b64_json":"AAAA"}],"usage":{"input_tokens":50,"input_tokens_details":{"text_tokens":50,"image_tokens":0},"output_tokens":1000,"output_tokens_details":{"image_tokens":900,"text_tokens":100}}}`},
			`{"input_tokens":50,"input_tokens_details":{"text_tokens":50,"image_tokens":0},"output_tokens":1000,"output_tokens_details":{"image_tokens":900,"text_tokens":100}}`, Priced, "0.03005", ""},
		{"where all of the output is images, its price is theirs", "openai", "images/generations", "gpt-image-1",
			[]string{`{"usage":{"input_tokens":0,"output_tokens":1000,"output_tokens_details":{"image_tokens":1000,"text_tokens":0}}}`},
			`{"input_tokens":0,"output_tokens":1000,"output_tokens_details":{"image_tokens":1000,"text_tokens":0}}`, Priced, "0.04", ""},
		{"images that are not told apart are images", "openai", "images/generations", "gpt-image-1.5",
			[]string{`{"type":"image_generation.completed","b64_json":"AAAA","usage":{"input_tokens":50,"input_tokens_details":{"text_tokens":50,"image_tokens":0},"output_tokens":1000,"total_tokens":1050}}`},
			`{"input_tokens":50,"input_tokens_details":{"text_tokens":50,"image_tokens":0},"output_tokens":1000,"total_tokens":1050}`, Priced, "0.03225", ""},
		{"an edit's stream reports at its end", "openai", "images/edits", "gpt-image-1",
			[]string{`{"type":"image_edit.partial_image","b64_json":"AAAA"}`, `{"type":"image_edit.completed","b64_json":"AAAA","usage":{"input_tokens":100,"input_tokens_details":{"text_tokens":20,"image_tokens":80},"output_tokens":1000}}`},
			`{"input_tokens":100,"input_tokens_details":{"text_tokens":20,"image_tokens":80},"output_tokens":1000}`, Priced, "0.0409", ""},
		{"an image sold by the piece has no price", "openai", "images/variations", "dall-e-2", []string{`{"created":1,"data":[{"url":"x"}]}`}, ``, Unpriced, "", "usage_missing"},
		{"sound counted in tokens", "openai", "audio/transcriptions", "gpt-4o-transcribe",
			[]string{`{"type":"transcript.text.delta","delta":"a"}`, `{"type":"transcript.text.done","text":"a","usage":{"type":"tokens","input_tokens":100,"input_token_details":{"text_tokens":10,"audio_tokens":90},"output_tokens":20,"total_tokens":120}}`},
			`{"type":"tokens","input_tokens":100,"input_token_details":{"text_tokens":10,"audio_tokens":90},"output_tokens":20,"total_tokens":120}`, Priced, "0.000765", ""},
		{"sound counted by its length", "openai", "audio/transcriptions", "whisper-1", []string{`{"text":"a","usage":{"type":"duration","seconds":9}}`}, `{"type":"duration","seconds":9}`, Priced, "0.0009", ""},
		{"a part of a second is taken for a whole one, and said", "openai", "audio/transcriptions", "whisper-1", []string{`{"text":"a","usage":{"type":"duration","seconds":8.47}}`}, `{"type":"duration","seconds":8.47}`, Estimated, "0.0009", "seconds_rounded_up"},
		{"a length below zero is absurd", "openai", "audio/transcriptions", "whisper-1", []string{`{"text":"a","usage":{"type":"duration","seconds":-8.47}}`}, `{"type":"duration","seconds":-8.47}`, Rejected, "", "malformed_not_integral"},
		{"a translation counts like a transcription", "openai", "audio/translations", "whisper-1", []string{`{"text":"a","usage":{"type":"duration","seconds":9}}`}, `{"type":"duration","seconds":9}`, Priced, "0.0009", ""},
		{"speech as a stream reports at its end", "openai", "audio/speech", "gpt-4o-mini-tts", []string{`{"type":"speech.audio.delta","audio":"AAAA"}`, `{"type":"speech.audio.done","usage":{"input_tokens":100,"output_tokens":1000,"total_tokens":1100}}`},
			`{"input_tokens":100,"output_tokens":1000,"total_tokens":1100}`, Priced, "0.01206", ""},
		{"speech sold by the letter has no price", "openai", "audio/speech", "tts-1", nil, ``, Unpriced, "", "usage_missing"},
		{"moderation is free at OpenAI", "openai", "moderations", "omni-moderation-latest", []string{`{"model":"omni-moderation-latest","results":[]}`}, ``, Priced, "0", ""},
		{"elsewhere it is not", "mistral", "moderations", "mistral-moderation-latest", []string{`{"model":"mistral-moderation-latest","usage":{"prompt_tokens":10,"total_tokens":10}}`},
			`{"prompt_tokens":10,"total_tokens":10}`, Unpriced, "", "unknown_model"},
		{"Cohere ranks by the search", "cohere", "v2/rerank", "rerank-v3.5", []string{`{"results":[],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":2}}}`},
			`{"api_version":{"version":"2"},"billed_units":{"search_units":2}}`, Priced, "0.004", ""},
		{"at its older address too", "cohere", "rerank", "rerank-v3.5", []string{`{"results":[],"meta":{"billed_units":{"search_units":2}}}`}, `{"billed_units":{"search_units":2}}`, Priced, "0.004", ""},
		{"Voyage by the token", "voyage", "rerank", "rerank-2.5", []string{`{"object":"list","data":[],"model":"rerank-2.5","usage":{"total_tokens":1000}}`}, `{"total_tokens":1000}`, Priced, "0.00005", ""},
		{"Jina too, at a price that is in no list", "jina", "rerank", "jina-reranker-v3", []string{`{"model":"jina-reranker-v3","usage":{"total_tokens":1000},"results":[]}`}, `{"total_tokens":1000}`, Unpriced, "", "unknown_model"},
		{"Cohere's billed units are not its tokens", "cohere", "v2/chat", "command-a-03-2025", []string{`{"type":"message-start","delta":{}}`, `{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":1000,"output_tokens":100},"tokens":{"input_tokens":2000,"output_tokens":100}}}}`},
			`{"billed_units":{"input_tokens":1000,"output_tokens":100},"tokens":{"input_tokens":2000,"output_tokens":100}}`, Priced, "0.0035", ""},
		{"its embeddings report in meta", "cohere", "v2/embed", "embed-v4.0", []string{`{"embeddings":{"float":[[0.5]]},"meta":{"billed_units":{"input_tokens":1000}}}`}, `{"billed_units":{"input_tokens":1000}}`, Priced, "0.00012", ""},
		{"a model on this machine costs nothing", "ollama", "chat/completions", "qwen3:0.6b", []string{`{"model":"qwen3:0.6b","usage":{"prompt_tokens":136,"completion_tokens":15}}`}, `{"prompt_tokens":136,"completion_tokens":15}`, Priced, "0", ""},
	})
}

func TestGatewaysAsUpstreams(t *testing.T) {
	chat := func(usage string) []string { return []string{`{"model":"claude-sonnet-4-6","usage":` + usage + `}`} }
	inside := `{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":400},"usage_semantic":"openai"}`
	outside := `{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":400},"usage_semantic":"anthropic"}`
	plain := `{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":400}}`
	checkShapes(t, []shape{
		{"New API says that it counts cached tokens inside", "new-api", "chat/completions", "claude-sonnet-4-6", chat(inside), inside, Priced, "0.00192", ""},
		{"or beside", "new-api", "chat/completions", "claude-sonnet-4-6", chat(outside), outside, Priced, "0.00312", ""},
		{"One API forgets them, and its bills are estimates", "one-api", "chat/completions", "claude-sonnet-4-6", chat(plain), plain, Estimated, "0.00192", "upstream_gateway_unreliable"},
		{"LiteLLM counts them inside", "litellm", "chat/completions", "claude-sonnet-4-6", chat(plain), plain, Priced, "0.00192", ""},
		{"another Weir passes on the dialect that it speaks", "weir", "messages", "claude-sonnet-4-6",
			[]string{`{"type":"message","model":"claude-sonnet-4-6","usage":{"input_tokens":1000,"output_tokens":0,"cache_read_input_tokens":400}}`},
			`{"input_tokens":1000,"output_tokens":0,"cache_read_input_tokens":400}`, Priced, "0.00312", ""},
		{"a gateway's Gemini has Google's price", "new-api", "generateContent", "gemini-2.5-flash", []string{`{"usageMetadata":{"promptTokenCount":1000}}`}, `{"promptTokenCount":1000}`, Priced, "0.0003", ""},
		{"OpenRouter's own charge holds for every endpoint", "openrouter", "embeddings", "openai/text-embedding-3-small", []string{`{"usage":{"prompt_tokens":10,"total_tokens":10,"cost":0.0000002}}`},
			`{"prompt_tokens":10,"total_tokens":10,"cost":0.0000002}`, ProviderReported, "0.0000002", "unknown_model"},
	})
}

// TestWhatTheBytesDoNotTell: a count of Weir's own stands for text only.
func TestWhatTheBytesDoNotTell(t *testing.T) {
	book := shipped(t)
	for _, tt := range []struct {
		name, provider, endpoint, model, usage string
		status                                 Status
		total                                  string
		tokens                                 int64
	}{
		{"an embedding's input can be estimated, its numbers are no answer", "google", "embedContent", "gemini-embedding-001", ``, Estimated, "0.00015", 1000},
		{"the length of a sound cannot", "openai", "audio/transcriptions", "whisper-1", ``, Unpriced, "", 0},
		{"nor what is in an image", "openai", "images/edits", "gpt-image-1", ``, Unpriced, "", 0},
		{"nor how many searches a ranking takes", "cohere", "v2/rerank", "rerank-v3.5", ``, Unpriced, "", 0},
		{"what such an endpoint reported before it was cut is an estimate", "openai", "audio/speech", "gpt-4o-mini-tts", `{"input_tokens":1000,"output_tokens":1}`, Estimated, "0.0066", 1500},
		{"on a server of one's own it does not matter", "vllm", "audio/transcriptions", "whisper-large-v3", ``, Priced, "0", 1500},
		{"what is free stays free", "openai", "moderations", "omni-moderation-latest", ``, Priced, "0", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var u Usage
			u[Input], u[Output] = 1000, 500
			bill := book.Estimate(Case{Provider: tt.provider, Endpoint: tt.endpoint, Model: tt.model, At: noon, Usage: json.RawMessage(tt.usage)}, u, "counted_by_bytes")
			if bill.Status != tt.status || text(bill.Total) != tt.total || bill.Usage.Tokens() != tt.tokens {
				t.Errorf("Estimate = %s %q, %d tokens, want %s %q, %d", bill.Status, text(bill.Total), bill.Usage.Tokens(), tt.status, tt.total, tt.tokens)
			}
		})
	}
}

// TestToolsOfACutReply: a search that was done is charged, also where the reply's end never came.
func TestToolsOfACutReply(t *testing.T) {
	done := func(item string) string {
		return `{"type":"response.output_item.done","output_index":0,"item":{"type":"` + item + `","status":"completed"}}`
	}
	for _, tt := range []struct {
		name   string
		frames []string
		total  string
		flags  string
	}{
		{"a search and a lookup", []string{done("web_search_call"), done("file_search_call")}, "0.01875", "counted_by_bytes"},
		{"code that was run has a fee that nobody counts", []string{done("code_interpreter_call")}, "0.00625", "counted_by_bytes tool_fee_uncounted"},
		{"an end that names it again, without a usage, adds nothing", []string{done("web_search_call"), `{"type":"response.failed","response":{"model":"gpt-5","usage":null,"output":[{"type":"web_search_call","status":"completed"}]}}`}, "0.01625", "counted_by_bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tally := NewTally("responses")
			tally.Observe([]byte(`{"type":"response.created","response":{"model":"gpt-5","usage":null,"output":[]}}`))
			for _, f := range tt.frames {
				tally.Observe([]byte(f))
			}
			var u Usage
			u[Input], u[Output] = 1000, 500
			bill := shipped(t).Estimate(Case{Provider: "openai", Endpoint: "responses", Model: "gpt-5", At: noon, Request: tally.Request()}, u, "counted_by_bytes")
			if text(bill.Total) != tt.total || strings.Join(bill.Flags, " ") != tt.flags || bill.Usage.Tokens() != 1500 {
				t.Errorf("Estimate = %q %q, %d tokens, want %q %q", text(bill.Total), bill.Flags, bill.Usage.Tokens(), tt.total, tt.flags)
			}
		})
	}
}

func TestFree(t *testing.T) {
	for _, tt := range []struct {
		provider, endpoint string
		want               bool
	}{
		{"anthropic", "messages/count_tokens", true}, {"google", "countTokens", true}, {"openai", "responses/input_tokens", true},
		{"openai", "responses/stored", true}, {"openai", "moderations", true}, {"mistral", "moderations", false},
		{"openai", "responses", false}, {"ollama", "chat/completions", false},
	} {
		if why, ok := Free(tt.provider, tt.endpoint); ok != tt.want || ok != (why != "") {
			t.Errorf("Free(%s, %s) = %q, %t, want %t", tt.provider, tt.endpoint, why, ok, tt.want)
		}
	}
}
