package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weir/backend/wire"
)

// clock is a time that a test sets.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newSandbox() (*Sandbox, *clock) {
	c := &clock{time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)}
	return New(c.now), c
}

func call(t *testing.T, s *Sandbox, path, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://sandbox.invalid/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// messagesUse and chatUse are the usage of the two shapes.
type messagesUse struct {
	Input   int64 `json:"input_tokens"`
	Written int64 `json:"cache_creation_input_tokens"`
	Read    int64 `json:"cache_read_input_tokens"`
	Split   struct {
		FiveMinutes int64 `json:"ephemeral_5m_input_tokens"`
		OneHour     int64 `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	Output int64 `json:"output_tokens"`
}

type chatUse struct {
	Prompt  int64 `json:"prompt_tokens"`
	Output  int64 `json:"completion_tokens"`
	Total   int64 `json:"total_tokens"`
	Details struct {
		Cached  int64  `json:"cached_tokens"`
		Written *int64 `json:"cache_write_tokens"`
	} `json:"prompt_tokens_details"`
}

func parse[T any](t *testing.T, body string) T {
	t.Helper()
	var reply struct{ Usage T }
	if err := json.Unmarshal([]byte(body), &reply); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return reply.Usage
}

const hello = `{"model":"sandbox/claude-sonnet-4-6","max_tokens":100,"messages":[{"role":"user","content":"Hello"}]}`

func TestMessages(t *testing.T) {
	s, c := newSandbox()
	resp, body := call(t, s, "/messages", hello)
	first := parse[messagesUse](t, body)
	if resp.StatusCode != 200 || !strings.Contains(body, `"stop_reason":"end_turn"`) || !strings.Contains(body, `"model":"sandbox/claude-sonnet-4-6"`) {
		t.Fatalf("got %d %s", resp.StatusCode, body)
	}
	if first.Written < 1100 || first.Read != 0 || first.Split.FiveMinutes != first.Written || first.Split.OneHour != 0 || first.Input <= 0 || first.Input > 100 {
		t.Errorf("the first call used %+v, want it to write the cache", first)
	}
	_, body = call(t, s, "/messages", hello)
	if second := parse[messagesUse](t, body); second.Read != first.Written || second.Written != 0 || second.Input != first.Input || second.Output != first.Output {
		t.Errorf("the second used %+v, want it to read what the first wrote: %+v", second, first)
	}
	longer := strings.Replace(hello, `}]`, `},{"role":"assistant","content":"Hi"},{"role":"user","content":"More"}]`, 1)
	_, body = call(t, s, "/messages", longer)
	if third := parse[messagesUse](t, body); third.Read != first.Written || third.Input <= first.Input {
		t.Errorf("a longer conversation used %+v, want it to read as much and bring more", third)
	}
	c.t = c.t.Add(cacheLife)
	_, body = call(t, s, "/messages", hello)
	if late := parse[messagesUse](t, body); late != first {
		t.Errorf("after five minutes a call used %+v, want it to write anew: %+v", late, first)
	}
	_, body = call(t, s, "/messages", strings.Replace(hello, "sonnet", "opus", 1))
	if other := parse[messagesUse](t, body); other.Read != 0 {
		t.Errorf("another model read the cache: %+v", other)
	}
}

func TestChat(t *testing.T) {
	for _, tt := range []struct {
		model  string
		writes bool
	}{
		{"sandbox/gpt-5", false}, {"gpt-5.5-mini", false}, {"gpt-4o", false}, {"gpt-oss-120b", false}, {"sandbox/claude-sonnet-4-6", false},
		{"sandbox/gpt-5.6-sol", true}, {"gpt-5.6", true}, {"gpt-6", true}, {"gpt-5.10", true},
	} {
		t.Run(tt.model, func(t *testing.T) {
			s, _ := newSandbox()
			body := `{"model":"` + tt.model + `","messages":[{"role":"user","content":"Hello"}]}`
			_, reply := call(t, s, "/chat/completions", body)
			first := parse[chatUse](t, reply)
			if first.Details.Cached != 0 || first.Prompt < 1100 || first.Total != first.Prompt+first.Output || !strings.Contains(reply, `"finish_reason":"stop"`) {
				t.Errorf("the first call: %s", reply)
			}
			if wrote := first.Details.Written != nil && *first.Details.Written > 0; wrote != tt.writes {
				t.Errorf("wrote the cache: %v, want %v", wrote, tt.writes)
			}
			_, reply = call(t, s, "/chat/completions", body)
			if second := parse[chatUse](t, reply); second.Details.Cached < 1100 || second.Prompt != first.Prompt || second.Details.Written != nil && *second.Details.Written != 0 {
				t.Errorf("the second call: %s", reply)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct{ path, asked, stop string }{
		{"/messages", `"max_tokens":3`, `"stop_reason":"max_tokens"`},
		{"/messages", `"max_tokens":3,"stream":true`, `"stop_reason":"max_tokens"`},
		{"/chat/completions", `"max_tokens":3`, `"finish_reason":"length"`},
		{"/responses", `"max_output_tokens":3`, `"status":"incomplete"`},
		{"/responses", `"max_output_tokens":3,"stream":true`, `"type":"response.incomplete"`},
		{"/chat/completions", `"max_completion_tokens":3,"stream":true,"stream_options":{"include_usage":true}`, `"finish_reason":"length"`},
	} {
		t.Run(tt.path+tt.asked, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newSandbox()
				_, body := call(t, s, tt.path, `{"model":"m",`+tt.asked+`,"messages":[]}`)
				if !strings.Contains(body, tt.stop) || !strings.Contains(body, `_tokens":3`) || strings.Contains(body, "Weir:") {
					t.Errorf("got %s", body)
				}
			})
		})
	}
}

