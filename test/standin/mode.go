package standin

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// modes are the names that a mode may carry; several are joined by "+".
var modes = []string{
	"ok", "echo", "blocked",
	// answers with a status
	"400", "401", "403", "404", "429", "500", "502", "503", "529",
	"html", "empty200", "captive", "redirect-steal", "refuse-stream-options",
	// shapes of a stream
	"crlf", "cr", "nospace", "bom", "split", "bigline", "ping-forever", "comment-every", "json-in-sse",
	// ends of a stream
	"response-failed", "response-failed-first", "response-incomplete",
	"sse-error-first", "sse-error-mid", "cut", "rst", "no-done", "no-stop", "stall",
	// what is reported as usage
	"no-usage", "usage-dup", "usage-every", "usage-decreasing", "usage-negative", "usage-huge", "usage-string",
	"usage-float", "usage-null", "usage-zero-in",
	// encodings and the connection
	"enc-nohdr", "slow-header", "close-before-headers",
}

// A Mode is one way to behave: names, and the parameters in, cached, cache_write, cache_1h, out, reasoning, chunks,
// delay, ttft, enc and those of each name.
type Mode struct {
	names  []string
	params url.Values
}

// ParseMode reads "name+name?key=value&key=value"; "enc=gzip" alone is a parameter. The empty mode is "ok".
func ParseMode(text string) (Mode, error) {
	head, query, _ := strings.Cut(text, "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		return Mode{}, fmt.Errorf("mode %q: %w", text, err)
	}
	m := Mode{params: params}
	for name := range strings.SplitSeq(head, "+") {
		if key, value, ok := strings.Cut(name, "="); ok {
			m.params.Set(key, value)
			continue
		}
		if name != "" && !slices.Contains(modes, name) {
			return Mode{}, fmt.Errorf("mode %q: %q is no mode of the stand-in", text, name)
		}
		m.names = append(m.names, name)
	}
	return m, nil
}

// Is tells whether the mode carries a name.
func (m Mode) Is(name string) bool { return slices.Contains(m.names, name) }

// Text returns a parameter, or def where it is absent.
func (m Mode) Text(key, def string) string {
	if m.params.Has(key) {
		return m.params.Get(key)
	}
	return def
}

// Int returns a parameter as a number, or def where it is absent or none.
func (m Mode) Int(key string, def int) int {
	n, err := strconv.Atoi(m.params.Get(key))
	if err != nil {
		return def
	}
	return n
}

// Wait returns a parameter as a span, written as "20ms" or as a number of milliseconds.
func (m Mode) Wait(key string, def time.Duration) time.Duration {
	text := m.params.Get(key)
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(n) * time.Millisecond
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return def
	}
	return d
}

// status returns the HTTP status that the mode's name is, or 0.
func (m Mode) status() int {
	for _, name := range m.names {
		if n, err := strconv.Atoi(name); err == nil {
			return n
		}
	}
	return 0
}

// Usage is what a reply reports, by disjoint meters: no token is in two of them, Reasoning excepted, which lies in Out.
type Usage struct {
	In           int64 `json:"in"`
	Cached       int64 `json:"cached"`
	CacheWrite   int64 `json:"cache_write"`
	CacheWrite1h int64 `json:"cache_1h"`
	Out          int64 `json:"out"`
	Reasoning    int64 `json:"reasoning"`
}

// usage returns what the mode's parameters say, 20 in and 10 out where they say nothing.
func (m Mode) usage() Usage {
	return Usage{
		In:           int64(m.Int("in", 20)),
		Cached:       int64(m.Int("cached", 0)),
		CacheWrite:   int64(m.Int("cache_write", 0)),
		CacheWrite1h: int64(m.Int("cache_1h", 0)),
		Out:          int64(m.Int("out", 10)),
		Reasoning:    int64(m.Int("reasoning", 0)),
	}
}

// Meters returns the usage under the names of the contract, absent where 0. The dialect is "openai" or "anthropic".
// The total is the sum of the disjoint input meters.
func (u Usage) Meters(dialect string) map[string]int64 {
	meters := map[string]int64{
		"input_tokens_total":    u.In + u.Cached + u.CacheWrite + u.CacheWrite1h,
		"input_tokens_uncached": u.In,
		"cache_read_tokens":     u.Cached,
		"output_tokens":         u.Out,
		"reasoning_tokens":      u.Reasoning,
	}
	if dialect == "anthropic" {
		delete(meters, "reasoning_tokens")
		meters["cache_write_5m_tokens"] = u.CacheWrite
		meters["cache_write_1h_tokens"] = u.CacheWrite1h
	} else {
		meters["cache_write_tokens_ttl_unknown"] = u.CacheWrite
	}
	for name, n := range meters {
		if n == 0 {
			delete(meters, name)
		}
	}
	return meters
}
