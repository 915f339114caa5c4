package billing

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestFees(t *testing.T) {
	book := shipped(t)
	sonar := `{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000`
	deep := `{"prompt_tokens":0,"completion_tokens":0,"citation_tokens":1000,"reasoning_tokens":1000,"num_search_queries":2}`
	for _, tt := range []struct {
		name, provider, endpoint, model, usage string
		request                                Request
		status                                 Status
		total, flags                           string
		lines                                  []string
	}{
		{"a call's own fee goes by what the reply says of its search", "perplexity", "chat/completions", "sonar-pro", sonar + `,"search_context_size":"high"}`, Request{Size: "low"},
			Priced, "0.032", "", []string{"input 1000 0.003", "output 1000 0.015", "request_high 1 0.014"}},
		{"else by what the request said", "perplexity", "chat/completions", "sonar-pro", sonar + `}`, Request{Size: "medium"},
			Priced, "0.028", "", []string{"input 1000 0.003", "output 1000 0.015", "request_medium 1 0.01"}},
		{"a request without a word gets little", "perplexity", "chat/completions", "sonar", sonar + `}`, Request{},
			Priced, "0.007", "", []string{"input 1000 0.001", "output 1000 0.001", "request_low 1 0.005"}},
		{"a size that no list knows has no price", "perplexity", "chat/completions", "sonar", sonar + `,"search_context_size":"vast"}`, Request{}, Unpriced, "", "context_price_unknown", []string{}},
		{"searching in many steps costs more", "perplexity", "chat/completions", "sonar-pro", sonar + `}`, Request{Size: "high", SearchType: "pro"},
			Priced, "0.04", "", []string{"input 1000 0.003", "output 1000 0.015", "request_high 1 0.022"}},
		{"where the upstream chose the steps, the fee is an estimate", "perplexity", "chat/completions", "sonar-pro", sonar + `}`, Request{SearchType: "auto"},
			Estimated, "0.024", "price_incomplete", []string{"input 1000 0.003", "output 1000 0.015", "request_low 1 0.006"}},
		{"deep research charges thinking, sources and searches apart", "perplexity", "chat/completions", "sonar-deep-research", deep, Request{},
			Priced, "0.015", "", []string{"citation 1000 0.002", "reasoning 1000 0.003", "search_query 2 0.01"}},
		{"at other models they cost nothing beside the call's fee", "perplexity", "chat/completions", "sonar-reasoning-pro", `{"prompt_tokens":0,"completion_tokens":1000,"citation_tokens":500,"reasoning_tokens":400,"num_search_queries":2}`, Request{},
			Priced, "0.014", "", []string{"output 1000 0.008", "request_low 1 0.006"}},
		{"ten seconds are the least at Groq", "groq", "audio/transcriptions", "whisper-large-v3", `{"seconds":1}`, Request{}, Priced, "0.000308333333", "", []string{"audio_seconds(min 10) 10 0.000308333333"}},
		{"and more than that are what they are", "groq", "audio/transcriptions", "whisper-large-v3", `{"seconds":36}`, Request{}, Priced, "0.00111", "", []string{"audio_seconds 36 0.00111"}},
		{"nothing is still nothing", "groq", "audio/transcriptions", "whisper-large-v3", `{"seconds":0}`, Request{}, Priced, "0", "usage_zero", []string{}},
		{"a search model's call is a search", "openai", "chat/completions", "gpt-4o-search-preview", `{"prompt_tokens":0,"completion_tokens":100}`, Request{}, Estimated, "0.026", "price_incomplete", []string{"output 100 0.001", "request 1 0.025"}},
		{"code that was run in two containers", "openai", "responses", "gpt-5", `{"input_tokens":0,"output_tokens":100}`, Request{Items: []string{"code_interpreter_call", "code_interpreter_call"}, Sessions: 2},
			Estimated, "0.061", "container_assumed_new", []string{"code_interpreter_session 2 0.06", "output 100 0.001"}},
		{"where the request says which it started, that holds", "openai", "responses", "gpt-5", `{"input_tokens":0,"output_tokens":100}`, Request{Items: []string{"code_interpreter_call"}, Sessions: 2, Containers: 1},
			Priced, "0.031", "", []string{"code_interpreter_session 1 0.03", "output 100 0.001"}},
		{"a list without a price for containers leaves the fee open", "xai", "responses", "grok-4-0709", `{"input_tokens":0,"output_tokens":100}`, Request{Items: []string{"code_interpreter_call"}, Sessions: 1},
			Estimated, "0.0015", "tool_fee_uncounted", []string{"output 100 0.0015"}},
		{"Gemini 2 charges the prompt that it searched for", "google", "generateContent", "gemini-2.5-flash", `{"promptTokenCount":1000}`, Request{Items: []string{"google_search"}, Queries: 3},
			Estimated, "0.0353", "free_allowance_ignored", []string{"grounded_prompt 1 0.035", "input 1000 0.0003"}},
		{"Gemini 3 each query", "google", "generateContent", "gemini-3-flash-preview", `{"promptTokenCount":1000}`, Request{Items: []string{"google_search"}, Queries: 3},
			Estimated, "0.0425", "free_allowance_ignored", []string{"input 1000 0.0005", "search_query 3 0.042"}},
		{"where it names no query the fee is not known", "google", "generateContent", "gemini-3-flash-preview", `{"promptTokenCount":1000}`, Request{Items: []string{"google_search"}},
			Estimated, "0.0005", "tool_fee_uncounted", []string{"input 1000 0.0005"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := book.Bill(Case{Provider: tt.provider, Endpoint: tt.endpoint, Model: tt.model, At: noon, Usage: json.RawMessage(tt.usage), Request: tt.request})
			if bill.Status != tt.status || text(bill.Total) != tt.total || strings.Join(bill.Flags, " ") != tt.flags {
				t.Errorf("Bill = %s %q %q, want %s %q %q", bill.Status, text(bill.Total), bill.Flags, tt.status, tt.total, tt.flags)
			}
			if got := lineTexts(bill.Lines); !slices.Equal(got, tt.lines) {
				t.Errorf("Lines = %q, want %q", got, tt.lines)
			}
		})
	}
}

