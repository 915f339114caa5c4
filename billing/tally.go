package billing

import (
	"bytes"
	"encoding/json"
)

// A Tally collects the usage that one reply reports, frame by frame. Upstreams
// report running totals: a later report replaces an earlier one, nothing is added.
type Tally struct {
	counts      bool // the endpoint's whole body is a count
	model, tier string
	whole       json.RawMessage // the one usage object of a body or an OpenAI stream
	start       json.RawMessage // Anthropic's first
	delta       json.RawMessage // and last
	items       []string
}

// NewTally starts a tally for a reply of an endpoint such as "chat/completions",
// "messages", "responses" or "messages/count_tokens".
func NewTally(endpoint string) *Tally {
	_, counts := freeEndpoints[plainEndpoint(endpoint)]
	return &Tally{counts: counts}
}

// frame is what a tally wants of a frame or body. The standard library matches
// keys without case; usage objects themselves are kept byte for byte.
type frame struct {
	Type    string          `json:"type"`
	Model   string          `json:"model"`
	Tier    string          `json:"service_tier"`
	Usage   json.RawMessage `json:"usage"`
	Message *struct {
		Model string          `json:"model"`
		Usage json.RawMessage `json:"usage"`
	} `json:"message"`
	Response *struct {
		Model  string          `json:"model"`
		Tier   string          `json:"service_tier"`
		Usage  json.RawMessage `json:"usage"`
		Output []outputItem    `json:"output"`
	} `json:"response"`
	Output  []outputItem `json:"output"`
	Choices []struct {
		Usage json.RawMessage `json:"usage"`
	} `json:"choices"`
	Groq *struct {
		Usage json.RawMessage `json:"usage"`
	} `json:"x_groq"`
}

type outputItem struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

// Observe takes in one SSE data payload or one whole JSON body. It ignores what it
// does not understand and parses only what can carry a usage object, or the model
// while that is unknown. data is not kept.
func (t *Tally) Observe(data []byte) {
	if t.counts {
		if bytes.Contains(data, []byte(`"input_tokens"`)) {
			t.keep(&t.whole, data)
		}
		return
	}
	if !carriesUsage(data) && (t.model != "" || !bytes.Contains(data, []byte(`"model"`))) {
		return
	}
	var f frame
	if !lenient(data, &f) {
		return
	}
	t.named(f.Model, f.Tier)
	if f.Type == "message_delta" {
		t.keep(&t.delta, f.Usage)
		return
	}
	t.keep(&t.whole, f.Usage)
	t.itemise(f.Output)
	for _, c := range f.Choices {
		t.keep(&t.whole, c.Usage)
	}
	if f.Groq != nil {
		t.keep(&t.whole, f.Groq.Usage)
	}
	if f.Message != nil {
		t.named(f.Message.Model, "")
		t.keep(&t.start, f.Message.Usage)
	}
	if f.Response != nil {
		t.named(f.Response.Model, f.Response.Tier)
		t.keep(&t.whole, f.Response.Usage)
		t.itemise(f.Response.Output)
	}
}

// carriesUsage says whether a "usage" key holds an object. Most frames of a stream
// with "usage":null need no parsing; inside a string the key's quotes are escaped.
func carriesUsage(data []byte) bool {
	key := []byte(`"usage"`)
	for {
		at := bytes.Index(data, key)
		if at < 0 {
			return false
		}
		data = data[at+len(key):]
		rest := bytes.TrimLeft(data, " \t\r\n")
		if len(rest) > 0 && rest[0] == ':' {
			if rest = bytes.TrimLeft(rest[1:], " \t\r\n"); len(rest) > 0 && rest[0] == '{' {
				return true
			}
		}
	}
}

// lenient decodes what it can: a field of another type than expected is left out,
// not a reason to lose the rest.
func lenient(data []byte, f *frame) bool {
	err := json.Unmarshal(data, f)
	_, other := err.(*json.UnmarshalTypeError)
	return err == nil || other
}

func (t *Tally) named(model, tier string) {
	if model != "" {
		t.model = model
	}
	if tier != "" {
		t.tier = tier
	}
}

// keep replaces a usage object by a later one, unless that would make the count
// shrink: some upstreams end with a frame of zeros.
func (t *Tally) keep(held *json.RawMessage, usage []byte) {
	usage = bytes.TrimSpace(usage)
	if len(usage) == 0 || usage[0] != '{' {
		return
	}
	if *held == nil || size(usage) >= size(*held) {
		*held = bytes.Clone(usage)
	}
	var u struct {
		Tier string `json:"service_tier"`
	}
	if json.Unmarshal(usage, &u) == nil {
		t.named("", u.Tier)
	}
}

// size orders usage objects by their totals. It prices nothing.
func size(usage []byte) (n float64) {
	var counts map[string]any
	if json.Unmarshal(usage, &counts) != nil {
		return -1
	}
	for _, name := range []string{"prompt_tokens", "completion_tokens", "input_tokens", "output_tokens",
		"cache_read_input_tokens", "cache_creation_input_tokens"} {
		count, _ := counts[name].(float64)
		n += count
	}
	return n
}

func (t *Tally) itemise(items []outputItem) {
	if len(items) == 0 {
		return
	}
	t.items = nil
	for _, item := range items {
		if item.Status == "" || item.Status == "completed" {
			t.items = append(t.items, item.Type)
		}
	}
}

// Raw is the upstream's own usage object, to be stored and priced: nil when none
// came. The two objects of an Anthropic stream come as message_start and message_delta.
func (t *Tally) Raw() json.RawMessage {
	if t.start == nil && t.delta == nil {
		return t.whole
	}
	var out bytes.Buffer
	out.WriteByte('{')
	if t.start != nil {
		out.WriteString(`"message_start":`)
		out.Write(t.start)
	}
	if t.delta != nil {
		if t.start != nil {
			out.WriteByte(',')
		}
		out.WriteString(`"message_delta":`)
		out.Write(t.delta)
	}
	out.WriteByte('}')
	return out.Bytes()
}

// Model is the model that the reply named; empty if it named none.
func (t *Tally) Model() string { return t.model }

// Tier is the service tier that the reply named; empty if none.
func (t *Tally) Tier() string { return t.tier }

// Final says whether the reply's last word on its usage came: any usage object of
// OpenAI's, a message_delta's or a whole body's of Anthropic's.
func (t *Tally) Final() bool { return t.whole != nil || t.delta != nil }

// Request is what the reply said beside its usage that prices depend on, for
// Case.Request: the kinds of the items in a Responses reply. nil when there is nothing.
func (t *Tally) Request() json.RawMessage {
	if len(t.items) == 0 {
		return nil
	}
	out, err := json.Marshal(map[string][]string{"output_item_types": t.items})
	if err != nil {
		return nil // a list of strings always encodes
	}
	return out
}
