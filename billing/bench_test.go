package billing

import (
	"encoding/json"
	"strings"
	"testing"
)

// What one call costs in billing: pricing it once, and looking at each frame of its stream.
// `go test -run '^$' -bench . ./billing`

func BenchmarkBill(b *testing.B) {
	book := shipped(b)
	for _, bb := range []struct{ name, provider, endpoint, model, usage string }{
		{"chat", "openai", "chat/completions", "gpt-5",
			`{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":64,"audio_tokens":0}}`},
		{"chat, a dated model", "openai", "chat/completions", "gpt-5-2025-08-07", `{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306}`},
		{"messages", "anthropic", "messages", "claude-sonnet-4-6",
			`{"message_start":{"input_tokens":25,"cache_creation_input_tokens":400,"cache_read_input_tokens":12000,"cache_creation":{"ephemeral_5m_input_tokens":400,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard"},"message_delta":{"output_tokens":350}}`},
		{"gemini", "google", "generateContent", "gemini-2.5-flash", `{"promptTokenCount":1000,"candidatesTokenCount":40,"thoughtsTokenCount":60,"totalTokenCount":1100}`},
	} {
		b.Run(bb.name, func(b *testing.B) {
			c := Case{Provider: bb.provider, Endpoint: bb.endpoint, Model: bb.model, At: noon, Usage: json.RawMessage(bb.usage)}
			b.ReportAllocs()
			for b.Loop() {
				if bill := book.Bill(c); bill.Total == nil {
					b.Fatal(bill.Flags)
				}
			}
		})
	}
}

func BenchmarkCeiling(b *testing.B) {
	book := shipped(b)
	b.ReportAllocs()
	for b.Loop() {
		if c, ok := book.PlainCeiling("openai", "gpt-5", noon); !ok || c.Cost(1000, 1000).Pico() == 0 {
			b.Fatal("no ceiling")
		}
	}
}

func BenchmarkTallyStream(b *testing.B) {
	word := strings.Repeat("word ", 4)
	for _, bb := range []struct{ name, endpoint, first, frame, last string }{
		{"chat", "chat/completions", `{"id":"chatcmpl-1","model":"gpt-5","choices":[]}`, `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-5","choices":[{"index":0,"delta":{"content":"` + word + `"},"finish_reason":null}],"usage":null}`,
			`{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-5","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}}`},
		{"messages", "messages", `{"type":"message_start","message":{"model":"claude-sonnet-4-6","usage":{"input_tokens":25,"output_tokens":1}}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"` + word + `"}}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}`},
		{"gemini", "streamGenerateContent", `{"candidates":[]}`, `{"candidates":[{"content":{"parts":[{"text":"` + word + `"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":3,"totalTokenCount":13},"modelVersion":"gemini-2.5-flash"}`,
			`{"candidates":[],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":30,"totalTokenCount":40},"modelVersion":"gemini-2.5-flash"}`},
	} {
		b.Run(bb.name, func(b *testing.B) {
			first, frame, last := []byte(bb.first), []byte(bb.frame), []byte(bb.last)
			b.ReportAllocs()
			for b.Loop() {
				tally := NewTally(bb.endpoint)
				tally.Observe(first)
				for range 98 {
					tally.Observe(frame)
				}
				tally.Observe(last)
				if tally.Raw() == nil {
					b.Fatal("no usage")
				}
			}
		})
	}
}

func BenchmarkTallyWholeBody(b *testing.B) {
	for _, bb := range []struct{ name, endpoint, body string }{
		{"1 KB of text", "chat/completions", `{"id":"chatcmpl-1","model":"gpt-5","choices":[{"index":0,"message":{"role":"assistant","content":"` + strings.Repeat("word ", 150) + `"}}],"usage":{"prompt_tokens":10,"completion_tokens":150}}`},
		{"an embedding", "embeddings", `{"object":"list","data":[{"embedding":[` + strings.Repeat("-0.0123456,", 1535) + `0]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}`},
	} {
		b.Run(bb.name, func(b *testing.B) {
			body := []byte(bb.body)
			b.ReportAllocs()
			for b.Loop() {
				tally := NewTally(bb.endpoint)
				tally.Observe(body)
				if tally.Raw() == nil {
					b.Fatal("no usage")
				}
			}
		})
	}
}

func BenchmarkShippedBook(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ShippedBook(); err != nil {
			b.Fatal(err)
		}
	}
}
