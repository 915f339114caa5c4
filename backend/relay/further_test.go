package relay

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

const formKind = "multipart/form-data; boundary=cut"

// form is a multipart body of fields and a file of some bytes.
func form(file int, fields ...string) string {
	b := "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\n" + strings.Repeat("\xff\x00a\n", file/4) + "\r\n"
	for i := 0; i < len(fields); i += 2 {
		b += "--cut\r\nContent-Disposition: form-data; name=\"" + fields[i] + "\"\r\n\r\n" + fields[i+1] + "\r\n"
	}
	return b + "--cut--\r\n"
}

// further sends a body to a path as its shape says.
func (h *house) further(path, body string) sent {
	return h.post("openai-chat", body, func(r *http.Request) {
		r.URL.Path = path
		if strings.HasPrefix(body, "--cut") {
			r.Header.Set("Content-Type", formKind)
		}
	})
}

// TestFurther is each endpoint that is only passed on: bytes equal both ways, and what it costs.
func TestFurther(t *testing.T) {
	for _, tt := range []struct {
		name, path, body, mode string
		priceAs                string
		cost                   string
		basis                  gateway.Basis
	}{
		{"embeddings are charged by their prompt", "/v1/embeddings", `{"model":"text-embedding-3-small","input":["Grüße",[1,2]],"x":1.0e0}`, "ok?in=1000", "openai", "0.00002", gateway.Exact},
		{"an embeddings path may name the model", "/v1/engines/text-embedding-3-small/embeddings", `{"input":"a"}`, "ok?in=1000", "openai", "0.00002", gateway.Exact},
		{"embeddings without usage are estimated", "/embeddings", `{"model":"text-embedding-3-small","input":"twelve bytes"}`, "no-usage", "openai", "0.00000038", gateway.Estimated},
		{"completions", "/v1/completions", `{"model":"gpt-3.5-turbo-instruct","prompt":"Say"}`, "ok?in=100&out=10", "openai", "0.00017", gateway.Exact},
		{"moderation is free, and says so", "/v1/moderations", `{"input":"Grüße"}`, "ok", "openai", "0", gateway.Zero},
		{"images by their tokens", "/v1/images/generations", `{"model":"gpt-image-1","prompt":"a weir","n":1}`, "ok?in=10&out=1000", "openai", "0.04005", gateway.Exact},
		{"images in a stream", "/v1/images/generations", `{"model":"gpt-image-1","prompt":"a weir","stream":true}`, "ok?in=10&out=1000", "openai", "0.04005", gateway.Exact},
		{"edited images", "/v1/images/edits", form(40000, "prompt", "a weir", "model", "gpt-image-1"), "ok?in=10&cached=100&out=1000", "openai", "0.04105", gateway.Exact},
		{"an image of a model that tells no usage is unpriced", "/v1/images/variations", form(400, "model", "gpt-image-1"), "no-usage", "openai", "unknown", gateway.Estimated},
		{"speech has no usage, and its bytes are not taken for tokens", "/v1/audio/speech", `{"model":"gpt-4o-mini-tts","input":"Hello","voice":"alloy"}`, "ok", "openai", "unknown", gateway.Estimated},
		{"speech as events tells its usage", "/v1/audio/speech", `{"model":"gpt-4o-mini-tts","input":"Hello","voice":"alloy","stream_format":"sse"}`, "ok?in=100&out=1000", "openai", "0.01206", gateway.Exact},
		{"transcripts by their tokens", "/v1/audio/transcriptions", form(4000, "model", "gpt-4o-mini-transcribe"), "ok?in=1000&out=100", "openai", "0.0035", gateway.Exact},
		{"transcripts in a stream", "/v1/audio/transcriptions", form(4000, "stream", "true", "model", "gpt-4o-mini-transcribe"), "ok?in=1000&out=100", "openai", "0.0035", gateway.Exact},
		{"whisper by its seconds", "/v1/audio/translations", form(4000, "model", "whisper-1"), "ok?in=60", "openai", "0.006", gateway.Exact},
		{"a transcript as text tells nothing", "/v1/audio/transcriptions", form(4000, "model", "whisper-1", "response_format", "srt"), "ok", "openai", "unknown", gateway.Estimated},
		{"reranking by searches", "/v1/rerank", `{"model":"rerank-v3.5","query":"q","documents":["a","b"]}`, "ok?in=2", "cohere", "0.004", gateway.Exact},
		{"reranking in Cohere's second version", "/v2/rerank", `{"model":"rerank-v3.5","query":"q","documents":["a"]}`, "ok?in=1", "cohere", "0.002", gateway.Exact},
		{"reranking by tokens", "/rerank", `{"model":"rerank-2.5","query":"q","documents":["a"]}`, "ok?in=1000", "voyage", "0.00005", gateway.Exact},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			h.channel("openai-chat", func(ch *gateway.Channel) { ch.PriceAs = tt.priceAs })
			if err := h.up.Script(tt.mode); err != nil {
				t.Fatal(err)
			}
			got := h.further(tt.path, tt.body)
			if got.status != 200 {
				t.Fatalf("status %d: %s", got.status, got.body)
			}
			e := h.up.Journal.Entries()[0]
			if string(e.Body) != tt.body || !bytes.Equal(got.body, e.Written) || got.err != nil {
				t.Errorf("the upstream got %d bytes of %d, the client %d of %d (%v)", len(e.Body), len(tt.body), len(got.body), len(e.Written), got.err)
			}
			if c := got.call; cost(c) != tt.cost || c.Basis != tt.basis || c.End != gateway.Finished {
				t.Errorf("cost %s, %s, %s, flags %v, want %s, %s", cost(c), c.Basis, c.End, c.Bill.Flags, tt.cost, tt.basis)
			}
			if c := got.call; tt.cost == "unknown" && (c.Charge.Pico() == 0 || c.Bill.Status != billing.Unpriced || !slices.Contains(c.Bill.Flags, heldCharge) || c.Bill.Usage[billing.Output] != 0) {
				t.Errorf("charged %s, %s, flags %v, usage %v", c.Charge, c.Bill.Status, c.Bill.Flags, c.Bill.Usage.Meters())
			}
			h.check()
		})
	}
}