// TestSoldByThePiece: what charges for no token needs no usage.
func TestSoldByThePiece(t *testing.T) {
	book := testBook(t, testCard("by-image", Rates{"image": "0.07"}), testCard("by-call", Rates{"request": "25"}), testCard("by-token", Rates{"input": "1", "image": "0.07"}))
	images := func(endpoint, body string) Request {
		tally := NewTally(endpoint)
		tally.Observe([]byte(body))
		return tally.Request()
	}
	two := images("images/generations", `{"created":1,"data":[{"url":"a"},{"url":"b"}]}`)
	for _, tt := range []struct {
		name, model, endpoint string
		request               Request
		status                Status
		total                 string
	}{
		{"two images", "by-image", "images/generations", two, Priced, "0.14"},
		{"a reply without any has no price", "by-image", "images/generations", images("images/generations", `{"created":1}`), Unpriced, ""},
		{"a list elsewhere holds no images", "by-image", "embeddings", images("embeddings", `{"data":[{"embedding":[1]}]}`), Unpriced, ""},
		{"a call", "by-call", "chat/completions", Request{}, Priced, "0.025"},
		{"where tokens are charged they must be told", "by-token", "images/generations", two, Unpriced, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := book.Bill(Case{Provider: "openai", Endpoint: tt.endpoint, Model: tt.model, At: noon, Request: tt.request})
			if bill.Status != tt.status || text(bill.Total) != tt.total {
				t.Errorf("Bill = %s %q %q, want %s %q", bill.Status, text(bill.Total), bill.Flags, tt.status, tt.total)
			}
			checkBill(t, bill)
		})
	}
}