func TestStreams(t *testing.T) {
	for _, tt := range []struct{ path, body, end string }{
		{"/messages", strings.Replace(hello, "{", `{"stream":true,`, 1), "message_stop"},
		{"/chat/completions", `{"model":"m","stream":true,"messages":[]}`, "[DONE]"},
		{"/responses", `{"model":"m","stream":true,"input":"Hello"}`, `"type":"response.completed"`},
	} {
		t.Run(tt.path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newSandbox()
				start := time.Now()
				resp, body := call(t, s, tt.path, tt.body)
				took := time.Since(start)
				var split wire.Splitter
				var last string
				frames := 0
				err := split.Feed([]byte(body), func(f wire.Frame) {
					frames++
					last = string(f.Data)
					if last != "[DONE]" && !json.Valid(f.Data) {
						t.Errorf("frame %s", last)
					}
				})
				if err != nil || len(split.Rest()) > 0 || !strings.Contains(last, tt.end) || frames < 20 {
					t.Errorf("%d frames, the last %s, rest %q, %v", frames, last, split.Rest(), err)
				}
				if want := time.Duration(frames-1) * pace; took != want {
					t.Errorf("took %v, want %v for %d frames", took, want, frames)
				}
				if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") || resp.ContentLength != -1 {
					t.Errorf("header %v, length %d", resp.Header, resp.ContentLength)
				}
			})
		})
	}
}

func TestUsageInAChatStreamIsForThoseWhoAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newSandbox()
		_, without := call(t, s, "/chat/completions", `{"model":"m","stream":true,"messages":[]}`)
		_, with := call(t, s, "/chat/completions", `{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]}`)
		if strings.Contains(without, "usage") {
			t.Error("usage came unasked")
		}
		if !strings.Contains(with, `"choices":[],`) || !strings.Contains(with, `"usage":null`) || !strings.Contains(with, `"usage":{`) {
			t.Errorf("asked for usage, got %s", with)
		}
	})
}