// TestCompletionsUsageIsAskedFor: their stream tells usage only when asked, like a chat's.
func TestCompletionsUsageIsAskedFor(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	got := h.further("/v1/completions", `{"model":"gpt-3.5-turbo-instruct","prompt":"Say","stream":true}`)
	if e := h.up.Journal.Entries()[0]; !bytes.Contains(e.Body, []byte(`"stream_options":{"include_usage":true}`)) {
		t.Errorf("usage was not asked for: %s", e.Body)
	}
	if bytes.Contains(got.body, []byte(`"usage"`)) || !bytes.HasSuffix(got.body, []byte("data: [DONE]\n\n")) || got.call.Basis != gateway.Exact {
		t.Errorf("the client got %s, basis %s", got.body, got.call.Basis)
	}
}

func TestFurtherMappedModelInAForm(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", func(ch *gateway.Channel) { ch.Map = map[string]string{"ear": "gpt-4o-mini-transcribe"} })
	body := form(100, "model", "ear", "prompt", "ear")
	got := h.further("/v1/audio/transcriptions", body)
	want := strings.Replace(body, "\r\near\r\n", "\r\ngpt-4o-mini-transcribe\r\n", 1)
	if e := h.up.Journal.Entries()[0]; string(e.Body) != want || e.Model != "gpt-4o-mini-transcribe" {
		t.Errorf("the upstream got %q, want %q", e.Body, want)
	}
	if c := got.call; c.Model != "ear" || c.UpstreamModel != "gpt-4o-mini-transcribe" || cost(c) == "unknown" {
		t.Errorf("model %s, upstream %s, cost %s", c.Model, c.UpstreamModel, cost(c))
	}
}

