package billing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The traps that recorded replies have shown, each with numbers of its kind: what a reply tells,
// which meters it must end up on, and what that costs at the prices of trapBook.

// A trap is a reply and the only right reading of it.
type trap struct {
	name, provider, endpoint, model string
	frames                          []string
	lines                           []string
	status                          Status
	flags                           string
}

func trapBook(t *testing.T) *Book {
	t.Helper()
	claude := Rates{"input": "3", "cache_read": "0.3", "cache_write_5m": "3.75", "cache_write_1h": "6", "output": "15", "web_search": "10"}
	card := func(list, model string, rates Rates) Card {
		c := testCard(model, rates)
		c.ID, c.Provider = list+"/"+model, list
		return c
	}
	b, err := newBook([]Card{
		card("openai", "gpt", Rates{"input": "5", "cache_read": "0.5", "cache_write": "6.25", "output": "30", "input_audio": "40", "output_audio": "80", "cache_read_audio": "0.4"}),
		card("openai", "embedding", Rates{"input": "0.02"}),
		card("anthropic", "sonnet", claude), card("aws", "sonnet", claude),
		card("anthropic", "opus", Rates{"input": "5", "cache_read": "0.5", "cache_write_5m": "6.25", "output": "25"}),
		card("google", "flash", Rates{"input": "0.3", "cache_read": "0.03", "output": "2.5", "input_audio": "1", "cache_read_audio": "0.1"}),
		card("openrouter", "flash", Rates{"input": "0.3", "cache_read": "0.03", "cache_write": "0.08", "output": "2.5"}),
		card("x-ai", "grok", Rates{"input": "0.3", "cache_read": "0.075", "output": "0.5"}),
		card("cohere", "command", Rates{"input": "2.5", "output": "10"}), card("cohere", "rerank", Rates{"search_unit": "2"}),
		card("moonshotai", "kimi", Rates{"input": "0.6", "cache_read": "0.15", "output": "2.5"}),
		card("deepseek", "chat", Rates{"input": "0.2", "cache_read": "0.02", "output": "0.6"}),
		card("groq", "llama", Rates{"input": "0.5", "output": "0.8"}),
	}, []term{
		{ID: "flex", Provider: "google", Models: []string{"*"}, When: condition{Tier: "flex"}, Times: "0.5"},
		{ID: "us", Provider: "anthropic", Models: []string{"*"}, When: condition{Geo: "us"}, Times: "1.1"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func checkTraps(t *testing.T, traps []trap) {
	t.Helper()
	book := trapBook(t)
	for i := range book.terms {
		book.terms[i].ready()
	}
	for _, tt := range traps {
		t.Run(tt.name, func(t *testing.T) {
			tally := NewTally(tt.endpoint)
			for _, f := range tt.frames {
				tally.Observe([]byte(f))
			}
			bill := book.Bill(Case{Provider: tt.provider, Endpoint: tt.endpoint, Model: tt.model, At: noon, Usage: tally.Raw(), Tier: tally.Tier(), Request: tally.Request()})
			if got := lineTexts(bill.Lines); bill.Status != tt.status || !slices.Equal(got, tt.lines) || strings.Join(bill.Flags, " ") != tt.flags {
				t.Errorf("Bill(%s) = %s %q %q, want %s %q %q", tally.Raw(), bill.Status, got, bill.Flags, tt.status, tt.lines, tt.flags)
			}
			checkBill(t, bill)
		})
	}
}

func TestTrapsOfOpenAI(t *testing.T) {
	checkTraps(t, []trap{
		{"1: tokens written to a cache lie inside the prompt, in chat", "openai", "chat/completions", "gpt",
			[]string{`{"model":"gpt","usage":{"prompt_tokens":4020,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":4012}}}`},
			[]string{"cache_write 4012 0.025075", "input 8 0.00004"}, Priced, ""},
		{"1: and in Responses, where the next call reads them", "openai", "responses", "gpt",
			[]string{`{"type":"response.completed","response":{"model":"gpt","usage":{"input_tokens":4020,"output_tokens":0,"input_tokens_details":{"cached_tokens":4012,"cache_write_tokens":0}}}}`},
			[]string{"cache_read 4012 0.002006", "input 8 0.00004"}, Priced, ""},
		{"13: clocks in a usage object are no counters, and a second one with the same counts adds nothing", "groq", "chat/completions", "llama",
			[]string{`{"model":"llama","choices":[],"x_groq":{"id":"req_1","seed":7,"usage":{"prompt_tokens":100,"completion_tokens":20,"prompt_time":0.0021,"total_time":0.51}},"usage":{"queue_time":0.013,"prompt_tokens":100,"completion_tokens":20,"prompt_time":0.0021}}`},
			[]string{"input 100 0.00005", "output 20 0.000016"}, Priced, ""},
		{"15: sound is a part of the prompt and of the answer", "openai", "chat/completions", "gpt",
			[]string{`{"model":"gpt","usage":{"prompt_tokens":64,"completion_tokens":30,"prompt_tokens_details":{"audio_tokens":44,"cached_tokens":0},"completion_tokens_details":{"audio_tokens":20}}}`},
			[]string{"input 20 0.0001", "input_audio 44 0.00176", "output 10 0.0003", "output_audio 20 0.0016"}, Priced, ""},
		{"17: a local model has no details and costs nothing", "ollama", "chat/completions", "llama", []string{`{"model":"llama","usage":{"prompt_tokens":26,"completion_tokens":8,"total_tokens":34}}`}, []string{}, Priced, ""},
		{"17: a count of tokens has no usage and costs nothing", "anthropic", "messages/count_tokens", "sonnet", []string{`{"input_tokens":14}`}, []string{}, Priced, ""},
		{"17: an embedding has a prompt alone", "openai", "embeddings", "embedding", []string{`{"model":"embedding","usage":{"prompt_tokens":1000,"total_tokens":1000}}`}, []string{"input 1000 0.00002"}, Priced, ""},
		{"17: a ranking is counted in searches", "cohere", "v2/rerank", "rerank", []string{`{"results":[],"meta":{"billed_units":{"search_units":3}}}`}, []string{"search_unit 3 0.006"}, Priced, ""},
	})
}

func TestTrapsOfAnthropic(t *testing.T) {
	start := `{"type":"message_start","message":{"model":"sonnet","usage":%s}}`
	delta := `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":%s}`
	stream := func(first string, rest ...string) []string {
		frames := []string{fmt.Sprintf(start, first)}
		for _, r := range rest {
			frames = append(frames, fmt.Sprintf(delta, r))
		}
		return frames
	}
	checkTraps(t, []trap{
		{"2: the top leaves out a compaction", "anthropic", "messages", "sonnet",
			[]string{`{"type":"message","model":"sonnet","usage":{"input_tokens":500,"output_tokens":300,"iterations":[{"type":"compaction","input_tokens":160000,"output_tokens":3000},{"type":"message","input_tokens":500,"output_tokens":300}]}}`},
			[]string{"input 160500 0.4815", "output 3300 0.0495"}, Priced, ""},
		{"2: and its cache, which a stream's end forgets again", "anthropic", "messages", "sonnet",
			stream(`{"input_tokens":500,"cache_read_input_tokens":40000,"output_tokens":1}`,
				`{"input_tokens":500,"cache_read_input_tokens":0,"output_tokens":300,"iterations":[{"type":"compaction","input_tokens":2000,"cache_read_input_tokens":40000,"cache_creation_input_tokens":9000,"cache_creation":{"ephemeral_5m_input_tokens":9000,"ephemeral_1h_input_tokens":0},"output_tokens":3000},{"type":"message","input_tokens":500,"cache_read_input_tokens":0,"output_tokens":300}]}`),
			[]string{"cache_read 40000 0.012", "cache_write_5m 9000 0.03375", "input 2500 0.0075", "output 3300 0.0495"}, Priced, ""},
		{"3: an advisor has a model of its own, beside the top", "anthropic", "messages", "sonnet",
			[]string{`{"type":"message","model":"sonnet","usage":{"input_tokens":2414,"output_tokens":100,"iterations":[{"type":"message","input_tokens":1051,"output_tokens":40},{"type":"advisor_message","model":"opus","input_tokens":2728,"output_tokens":874},{"type":"message","input_tokens":1363,"output_tokens":60}]}}`},
			[]string{"input 2414 0.007242", "input 2728 0.01364", "output 100 0.0015", "output 874 0.02185"}, Priced, ""},
		{"3: after a fallback the top is the bill, at the model that answered", "anthropic", "messages", "sonnet",
			[]string{`{"type":"message","model":"opus","usage":{"input_tokens":412,"output_tokens":264,"iterations":[{"type":"message","model":"sonnet","input_tokens":408,"output_tokens":0},{"type":"fallback_message","model":"opus","input_tokens":412,"output_tokens":264}]}}`},
			[]string{"input 412 0.00206", "output 264 0.0066"}, Priced, ""},
		{"4: the input grows until the end", "anthropic", "messages", "sonnet", stream(`{"input_tokens":43,"output_tokens":1}`, `{"input_tokens":61,"output_tokens":20}`),
			[]string{"input 61 0.000183", "output 20 0.0003"}, Priced, ""},
		{"4: an old stream's end has the answer alone", "anthropic", "messages", "sonnet", stream(`{"input_tokens":43,"cache_read_input_tokens":1000,"output_tokens":1}`, `{"output_tokens":20}`),
			[]string{"cache_read 1000 0.0003", "input 43 0.000129", "output 20 0.0003"}, Priced, ""},
		{"5: searches are told of at the end", "anthropic", "messages", "sonnet", stream(`{"input_tokens":2068,"output_tokens":1}`, `{"input_tokens":22397,"output_tokens":500,"server_tool_use":{"web_search_requests":2}}`),
			[]string{"input 22397 0.067191", "output 500 0.0075", "web_search 2 0.02"}, Priced, ""},
		{"6: two beginnings are one", "anthropic", "messages", "sonnet", append(stream(`{"input_tokens":25,"output_tokens":1}`), stream(`{"input_tokens":25,"output_tokens":1}`, `{"output_tokens":10}`)...),
			[]string{"input 25 0.000075", "output 10 0.00015"}, Priced, ""},
		{"10: Bedrock's input is apart from its cache, by lifetime", "bedrock", "converse", "sonnet",
			[]string{`{"metrics":{"latencyMs":900},"usage":{"inputTokens":2,"outputTokens":5,"totalTokens":1329,"cacheReadInputTokens":0,"cacheReadInputTokenCount":0,"cacheWriteInputTokens":1322,"cacheWriteInputTokenCount":1322,"cacheDetails":[{"ttl":"5m","inputTokens":322},{"ttl":"1h","inputTokens":1000}]}}`},
			[]string{"cache_write_1h 1000 0.006", "cache_write_5m 322 0.0012075", "input 2 0.000006", "output 5 0.000075"}, Priced, ""},
		{"16: a region costs more", "anthropic", "messages", "sonnet", []string{`{"type":"message","model":"sonnet","usage":{"input_tokens":1000,"output_tokens":0,"service_tier":"standard","inference_geo":"us"}}`},
			[]string{"input 1000 0.0033"}, Priced, ""},
	})
}

func TestTrapsOfOthers(t *testing.T) {
	checkTraps(t, []trap{
		{"7: what OpenRouter's Gemini read it wrote anew, and both are charged", "openrouter", "chat/completions", "flash",
			[]string{`{"model":"flash","usage":{"prompt_tokens":2168,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":2161,"cache_write_tokens":2161}}}`},
			[]string{"cache_read 2161 0.00006483", "cache_write 2161 0.00017288", "input 7 0.0000021", "output 100 0.00025"}, Estimated, "provider_cost_missing"},
		{"8: thinking stands beside the answer in xAI's chat", "xai", "chat/completions", "grok",
			[]string{`{"model":"grok","usage":{"prompt_tokens":291,"completion_tokens":26,"total_tokens":513,"prompt_tokens_details":{"cached_tokens":290},"completion_tokens_details":{"reasoning_tokens":196}}}`},
			[]string{"cache_read 290 0.00002175", "input 1 0.0000003", "output 222 0.000111"}, Priced, "output_from_total"},
		{"8: and inside it in its Responses", "xai", "responses", "grok",
			[]string{`{"model":"grok","usage":{"input_tokens":291,"output_tokens":222,"input_tokens_details":{"cached_tokens":290},"output_tokens_details":{"reasoning_tokens":196}}}`},
			[]string{"cache_read 290 0.00002175", "input 1 0.0000003", "output 222 0.000111"}, Priced, ""},
		{"9: thoughts and what tools put in stand beside a Gemini's prompt and answer, its cache inside", "google", "generateContent", "flash",
			[]string{`{"modelVersion":"flash","usageMetadata":{"promptTokenCount":32,"cachedContentTokenCount":12,"candidatesTokenCount":41,"thoughtsTokenCount":395,"toolUsePromptTokenCount":47,"totalTokenCount":515}}`},
			[]string{"cache_read 12 0.00000036", "input 67 0.0000201", "output 436 0.00109"}, Priced, ""},
		{"11: Cohere's billed units hold, not its tokens", "cohere", "v2/chat", "command",
			[]string{`{"model":"command","usage":{"billed_units":{"input_tokens":2406,"output_tokens":2},"tokens":{"input_tokens":2935,"output_tokens":4},"cached_tokens":2928}}`},
			[]string{"input 2406 0.006015", "output 2 0.00002"}, Priced, ""},
		{"12: Moonshot's cached tokens stand at the top, in the choice that ends", "moonshot", "chat/completions", "kimi",
			[]string{`{"model":"kimi","choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,"cached_tokens":800}}]}`},
			[]string{"cache_read 800 0.00012", "input 200 0.00012", "output 10 0.000025"}, Priced, ""},
		{"12: DeepSeek tells of hits twice", "deepseek", "chat/completions", "chat",
			[]string{`{"model":"chat","usage":{"prompt_tokens":1000,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":640},"prompt_cache_hit_tokens":640,"prompt_cache_miss_tokens":360}}`},
			[]string{"cache_read 640 0.0000128", "input 360 0.000072", "output 10 0.000006"}, Priced, ""},
		{"14: thinking may be said to be more than the answer", "openrouter", "chat/completions", "flash",
			[]string{`{"model":"flash","usage":{"prompt_tokens":43,"completion_tokens":10,"completion_tokens_details":{"reasoning_tokens":11},"cost":0}}`}, []string{}, ProviderReported, "reasoning_gt_output"},
		{"14: with a key of one's own the rest is paid elsewhere", "openrouter", "chat/completions", "flash",
			[]string{`{"model":"flash","usage":{"prompt_tokens":326,"completion_tokens":91,"cost":0,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0003253}}}`}, []string{}, ProviderReported, ""},
		{"15: a Gemini's cache is told by kind", "google", "generateContent", "flash",
			[]string{`{"modelVersion":"flash","usageMetadata":{"promptTokenCount":1000,"cachedContentTokenCount":600,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":800},{"modality":"TEXT","tokenCount":200}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":500},{"modality":"TEXT","tokenCount":100}]}}`},
			[]string{"cache_read 100 0.000003", "cache_read_audio 500 0.00005", "input 100 0.00003", "input_audio 300 0.0003"}, Priced, ""},
		{"16: Vertex names its tiers after traffic", "google-vertex", "streamGenerateContent", "flash",
			[]string{`{"modelVersion":"flash","usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":100,"trafficType":"ON_DEMAND_FLEX"}}`},
			[]string{"input 1000 0.00015", "output 100 0.000125"}, Priced, ""},
	})
}

// TestXAIToTheTick: what xAI charged for seven replies, in ticks of 1e-10 dollars, is our own sum to
// the last digit, with the thinking added to the answer.
func TestXAIToTheTick(t *testing.T) {
	book := trapBook(t)
	for _, n := range [][5]int64{ // prompt, cached, answer, thinking, ticks
		{12, 2, 1, 228, 1176500}, {12, 11, 1, 290, 1466250}, {291, 290, 26, 196, 1330500}, {12, 2, 2, 320, 1641500},
		{307, 244, 26, 255, 1777000}, {12, 11, 2, 340, 1721250}, {307, 306, 26, 227, 1497500},
	} {
		usage := fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,"prompt_tokens_details":{"cached_tokens":%d},"completion_tokens_details":{"reasoning_tokens":%d},"cost_in_usd_ticks":%d}`,
			n[0], n[2], n[0]+n[2]+n[3], n[1], n[3], n[4])
		bill := book.Bill(Case{Provider: "xai", Endpoint: "chat/completions", Model: "grok", At: noon, Usage: []byte(usage)})
		if bill.Status != ProviderReported || bill.Recomputed == nil || bill.Total.Cmp(*bill.Recomputed) != 0 || bill.Total.Pico() != n[4]*100 {
			t.Errorf("Bill(%s) = %s %s, computed %s", usage, bill.Status, text(bill.Total), text(bill.Recomputed))
		}
	}
}
