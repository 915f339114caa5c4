package relay

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"weir/backend/gateway"
)

// BenchmarkForward is one JSON call after the other with the whole ledger on, clients and
// upstream in the same process.
func BenchmarkForward(b *testing.B) {
	for _, tt := range []struct {
		name, dialect string
		prompt        int
	}{{"openai-chat", "openai-chat", 10}, {"anthropic", "anthropic", 10}, {"1 MB prompt", "anthropic", 80_000}} {
		b.Run(tt.name, func(b *testing.B) {
			dialect := tt.dialect
			h := build(b)
			up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"model":"x","usage":{"input_tokens":20,"output_tokens":10,"prompt_tokens":20,"completion_tokens":10,"total_tokens":30}}`))
			}))
			defer up.Close()
			h.channel(dialect, func(c *gateway.Channel) { c.BaseURL = up.URL })
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
			body := []byte(strings.Replace(bodyFor(dialect, false), "Grüße", strings.Repeat("lorem ipsum\\n", tt.prompt), 1))
			b.SetParallelism(16)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					req, err := http.NewRequest(http.MethodPost, h.url+paths[dialect], bytes.NewReader(body))
					if err != nil {
						b.Error(err)
						return
					}
					req.Header.Set("X-Api-Key", h.secret)
					req.Header.Set("Authorization", "Bearer "+h.secret)
					resp, err := client.Do(req)
					if err != nil || resp.StatusCode != http.StatusOK {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
		})
	}
}
