package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"

	"weir/test/standin"
)

// A call is what a worker sent and read.
type call struct {
	nonce   string
	key     key
	dialect string // openai, anthropic
	model   string
	stream  bool
	mode    string // of the stand-in
	usage   standin.Usage
	leave   bool // the worker leaves after the first bytes

	id     string // x-weir-call
	status int
	ended  bool // the worker read the end of the answer
}

// calls are what was sent in one round, by nonce.
type calls map[string]*call

// acked counts the answers of the model that were read to their end.
func (c calls) acked() int {
	n := 0
	for _, one := range c {
		if one.acked() {
			n++
		}
	}
	return n
}

// acked tells whether the ledger must have the call settled exactly.
func (c *call) acked() bool { return c.ended && c.status == http.StatusOK && c.mode == "ok" }

// manners are how the upstream behaves, each with its weight in a hundred.
var manners = []struct {
	mode   string
	weight int
}{{"ok", 80}, {"429", 3}, {"500", 3}, {"cut", 5}, {"no-usage", 4}, {"sse-error-mid", 3}, {"close-before-headers", 2}}

// work sends calls one after the other until the context ends.
func (s *stage) work(ctx context.Context, relay, name string, random *rand.Rand) []*call {
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	var sent []*call
	for i := 0; ctx.Err() == nil; i++ {
		c := s.invent(fmt.Sprintf("%s-%d", name, i), random)
		sent = append(sent, c)
		if err := c.send(ctx, transport, relay); err != nil && c.status == 0 && c.mode != "close-before-headers" {
			<-ctx.Done() // the program is gone: nothing that is sent now arrives
		}
	}
	return sent
}

// invent draws a call.
func (s *stage) invent(nonce string, random *rand.Rand) *call {
	c := &call{
		nonce: nonce, key: s.keys[random.IntN(len(s.keys))], stream: random.IntN(2) == 0, leave: random.IntN(25) == 0,
		usage: standin.Usage{In: 1 + random.Int64N(5000), Cached: random.Int64N(3) * 1024, Out: 1 + random.Int64N(900)},
	}
	c.dialect, c.model = "openai", "gpt-4o"
	if random.IntN(2) == 0 {
		c.dialect, c.model = "anthropic", "claude-sonnet-4-5"
		c.usage.CacheWrite, c.usage.CacheWrite1h = random.Int64N(2)*512, random.Int64N(2)*256
	}
	draw := random.IntN(100)
	for _, m := range manners {
		if draw -= m.weight; draw < 0 {
			c.mode = m.mode
			break
		}
	}
	return c
}

// manner is how the stand-in is told to behave; "n" makes it this call's own.
func (c *call) manner() string {
	pace := ""
	if c.stream {
		pace = "&chunks=6&delay=2ms"
	}
	return fmt.Sprintf("chaos:%s?n=%s&in=%d&cached=%d&cache_write=%d&cache_1h=%d&out=%d%s", c.mode, c.nonce,
		c.usage.In, c.usage.Cached, c.usage.CacheWrite, c.usage.CacheWrite1h, c.usage.Out, pace)
}

// request renders the call as a client of its dialect sends it.
func (c *call) request(ctx context.Context, relay string) (*http.Request, error) {
	path, identity := "/v1/chat/completions", map[string]any{"user": c.nonce}
	if c.dialect == "anthropic" {
		path, identity = "/v1/messages", map[string]any{"metadata": map[string]string{"user_id": c.nonce}}
	}
	text := "How high is the water?"
	if c.key.named {
		c.model = c.manner()
	} else {
		text += " [[" + c.manner() + "]]"
	}
	identity["model"], identity["stream"], identity["max_tokens"] = c.model, c.stream, 900
	identity["messages"] = []map[string]string{{"role": "user", "content": text}}
	body, err := json.Marshal(identity)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, relay+path, strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.key.Secret)
	if c.dialect == "anthropic" {
		req.Header.Del("Authorization")
		req.Header.Set("X-Api-Key", c.key.Secret)
		req.Header.Set("Anthropic-Version", "2023-06-01")
	}
	return req, nil
}

// send makes the call and notes what came of it. The error is the one that ended the reading.
func (c *call) send(ctx context.Context, transport *http.Transport, relay string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := c.request(ctx, relay)
	if err != nil {
		return err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	c.id, c.status = resp.Header.Get("X-Weir-Call"), resp.StatusCode
	if c.leave && c.stream {
		_, err := resp.Body.Read(make([]byte, 64))
		return err
	}
	body, err := io.ReadAll(resp.Body)
	c.ended = err == nil
	if c.stream && c.status == http.StatusOK {
		terminal := "data: [DONE]\n\n"
		if c.dialect == "anthropic" {
			terminal = "data: {\"type\":\"message_stop\"}\n\n"
		}
		c.ended = strings.HasSuffix(string(body), terminal)
	}
	return err
}