func TestCountTokens(t *testing.T) {
	s, _ := newSandbox()
	_, body := call(t, s, "/messages/count_tokens", hello)
	var count struct {
		Input int64 `json:"input_tokens"`
	}
	if err := json.Unmarshal([]byte(body), &count); err != nil || count.Input < 1100 {
		t.Fatalf("got %s, %v", body, err)
	}
	_, body = call(t, s, "/messages", hello)
	if u := parse[messagesUse](t, body); u.Input+u.Written != count.Input {
		t.Errorf("a call used %+v, counted were %d", u, count.Input)
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name, path, body string
		status           int
		want             string
	}{
		{"an unknown path", "/embeddings", `{"model":"m"}`, 404, `{"error":{"code":null,"message":`},
		{"broken JSON", "/chat/completions", `{"model":`, 400, `{"error":{"code":null,"message":`},
		{"broken JSON in the other shape", "/messages", `{"model":`, 400, `{"error":{"message":`},
		{"no model", "/messages", `{}`, 400, `"type":"invalid_request_error"},"type":"error"}`},
		{"a limit that is no number", "/messages", `{"model":"m","max_tokens":[5]}`, 400, `"type":"error"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := newSandbox()
			resp, body := call(t, s, tt.path, tt.body)
			if resp.StatusCode != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("got %d %s, want %d with %s", resp.StatusCode, body, tt.status, tt.want)
			}
		})
	}
}

func TestAStreamEndsWithItsContext(t *testing.T) {
	s, _ := newSandbox()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sandbox.invalid/v1/messages", strings.NewReader(`{"model":"m","stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := resp.Body.Read(make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if _, err := s.RoundTrip(r); !errors.Is(err, context.Canceled) {
		t.Errorf("a request that is over: got %v, want %v", err, context.Canceled)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s, c := newSandbox()
	for i := range 2*maxSeen + 1 {
		var beginning [32]byte
		copy(beginning[:], fmt.Sprint(i))
		s.remember(beginning)
		c.t = c.t.Add(time.Millisecond)
	}
	if len(s.seen) > maxSeen {
		t.Errorf("%d beginnings are remembered, want at most %d", len(s.seen), maxSeen)
	}
}

func TestManyAtOnce(t *testing.T) {
	s, _ := newSandbox()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 20 {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://sandbox.invalid/v1/messages", strings.NewReader(hello))
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := s.RoundTrip(r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if _, body := call(t, s, "/messages", hello); parse[messagesUse](t, body).Read == 0 {
		t.Error("the cache was lost")
	}
}

// TestResponses: what Codex needs of an answer, and a cache that lasts from turn to turn.
func TestResponses(t *testing.T) {
	s, _ := newSandbox()
	const first = `{"model":"sandbox/gpt-5","instructions":"Be short.","input":[{"role":"developer","content":"Rules"}]}`
	type use struct {
		Input   int64 `json:"input_tokens"`
		Output  int64 `json:"output_tokens"`
		Total   int64 `json:"total_tokens"`
		Details struct {
			Cached int64 `json:"cached_tokens"`
		} `json:"input_tokens_details"`
	}
	_, body := call(t, s, "/responses", first)
	one := parse[use](t, body)
	if one.Details.Cached != 0 || one.Input < 1100 || one.Total != one.Input+one.Output || !strings.Contains(body, `"status":"completed"`) {
		t.Errorf("the first call: %s", body)
	}
	_, body = call(t, s, "/responses", strings.Replace(first, `}]`, `},{"role":"user","content":"More"}]`, 1))
	if two := parse[use](t, body); two.Details.Cached < 1100 || two.Input <= one.Input {
		t.Errorf("the second call used %+v, want it to read what the first wrote: %+v", two, one)
	}
	_, body = call(t, s, "/responses/input_tokens", first)
	var count struct {
		Input int64 `json:"input_tokens"`
	}
	if err := json.Unmarshal([]byte(body), &count); err != nil || count.Input != one.Input {
		t.Errorf("counted %s, %v, used %d", body, err, one.Input)
	}
}
