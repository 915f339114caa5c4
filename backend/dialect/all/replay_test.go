package all

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/backend/dialect"
	"weir/backend/wire"
	"weir/billing"
)

// TestReplies reads each reply in testdata as the relay does, whatever pieces it comes in.
func TestReplies(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			parts := archive(t, file)
			d := named(t, strings.TrimSpace(parts["dialect"]))
			endpoint := strings.TrimSpace(parts["endpoint"])
			want := fmt.Sprintf("%s\nwritten %s\nusage %s\n", strings.TrimSpace(parts["marks"]),
				strings.TrimSpace(parts["written"]), strings.TrimSpace(parts["usage"]))
			for step := 1; step < 200; step += 1 + step/8 {
				if got := read(t, d, endpoint, []byte(parts["reply"]), func() int { return step }); got != want {
					t.Fatalf("in pieces of %d: got\n%s\nwant\n%s", step, got, want)
				}
			}
		})
	}
}

// A splitter is one of wire's two.
type splitter interface {
	Feed(p []byte, yield func(wire.Frame)) error
	Rest() []byte
}

// read replays a reply in pieces and tells what was seen in it, one line for each frame.
func read(t *testing.T, d dialect.Dialect, endpoint string, reply []byte, step func() int) string {
	t.Helper()
	var s splitter = &wire.Splitter{}
	if reply[0] == '[' {
		s = &wire.ArraySplitter{}
	}
	tally := billing.NewTally(endpoint)
	written := 0
	var out, raw strings.Builder
	if reply[0] == '{' {
		tally.Observe(reply)
		return fmt.Sprintf("\nwritten %d\nusage %s\n", d.OutputBytes(wire.Frame{Data: reply, HasData: true}), tally.Raw())
	}
	for rest := reply; len(rest) > 0; {
		n := min(step(), len(rest))
		err := s.Feed(rest[:n], func(f wire.Frame) {
			raw.Write(f.Raw)
			m := d.Mark(f)
			if m.Has(dialect.Usage) {
				tally.Observe(f.Data)
			}
			written += d.OutputBytes(f)
			out.WriteString(words(m) + "\n")
		})
		if err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if raw.String()+string(s.Rest()) != string(reply) {
		t.Fatalf("the bytes of the frames are not those of the reply")
	}
	return fmt.Sprintf("%swritten %d\nusage %s\n", out.String(), written, tally.Raw())
}

// words names the bits of a mark.
func words(m dialect.Mark) string {
	var out []string
	for i, w := range []string{"data", "usage", "only", "finish", "end", "fault"} {
		if m.Has(1 << i) {
			out = append(out, w)
		}
	}
	if out == nil {
		return "nothing"
	}
	return strings.Join(out, " ")
}

func named(t *testing.T, name string) dialect.Dialect {
	t.Helper()
	for _, d := range All() {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("no dialect %q", name)
	return dialect.Dialect{}
}

// archive reads a txtar file: sections that each begin with a line "-- name --".
func archive(t *testing.T, file string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	name := ""
	for line := range strings.Lines(string(b)) {
		if head, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(line, " --\n") {
			name = strings.TrimSuffix(head, " --\n")
			continue
		}
		parts[name] += line
	}
	return parts
}

// TestRecordings replays recorded replies, where they are at hand, and compares with a
// decoding of each frame that takes no short cut.
func TestRecordings(t *testing.T) {
	for _, tt := range []struct{ pattern, dialect, endpoint string }{
		{"*-chat-*.json", "openai-chat", "chat/completions"},
		{"*-responses-*.json", "responses", "responses"},
		{"anthropic-messages-*.json", "anthropic", "messages"},
		{"gemini-generate-json-*.json", "gemini", "generateContent"},
		{"gemini-generate-stream-*.json", "gemini", "streamGenerateContent"},
		{"vertex-generate-stream-*.json", "gemini", "streamGenerateContent"},
	} {
		for _, file := range recordings(t, tt.pattern) {
			name := filepath.Base(file)
			if strings.HasPrefix(name, "cohere") {
				continue // its chat is another dialect
			}
			t.Run(name, func(t *testing.T) {
				d := named(t, tt.dialect)
				body := recorded(t, file)
				rnd := rand.New(rand.NewPCG(1, 2))
				whole := read(t, d, tt.endpoint, body, func() int { return len(body) })
				for range 20 {
					if cut := read(t, d, tt.endpoint, body, func() int { return 1 + rnd.IntN(300) }); cut != whole {
						t.Fatalf("in pieces: got\n%s\nwant\n%s", cut, whole)
					}
				}
				tally := billing.NewTally(tt.endpoint)
				for _, data := range payloads(body) {
					tally.Observe(data)
				}
				if want := fmt.Sprintf("usage %s\n", tally.Raw()); !strings.HasSuffix(whole, want) || tally.Raw() == nil {
					t.Errorf("got\n%s\nwant it to end in\n%s", whole, want)
				}
				for _, number := range reported[name] {
					if !strings.Contains(string(tally.Raw()), number) {
						t.Errorf("got usage %s, want it to have %s", tally.Raw(), number)
					}
				}
				if bytes.HasPrefix(body, []byte("{")) {
					return
				}
				if d.Name == "anthropic" && !strings.Contains(whole, "data usage finish\nend\n") ||
					d.Name == "responses" && !strings.Contains(whole, "data\nusage finish end\n") ||
					(d.Name == "openai-chat" || d.Name == "gemini") && !strings.Contains(whole, "finish\n") {
					t.Errorf("no end was seen in\n%s", whole)
				}
			})
		}
	}
}

// payloads returns each data payload of a reply in a plain way: recordings have LF lines.
func payloads(body []byte) [][]byte {
	if body[0] == '{' {
		return [][]byte{body}
	}
	var out [][]byte
	for line := range bytes.Lines(body) {
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			out = append(out, bytes.TrimSpace(data))
		}
	}
	return out
}

// reported are numbers that the recordings' last words on their usage hold.
var reported = map[string][]string{
	"openai-chat-json-2.json":          {`"prompt_tokens": 4020`, `"cached_tokens": 4012`, `"completion_tokens": 4`},
	"openai-chat-json-4.json":          {`"audio_tokens": 44`},
	"openai-chat-stream-2.json":        {`"prompt_tokens":364`, `"completion_tokens":40`},
	"openai-responses-json-1.json":     {`"input_tokens": 4020`, `"cache_write_tokens": 4012`, `"output_tokens": 5`},
	"openai-responses-stream-2.json":   {`"input_tokens":7112`, `"cached_tokens":3072`, `"output_tokens":463`},
	"azure-responses-stream-1.json":    {`"input_tokens":2143`, `"reasoning_tokens":576`},
	"openrouter-responses-json-1.json": {`"cost": 0.025265`},
	"gemini-generate-json-4.json":      {`"promptTokenCount": 32`, `"toolUsePromptTokenCount": 2395`, `"thoughtsTokenCount": 47`},
	"gemini-generate-stream-2.json":    {`"promptTokenCount": 147`, `"candidatesTokenCount": 108`, `"toolUsePromptTokenCount": 360`},
	"vertex-generate-stream-1.json":    {`"trafficType": "ON_DEMAND_FLEX"`, `"thoughtsTokenCount": 100`},
	"anthropic-messages-json-2.json":   {`"ephemeral_5m_input_tokens": 418`, `"cache_read_input_tokens": 1111`, `"input_tokens": 3`, `"output_tokens": 33`},
	"anthropic-messages-stream-2.json": {`"input_tokens":2068`, `"input_tokens":22397`, `"output_tokens":637`, `"web_search_requests":2`},
	"anthropic-messages-stream-4.json": {`"input_tokens":4`, `"cache_read_input_tokens":1165`, `"output_tokens":221`},
	"anthropic-messages-stream-6.json": {`"ephemeral_5m_input_tokens":3068`},
	"anthropic-messages-stream-8.json": {`"input_tokens":43`, `"input_tokens":61`, `"output_tokens":2`},
}

func recordings(t *testing.T, pattern string) []string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	files, err := filepath.Glob(filepath.Join(dir, "..", "shared", "cassettes", pattern))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func recorded(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Response struct {
			Body string `json:"body"`
		} `json:"response"`
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return []byte(r.Response.Body)
}