// TestFurtherRefusals is what is refused before a byte leaves.
func TestFurtherRefusals(t *testing.T) {
	for _, tt := range []struct {
		name, path, body, limit string
		status                  int
		says                    string
	}{
		{"a second model in a form", "/v1/audio/transcriptions", form(8, "model", "a", "model", "b"), "", 400, `"type":"invalid_request_error"`},
		{"a form that breaks off", "/v1/audio/transcriptions", strings.TrimSuffix(form(8, "model", "a"), "--cut--\r\n"), "", 400, `"type":"invalid_request_error"`},
		{"a form without a model", "/v1/images/edits", form(8, "prompt", "a"), "", 400, `"param":"model"`},
		{"no stored price under a dollar limit", "/v1/images/generations", `{"model":"dall-e-3","prompt":"a"}`, "5usd/day", 402, `"code":"unpriced_model"`},
		{"seconds that a limit cannot bear", "/v1/audio/transcriptions", form(4<<20, "model", "whisper-1"), "0.05usd/day", 402, `"code":"insufficient_quota"`},
		{"images that a limit cannot bear", "/v1/images/generations", `{"model":"gpt-image-1","prompt":"a","n":4}`, "0.9usd/day", 402, `"code":"insufficient_quota"`},
		{"searches that a limit cannot bear", "/v2/rerank", `{"model":"rerank-v3.5","query":"q","documents":[` + strings.Repeat(`"a",`, 250) + `"a"]}`, "0.005usd/day", 402, `{"message":`},
		{"a sandbox model", "/v1/embeddings", `{"model":"sandbox/gpt-5","input":"a"}`, "", 404, "sandbox answers chats"},
		{"another method", "/v1/embeddings", "GET", "", 404, "POST"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			h.channel("openai-chat", func(ch *gateway.Channel) {
				if strings.Contains(tt.path, "rerank") {
					ch.PriceAs = "cohere"
				}
			})
			if tt.limit != "" {
				h.limit(tt.limit)
			}
			got := h.post("openai-chat", tt.body, func(r *http.Request) {
				r.URL.Path = tt.path
				if tt.body == "GET" {
					r.Method = "GET"
				}
				if strings.HasPrefix(tt.body, "--cut") {
					r.Header.Set("Content-Type", formKind)
				}
			})
			if got.status != tt.status || !strings.Contains(string(got.body), tt.says) || h.up.Journal.Len() != 0 {
				t.Errorf("status %d: %s, want %d with %s", got.status, got.body, tt.status, tt.says)
			}
			h.check()
		})
	}
}

// TestFurtherUnderALimit: the bytes of a recording are not its tokens, and moderation passes a
// dollar limit although its model has no price.
func TestFurtherUnderALimit(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	h.limit("0.2usd/day")
	if got := h.further("/v1/audio/transcriptions", form(4<<20, "model", "whisper-1")); got.status != 200 {
		t.Errorf("a recording of 4 MB: status %d: %s", got.status, got.body)
	}
	if got := h.further("/v1/moderations", `{"input":"a"}`); got.status != 200 {
		t.Errorf("a moderation: status %d: %s", got.status, got.body)
	}
	h.check()
}

// TestFurtherFailover: another channel answers, and the first one's attempt is in no sum.
func TestFurtherFailover(t *testing.T) {
	for _, mode := range []string{"429", "503", "500"} {
		t.Run(mode, func(t *testing.T) {
			h := build(t)
			h.channel("openai-chat", nil)
			h.channel("openai-chat", nil)
			if err := h.up.Script(mode, "ok?in=60"); err != nil {
				t.Fatal(err)
			}
			got := h.further("/v1/audio/transcriptions", form(4000, "model", "whisper-1"))
			if got.status != 200 || cost(got.call) != "0.006" || len(got.call.Attempts) != 2 {
				t.Fatalf("status %d, cost %s, %d attempts", got.status, cost(got.call), len(got.call.Attempts))
			}
			if c := got.call; mode == "500" && (c.Max == nil || c.Max.Cmp(*c.Bill.Total) <= 0 || !slices.Contains(c.Bill.Flags, maybeCharged)) {
				t.Errorf("at most %v, flags %v", c.Max, c.Bill.Flags)
			}
			h.check()
		})
	}
}

// TestFurtherClientLeaves: the upstream is stopped, and what the call may have cost counts.
func TestFurtherClientLeaves(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	if err := h.up.Script("slow-header?ms=60000"); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	got := h.post("openai-chat", form(4000, "model", "whisper-1"), func(r *http.Request) {
		r.URL.Path = "/v1/audio/transcriptions"
		r.Header.Set("Content-Type", formKind)
		*r = *r.WithContext(ctx)
		go func() {
			for h.up.Journal.Len() == 0 {
				time.Sleep(time.Millisecond)
			}
			leave()
		}()
	})
	if got.err == nil {
		t.Fatalf("status %d for a client that left", got.status)
	}
	c := h.wait(1)[0]
	if c = h.ended(c.ID); c.End != gateway.ClientLeft || c.Bill.Total != nil || c.Max == nil || c.Charge.Pico() == 0 || c.Charge.Cmp(*c.Max) != 0 || !slices.Contains(c.Bill.Flags, heldCharge) {
		t.Errorf("%s, %s, cost %s, charge %s, at most %v, flags %v", c.End, c.Basis, cost(c), c.Charge, c.Max, c.Bill.Flags)
	}
	h.check()
}
