package openai

import (
	"net/http"
	"strings"
	"testing"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/wire"
)

func TestRoute(t *testing.T) {
	d := Dialect()
	for _, tt := range []struct {
		name, method, path string
		op                 gateway.Op
		model, allow       string
	}{
		{"embeddings", "POST", "/embeddings", gateway.Embeddings, "", "POST"},
		{"the path may name the model", "POST", "/engines/text%2Fa/embeddings", gateway.Embeddings, "text/a", "POST"},
		{"of engines only embeddings", "POST", "/engines/a/search", "", "", ""},
		{"a path that only looks alike", "POST", "/engines/a/b/embeddings", "", "", ""},
		{"no model", "POST", "/engines//embeddings", "", "", ""},
		{"a model that leads up", "POST", "/engines/../embeddings", "", "", ""},
		{"in disguise", "POST", "/engines/%2e%2e/embeddings", "", "", ""},
		{"from inside", "POST", "/engines/..%2F..%2Fx/embeddings", "", "", ""},
		{"one that is a query", "POST", "/engines/a%3Fb/embeddings", "", "", ""},
		{"another method", "GET", "/images/edits", "", "", "POST"},
		{"another method of an engine", "GET", "/engines/a/embeddings", "", "", "POST"},
		{"transcripts", "POST", "/audio/transcriptions", gateway.Transcription, "", "POST"},
		{"nothing", "POST", "/audio", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, allow := d.Route(tt.method, tt.path)
			if r.Op != tt.op || r.Model != tt.model || allow != tt.allow {
				t.Errorf("got %+v, %q", r, allow)
			}
		})
	}
}

const kind = "multipart/form-data; boundary=cut"

func part(head, value string) string {
	return "--cut\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + value + "\r\n"
}

func TestAsk(t *testing.T) {
	sound := part(`name="file"; filename="a"`, strings.Repeat("\x00", 8000))
	for _, tt := range []struct {
		name string
		op   gateway.Op
		body string
		want dialect.Ask
	}{
		{"completions are answers of tokens", gateway.Completions, `{"model":"m","stream":true,"max_tokens":7,"n":2,"best_of":3}`, dialect.Ask{Model: "m", Stream: true, MaxOutput: 7, N: 3}},
		{"embeddings answer with no tokens", gateway.Embeddings, `{"model":"m","n":3}`, dialect.Ask{Model: "m"}},
		{"a moderation needs no model", gateway.Moderation, `{"input":"a"}`, dialect.Ask{Model: "omni-moderation-latest"}},
		{"images are held at the dearest quality", gateway.Images, `{"model":"m","n":2}`, dialect.Ask{Model: "m", Extra: dialect.Extra{Output: 2 * 6240}}},
		{"images are held at the quality that is asked for", gateway.Images, `{"model":"m","quality":"low","partial_images":3}`, dialect.Ask{Model: "m", Extra: dialect.Extra{Output: 708}}},
		{"images that are sent along", gateway.Images, part(`name=model`, "m") + sound + part(`name=quality`, "medium") + sound + "--cut--", dialect.Ask{Model: "m", Extra: dialect.Extra{Input: 14000, Output: 1584}}},
		{"speech is held by its text", gateway.Speech, `{"model":"m","input":"Hello","stream_format":"sse"}`, dialect.Ask{Model: "m", Stream: true, Extra: dialect.Extra{Output: 10}}},
		{"a recording is held by its length", gateway.Transcription, part(`name="stream"`, "true") + sound + part(`name="model"`, "m") + "--cut--", dialect.Ask{Model: "m", Stream: true, Extra: dialect.Extra{Input: 51, Output: 12, Seconds: 3}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := dialect.Request{Route: dialect.Route{Op: tt.op}, ContentType: "application/json", Body: []byte(tt.body)}
			if strings.HasPrefix(tt.body, "--cut") {
				r.ContentType = kind
			}
			got, e := ask(r)
			if e != nil {
				t.Fatal(e)
			}
			if got.Model != tt.want.Model || got.Stream != tt.want.Stream || got.N != tt.want.N || got.MaxOutput != tt.want.MaxOutput || got.Extra != tt.want.Extra {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if tokens := got.Input(r.Body); tokens > got.Extra.Input+200 {
				t.Errorf("%d tokens of input: the file is no text", tokens)
			}
			if renamed := string(got.Rename(r.Body, "other")); tt.op != gateway.Moderation && !strings.Contains(renamed, "other") {
				t.Errorf("renamed to %q", renamed)
			}
		})
	}
}

func TestAskRefuses(t *testing.T) {
	for _, tt := range []struct{ name, path, body, field string }{
		{"images without a model", "/images/generations", `{"prompt":"a"}`, "model"},
		{"a model of its own beside the path's", "/engines/a/embeddings", `{"model":"b"}`, "model"},
		{"a stream that is neither", "/images/edits", part(`name="model"`, "m") + part("name=stream", "maybe") + "--cut--", "stream"},
		{"two models in a form", "/audio/translations", part(`name="model"`, "m") + part("name=Model", "n") + "--cut--", "model"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			route, _ := Dialect().Route(http.MethodPost, tt.path)
			r := dialect.Request{Route: route, Body: []byte(tt.body)}
			if strings.HasPrefix(tt.body, "--cut") {
				r.ContentType = kind
			}
			if _, e := ask(r); e == nil || e.Kind != gateway.Invalid || e.Field != tt.field {
				t.Errorf("got %v", e)
			}
		})
	}
}