// TestKindsOfCache: Model Studio's marked cache and its own have their own parts of the input's rate,
// in every tier of length.
func TestKindsOfCache(t *testing.T) {
	book := shipped(t)
	for _, tt := range []struct {
		name, endpoint, usage, total string
	}{
		{"one that it kept unasked costs a fifth", "chat/completions", `{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":1000}}`, "0.0002"},
		{"also of the dearer input of a long prompt", "chat/completions", `{"prompt_tokens":100000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":100000}}`, "0.036"},
		{"a marked one costs a tenth", "chat/completions", `{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":1000,"cache_type":"ephemeral"}}`, "0.0001"},
		{"and a quarter more when it is written", "chat/completions", `{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cache_creation_input_tokens":1000,"cache_creation":{"ephemeral_5m_input_tokens":1000},"cache_type":"ephemeral"}}`, "0.00125"},
		{"what was written through the Messages API was marked", "messages", `{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":1000,"cache_read_input_tokens":1000}`, "0.00135"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := book.Bill(Case{Provider: "qwen", Endpoint: tt.endpoint, Model: "qwen3-coder-plus", At: noon, Usage: json.RawMessage(tt.usage)})
			if text(bill.Total) != tt.total {
				t.Errorf("Bill(%s) = %s %q %q, want %s", tt.usage, bill.Status, text(bill.Total), bill.Flags, tt.total)
			}
		})
	}
}

// TestTiersOfQwen: the whole request has the price of its prompt's length, and a length that ends a
// tier belongs to it.
func TestTiersOfQwen(t *testing.T) {
	book := shipped(t)
	for _, tt := range []struct {
		name, model, usage, total string
	}{
		{"to 32,000", "qwen3-coder-plus", `{"prompt_tokens":32000,"completion_tokens":1000}`, "0.037"},
		{"above", "qwen3-coder-plus", `{"prompt_tokens":32001,"completion_tokens":1000}`, "0.0666018"},
		{"to 128,000", "qwen3-coder-plus", `{"prompt_tokens":128000,"completion_tokens":1000}`, "0.2394"},
		{"above", "qwen3-coder-plus", `{"prompt_tokens":128001,"completion_tokens":1000}`, "0.399003"},
		{"to 256,000", "qwen3-coder-plus", `{"prompt_tokens":256000,"completion_tokens":1000}`, "0.783"},
		{"above", "qwen3-coder-plus", `{"prompt_tokens":256001,"completion_tokens":1000}`, "1.596006"},
		{"a snapshot has its model's price", "qwen3-max-2026-01-23", `{"prompt_tokens":1000,"completion_tokens":1000}`, "0.0072"},
		{"the list of the other region is not in the book", "qwen3-max", `{"prompt_tokens":1000,"completion_tokens":1000}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			provider := "qwen"
			if tt.total == "" {
				provider = "qwen-cn"
			}
			bill := book.Bill(Case{Provider: provider, Endpoint: "chat/completions", Model: tt.model, At: noon, Usage: json.RawMessage(tt.usage)})
			if text(bill.Total) != tt.total {
				t.Errorf("Bill(%s %s) = %s %q, want %q", tt.model, tt.usage, text(bill.Total), bill.Flags, tt.total)
			}
		})
	}
}

// TestContainersOfAReply: each container is one, however often code ran in it and however often a
// stream tells of it.
func TestContainersOfAReply(t *testing.T) {
	code := func(id string) string {
		return `{"type":"code_interpreter_call","status":"completed","container_id":"` + id + `"}`
	}
	tally := NewTally("responses")
	tally.Observe([]byte(`{"type":"response.output_item.done","output_index":0,"item":` + code("cntr_a") + `}`))
	tally.Observe([]byte(`{"type":"response.completed","response":{"model":"gpt-5","usage":{"input_tokens":0,"output_tokens":100},"output":[` + code("cntr_a") + `,` + code("cntr_a") + `,` + code("cntr_b") + `]}}`))
	if r := tally.Request(); r.Sessions != 2 || len(r.Items) != 3 {
		t.Errorf("Request = %+v, want two containers and three items", r)
	}
}
