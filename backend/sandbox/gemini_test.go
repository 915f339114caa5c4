package sandbox

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
)

const (
	flash = "/models/sandbox/gemini-2.5-flash:"
	hi    = `{"contents":[{"role":"user","parts":[{"text":"Hello"}]}],"generationConfig":{"maxOutputTokens":5}}`
)

// generated is what a test reads of Gemini's shape.
type generated struct {
	Candidates []struct {
		Content      struct{ Parts []struct{ Text string } }
		FinishReason string
	}
	UsageMetadata struct {
		PromptTokenCount, CachedContentTokenCount, CandidatesTokenCount, TotalTokenCount int64
	}
}

func TestGemini(t *testing.T) {
	s, _ := newSandbox()
	var first, second generated
	for _, one := range []*generated{&first, &second} {
		resp, body := call(t, s, flash+"generateContent", hi)
		if err := json.Unmarshal([]byte(body), one); err != nil || resp.StatusCode != 200 {
			t.Fatalf("got %d %s, %v", resp.StatusCode, body, err)
		}
	}
	u, c := first.UsageMetadata, first.Candidates[0]
	if u.PromptTokenCount < 1100 || u.CachedContentTokenCount != 0 || u.CandidatesTokenCount != 5 || u.TotalTokenCount != u.PromptTokenCount+5 || c.FinishReason != "MAX_TOKENS" || c.Content.Parts[0].Text == "" {
		t.Errorf("the first call: %+v", first)
	}
	if u := second.UsageMetadata; u.CachedContentTokenCount < 1100 || u.CachedContentTokenCount > u.PromptTokenCount {
		t.Errorf("the second call did not read what the first wrote: %+v", u)
	}
	if _, body := call(t, s, flash+"countTokens", hi); !strings.HasPrefix(body, `{"totalTokens":1`) {
		t.Errorf("the count: %s", body)
	}
	if resp, body := call(t, s, flash+"generateContent", `{"contents":`); resp.StatusCode != 400 || !strings.Contains(body, `"status":"INVALID_ARGUMENT"`) {
		t.Errorf("broken JSON: %d %s", resp.StatusCode, body)
	}
	if resp, _ := call(t, s, flash+"embedContent", `{}`); resp.StatusCode != 404 {
		t.Errorf("a method that the sandbox has not: %d", resp.StatusCode)
	}
}

func TestGeminiStreams(t *testing.T) {
	for _, tt := range []struct {
		name, query, kind string
		replies           func(body string) []string
	}{
		{"as events", "?alt=sse", "text/event-stream", func(body string) []string {
			return strings.Split(strings.TrimSuffix(strings.ReplaceAll(body, "data: ", ""), "\n\n"), "\n\n")
		}},
		{"as one array", "", "application/json", func(body string) (out []string) {
			var list []json.RawMessage
			if err := json.Unmarshal([]byte(body), &list); err != nil {
				t.Errorf("%s: %v", body, err)
			}
			for _, one := range list {
				out = append(out, string(one))
			}
			return out
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newSandbox()
				resp, body := call(t, s, flash+"streamGenerateContent"+tt.query, strings.Replace(hi, "5", "500", 1))
				text, last := "", generated{}
				for _, one := range tt.replies(body) {
					last = generated{}
					if err := json.Unmarshal([]byte(one), &last); err != nil {
						t.Fatalf("%q: %v", one, err)
					}
					text += last.Candidates[0].Content.Parts[0].Text
				}
				if !strings.HasPrefix(resp.Header.Get("Content-Type"), tt.kind) || !strings.Contains(text, "sandbox of Weir") || last.Candidates[0].FinishReason != "STOP" || int(last.UsageMetadata.CandidatesTokenCount) != len(words) {
					t.Errorf("%v: %q, the last %+v", resp.Header, text, last)
				}
			})
		})
	}
}
