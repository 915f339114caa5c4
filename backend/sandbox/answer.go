package sandbox

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"weir/backend/wire"
)

const (
	// systemTokens is what an assistant's system prompt and tools would be worth. Every prompt
	// counts as if it had them, so that there is something to cache: vendors cache nothing
	// below 1,024 tokens.
	systemTokens = 1100
	cacheLife    = 5 * time.Minute
	maxSeen      = 4096
)

// ask is what the sandbox reads of a request.
type ask struct {
	Model         string          `json:"model"`
	Stream        bool            `json:"stream"`
	System        json.RawMessage `json:"system"`
	Messages      []message       `json:"messages"`
	MaxTokens     json.Number     `json:"max_tokens"`
	MaxCompletion json.Number     `json:"max_completion_tokens"`
	MaxOutput     json.Number     `json:"max_output_tokens"`
	Instructions  json.RawMessage `json:"instructions"`
	Input         json.RawMessage `json:"input"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

type message = json.RawMessage

// limit returns how many tokens may be answered.
func (q ask) limit() int {
	limit := len(words)
	for _, n := range []json.Number{q.MaxTokens, q.MaxCompletion, q.MaxOutput} {
		if v, err := strconv.Atoi(n.String()); err == nil && v > 0 {
			limit = min(limit, v)
		}
	}
	return limit
}

// beginning is the part of a prompt that a cache would hold: model, system prompt and first message.
func (q ask) beginning() []byte {
	b := append([]byte(q.Model+"\n"), q.System...)
	if len(q.Messages) > 0 {
		b = append(b, q.Messages[0]...)
	}
	return b
}

// answer is one reply with its usage, in no dialect yet.
type answer struct {
	id                   string
	at                   time.Time
	model                string
	words                []string
	fresh, read, written int64
	cut                  bool // max_tokens ended it
}

// answer makes the reply to a request. Its prompt counts as the system prompt that we pretend
// and the body's own tokens. Those of its beginning are written to the cache at first, then
// read from it; the others are fresh. Chat Completions reports writes only for models that
// charge for them; for the others a first call is all fresh.
func (s *Sandbox) answer(sh shape, q ask, body []byte) answer {
	beginning := q.beginning()
	total := systemTokens + wire.EstimateTokens(body)
	cached := min(total, systemTokens+wire.EstimateTokens(beginning))
	limit := q.limit()
	a := answer{model: q.Model, words: words[:limit], cut: limit < len(words), fresh: total - cached}
	var hit bool
	a.id, a.at, hit = s.remember(sha256.Sum256(beginning))
	switch {
	case hit:
		a.read = cached
	case sh == anthropic || writesCost(q.Model):
		a.written = cached
	default:
		a.fresh = total
	}
	return a
}

// remember notes that a beginning was used now and reports whether a cache still held it.
func (s *Sandbox) remember(beginning [32]byte) (id string, at time.Time, hit bool) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	last, ok := s.seen[beginning]
	if !ok && len(s.seen) >= maxSeen {
		s.forget(now)
	}
	s.seen[beginning] = now
	s.next++
	return fmt.Sprintf("sandbox_%06d", s.next), now, ok && now.Sub(last) < cacheLife
}

// forget drops what has expired; where nothing has, all of it.
func (s *Sandbox) forget(now time.Time) {
	for k, last := range s.seen {
		if now.Sub(last) >= cacheLife {
			delete(s.seen, k)
		}
	}
	if len(s.seen) >= maxSeen {
		clear(s.seen)
	}
}

// writesCost reports whether OpenAI charges for this model's cache writes: it does since
// gpt-5.6, and reports cache_write_tokens for no earlier one.
func writesCost(model string) bool {
	version, ok := strings.CutPrefix(model[strings.LastIndex(model, "/")+1:], "gpt-")
	if !ok {
		return false
	}
	version, _, _ = strings.Cut(version, "-")
	major, minor, _ := strings.Cut(version, ".")
	x, err := strconv.Atoi(major)
	if err != nil {
		return false
	}
	y, err := strconv.Atoi(minor)
	return x > 5 || x == 5 && err == nil && y >= 6
}
