package route

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		header map[string]string
		body   string
		want   time.Duration
	}{
		{"nothing is said", nil, ``, 0},
		{"seconds", map[string]string{"Retry-After": "20"}, ``, 20 * time.Second},
		{"fractions of them", map[string]string{"Retry-After": "1.5"}, ``, 1500 * time.Millisecond},
		{"a date", map[string]string{"Retry-After": "Sun, 22 Nov 2026 05:00:30 GMT"}, ``, 30 * time.Second},
		{"a date in RFC 850's form", map[string]string{"Retry-After": "Sunday, 22-Nov-26 05:00:30 GMT"}, ``, 30 * time.Second},
		{"a date that is over", map[string]string{"Retry-After": "Sun, 22 Nov 2026 04:00:00 GMT"}, ``, 0},
		{"milliseconds come before seconds", map[string]string{"Retry-After-Ms": "250.5", "Retry-After": "9"}, ``, 250500 * time.Microsecond},
		{"a span with units", map[string]string{"Retry-After": "6m0s"}, ``, 6 * time.Minute},
		{"no more than an hour counts", map[string]string{"Retry-After": "86400"}, ``, time.Hour},
		{"nor does a day", map[string]string{"Retry-After": "1d"}, ``, time.Hour},
		{"less than nothing is nothing", map[string]string{"Retry-After": "-5"}, ``, 0},
		{"no number is nothing", map[string]string{"Retry-After": "NaN"}, ``, 0},
		{"soon is nothing", map[string]string{"Retry-After": "soon"}, ``, 0},
		{"without end is nothing", map[string]string{"Retry-After": "1e300"}, ``, 0},
		{"the reset of the limit that is used up", map[string]string{"X-Ratelimit-Remaining-Requests": "59", "X-Ratelimit-Reset-Requests": "1s",
			"X-Ratelimit-Remaining-Tokens": "0", "X-Ratelimit-Reset-Tokens": "6m0s"}, ``, 6 * time.Minute},
		{"of several that are, the last", map[string]string{"X-Ratelimit-Remaining-Requests": "0", "X-Ratelimit-Reset-Requests": "2m59.56s",
			"X-Ratelimit-Remaining-Tokens": "0", "X-Ratelimit-Reset-Tokens": "120ms"}, ``, 179560 * time.Millisecond},
		{"where none is, the first", map[string]string{"X-Ratelimit-Remaining-Tokens": "100", "X-Ratelimit-Reset-Tokens": "8.64s", "X-Ratelimit-Reset-Requests": "1d2h"}, ``, 8640 * time.Millisecond},
		{"an explicit advice comes before resets", map[string]string{"Retry-After": "3", "X-Ratelimit-Reset-Tokens": "6m0s"}, ``, 3 * time.Second},
		{"a reset as a time", map[string]string{"Anthropic-Ratelimit-Input-Tokens-Remaining": "0", "Anthropic-Ratelimit-Input-Tokens-Reset": "2026-11-22T05:00:45Z"}, ``, 45 * time.Second},
		{"a reset as milliseconds of the epoch", map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "1795323660000"}, ``, time.Minute},
		{"a reset as seconds of the epoch", map[string]string{"X-Ratelimit-Reset": "1795323660"}, ``, time.Minute},
		{"a reset as seconds", map[string]string{"Ratelimit-Reset": "17"}, ``, 17 * time.Second},
		{"Google's RetryInfo", nil, `{"error":{"code":429,"details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"36.5s"}]}}`, 36500 * time.Millisecond},
		{"in a list too", nil, `[{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"7s"}]}}]`, 7 * time.Second},
		{"a RetryInfo that was cut", nil, `{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDel`, 0},
		{"OpenAI's sentence", nil, `{"error":{"message":"Rate limit reached for gpt-5. Limit 3, Used 3. Please try again in 20s. Visit …"}}`, 20 * time.Second},
		{"with minutes", nil, `{"error":{"message":"Please try again in 6m0s."}}`, 6 * time.Minute},
		{"with a fraction", nil, `{"error":{"message":"Please try again in 1.242s."}}`, 1242 * time.Millisecond},
		{"with milliseconds", nil, `{"error":{"message":"Please try again in 320ms."}}`, 320 * time.Millisecond},
		{"in words", nil, `{"error":{"message":"Please retry after 20 seconds."}}`, 20 * time.Second},
		{"a sentence without a number", nil, `{"error":{"message":"Please try again in a moment."}}`, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			for name, value := range tt.header {
				h.Set(name, value)
			}
			if got := RetryAfter(h, []byte(tt.body), now); got != tt.want {
				t.Errorf("RetryAfter(%v, %s) = %s, want %s", tt.header, tt.body, got, tt.want)
			}
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("6m0s", `{"error":{"message":"try again in 1.5s"}}`)
	f.Fuzz(func(t *testing.T, text, body string) {
		h := http.Header{"Retry-After": {text}, "X-Ratelimit-Reset-Tokens": {text}}
		if got := RetryAfter(h, []byte(body), time.Unix(1_795_323_600, 0)); got < 0 || got > longestAdvice {
			t.Errorf("RetryAfter(%q, %q) = %s", text, body, got)
		}
	})
}