func TestMark(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		want       dialect.Mark
		bytes      int
	}{
		{"a piece of a completion", `{"choices":[{"text":"weir","finish_reason":null}],"usage":null}`, dialect.Data, 4},
		{"the end of one", `{"choices":[{"text":"","finish_reason":"stop"}]}`, dialect.Data | dialect.Finish, 0},
		{"the usage that was asked for", `{"choices":[ ],"usage":{"prompt_tokens":1}}`, dialect.Usage | dialect.OnlyUsage, 0},
		{"done", `[DONE]`, dialect.End, 0},
		{"a partial image", `{"type":"image_generation.partial_image","b64_json":"aW0="}`, dialect.Data, 0},
		{"an image is followed by others", `{"type":"image_generation.completed","b64_json":"aW0=","usage":{"input_tokens":1}}`, dialect.Data | dialect.Usage | dialect.Finish, 0},
		{"a transcript's piece", `{"type":"transcript.text.delta","delta":"weir"}`, dialect.Data, 4},
		{"a transcript's end repeats the text", `{"type":"transcript.text.done","text":"weir","usage":{"type":"tokens"}}`, dialect.Data | dialect.Usage | dialect.Finish | dialect.End, 0},
		{"sound is no text", `{"type":"speech.audio.delta","audio":"aaaa"}`, dialect.Data, 0},
		{"an error", `{"type":"error","error":{"message":"no"}}`, dialect.Fault, 0},
		{"a text of the name is no end", `{"type":"transcript.text.delta","delta":"\"type\":\"transcript.text.done\""}`, dialect.Data, 29},
		{"what cannot be read", `{"type":`, dialect.Data, 0},
		{"nothing", ``, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := wire.Frame{Data: []byte(tt.data), HasData: true}
			if got := mark(f); got != tt.want {
				t.Errorf("mark = %b, want %b", got, tt.want)
			}
			if got := outputBytes(f); got != tt.bytes {
				t.Errorf("bytes = %d, want %d", got, tt.bytes)
			}
		})
	}
}

func FuzzMark(f *testing.F) {
	f.Add([]byte(`{"type":"transcript.text.done","text":"weir","usage":{"type":"tokens"},"choices":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame := wire.Frame{Data: data, HasData: true}
		if m := mark(frame); m.Has(dialect.OnlyUsage) && !m.Has(dialect.Usage) {
			t.Fatalf("%q is only usage and holds none", data)
		}
		if n := outputBytes(frame); n < 0 || n > 2*len(data) {
			t.Fatalf("%d bytes of text in %q", n, data)
		}
	})
}
