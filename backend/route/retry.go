package route

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// longestAdvice is the most that an upstream's advice to wait counts for.
const longestAdvice = time.Hour

// RetryAfter is how long an upstream that refuses a call asks to be left alone, zero where it
// does not say. In this order: retry-after-ms and retry-after, as the clients of OpenAI and
// Anthropic read them (https://github.com/openai/openai-python, _base_client.py, read
// 2026-11); the resets of limits that are used up; Google's RetryInfo
// (https://cloud.google.com/apis/design/errors, read 2026-11) and OpenAI's sentence in the
// body. body is an error's beginning.
func RetryAfter(h http.Header, body []byte, now time.Time) time.Duration {
	for _, wait := range []time.Duration{header(h, now), resets(h, now), retryInfo(body), sentence(body)} {
		if wait > 0 {
			return min(wait, longestAdvice)
		}
	}
	return 0
}

// header reads Retry-After: seconds, fractions of them, or a date. The other, in milliseconds,
// is OpenAI's.
func header(h http.Header, now time.Time) time.Duration {
	if ms := number(h.Get("Retry-After-Ms"), time.Millisecond); ms > 0 {
		return ms
	}
	text := strings.TrimSpace(h.Get("Retry-After"))
	if wait := span(text); wait > 0 {
		return wait
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(now)
	}
	return 0
}

// rateLimits are the pairs of headers that say what is left of a limit and when it is whole
// again: OpenAI's and Groq's ("6m0s"), Anthropic's (a time), OpenRouter's (epoch milliseconds)
// and those of the IETF's draft (seconds).
// https://platform.openai.com/docs/guides/rate-limits, https://docs.claude.com/en/api/rate-limits,
// https://openrouter.ai/docs/api-reference/limits, read 2026-11.
var rateLimits = []struct{ left, reset string }{
	{"X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests"},
	{"X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Tokens"},
	{"Anthropic-Ratelimit-Requests-Remaining", "Anthropic-Ratelimit-Requests-Reset"},
	{"Anthropic-Ratelimit-Tokens-Remaining", "Anthropic-Ratelimit-Tokens-Reset"},
	{"Anthropic-Ratelimit-Input-Tokens-Remaining", "Anthropic-Ratelimit-Input-Tokens-Reset"},
	{"Anthropic-Ratelimit-Output-Tokens-Remaining", "Anthropic-Ratelimit-Output-Tokens-Reset"},
	{"X-Ratelimit-Remaining", "X-Ratelimit-Reset"},
	{"Ratelimit-Remaining", "Ratelimit-Reset"},
}

// resets is when the last of the limits is whole again that are used up. Where none says that
// it is, the first that becomes whole counts: a call can be too large for what is left.
func resets(h http.Header, now time.Time) time.Duration {
	var used, least time.Duration
	for _, l := range rateLimits {
		wait := reset(h.Get(l.reset), now)
		if wait <= 0 {
			continue
		}
		if h.Get(l.left) == "0" {
			used = max(used, wait)
		}
		if least == 0 || wait < least {
			least = wait
		}
	}
	if used > 0 {
		return used
	}
	return least
}

// reset reads one reset: a span, a time, or a number that is an instant when it is large.
func reset(text string, now time.Time) time.Duration {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.Sub(now)
	}
	switch n, err := strconv.ParseInt(text, 10, 64); {
	case err != nil:
	case n > 1e11:
		return time.UnixMilli(n).Sub(now)
	case n > 1e8:
		return time.Unix(n, 0).Sub(now)
	}
	return span(text)
}

// span reads a length of time: seconds, or Go's form ("6m0s", "8.64s", "120ms"), with days.
func span(text string) time.Duration {
	if s := number(text, time.Second); s > 0 {
		return s
	}
	days := time.Duration(0)
	if before, rest, ok := strings.Cut(text, "d"); ok {
		if days = number(before, 24*time.Hour); days == 0 {
			return 0
		}
		if text = rest; text == "" {
			return days
		}
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait < 0 {
		return 0
	}
	return days + wait
}

// number reads how many of a unit a text is, 0 where it is none or beyond all use.
func number(text string, unit time.Duration) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(n > 0) || n > 1e9 {
		return 0
	}
	return time.Duration(min(n*float64(unit), float64(24*longestAdvice)))
}

// retryInfo reads the RetryInfo in the details of one of Google's errors, which come alone or
// in a list.
func retryInfo(body []byte) time.Duration {
	if !bytes.Contains(body, []byte("google.rpc.RetryInfo")) {
		return 0
	}
	type failure struct {
		Error struct {
			Details []struct {
				Type  string `json:"@type"`
				Delay string `json:"retryDelay"`
			} `json:"details"`
		} `json:"error"`
	}
	all := make([]failure, 1)
	if json.Unmarshal(body, &all[0]) != nil && json.Unmarshal(body, &all) != nil {
		return 0
	}
	for _, f := range all {
		for _, d := range f.Error.Details {
			if strings.HasSuffix(d.Type, "google.rpc.RetryInfo") {
				return span(d.Delay)
			}
		}
	}
	return 0
}

// tryAgain finds what OpenAI writes, and others after it: "Please try again in 6m0s."
var tryAgain = regexp.MustCompile(`(?i)(?:try again|retry) (?:in|after) ((?:[0-9]+(?:\.[0-9]+)?(?:ms|d|h|m|s))+|[0-9]+(?:\.[0-9]+)? ?(?:s\b|seconds?))`)

func sentence(body []byte) time.Duration {
	m := tryAgain.FindSubmatch(body)
	if m == nil {
		return 0
	}
	text := string(m[1])
	if i := strings.Index(text, " "); i >= 0 {
		text = text[:i] // "20 seconds"
	}
	return span(strings.TrimSuffix(strings.TrimSuffix(text, "seconds"), "second"))
}
