package billing

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// A Tally collects the usage that one reply reports, frame by frame. Upstreams
// report running totals: a later report replaces an earlier one, nothing is added.
type Tally struct {
	counts      bool // the endpoint's whole body is a count
	anew        bool // each report stands for itself and may be smaller than the one before
	model, tier string
	whole       report // the one usage object of a body or of most streams
	start       report // Anthropic's first
	delta       report // and last
	copilot     report // what GitHub Copilot charged, which stands beside its usage
	items       []string
	containers  []string // that ran code
	searches    *int64
	queries     int64 // that a Gemini reply names
	pictures    bool  // the endpoint's reply is a list of images
	images      int64
}

// A report is a usage object, byte for byte, and the sum of its counters.
type report struct {
	raw  []byte
	size int64
}

// NewTally starts a tally for a reply of an endpoint such as "chat/completions",
// "messages", "streamGenerateContent" or "messages/count_tokens".
func NewTally(endpoint string) *Tally {
	name := plainEndpoint(endpoint)
	// Gemini's models count anew while they run code: a frame may tell of less than the
	// one before, and the last tells of all (a stream of gemini-3-flash-preview, read 2026-11).
	return &Tally{counts: slices.Contains(countingEndpoints, name), anew: endpoints[name] == "gemini", pictures: strings.HasPrefix(name, "images/")}
}

// Observe takes in one SSE data payload or one whole JSON body, which may be a list of
// what a stream would have sent. It ignores what it does not understand and looks only
// into what can carry a usage object, or the model while that is unknown. data is not kept.
func (t *Tally) Observe(data []byte) {
	data = bytes.TrimLeft(data, " \t\r\n")
	switch {
	case t.counts:
		if bytes.Contains(data, []byte(`"input_tokens"`)) || bytes.Contains(data, []byte(`"totalTokens"`)) {
			t.keep(&t.whole, bytes.TrimSpace(data))
		}
	case bytes.Contains(data[:min(len(data), itemHead)], []byte(itemDone)):
		if kind, done := t.itemOf(member(data, "item")); done {
			t.items = append(t.items, kind)
		}
	case !t.pictures && !carriesUsage(data) && (t.model != "" || !bytes.Contains(data, []byte(`model`))):
	case bytes.HasPrefix(data, []byte{'['}):
		list := membersOf(data)
		for _, one, ok := list.next(); ok; _, one, ok = list.next() {
			t.observe(one)
		}
	default:
		t.observe(data)
	}
}

// A Responses stream tells of each item as it is done, by an event that names its type first.
// The list at the stream's end takes the place of what was seen.
const (
	itemDone = `"response.output_item.done"`
	itemHead = 64
)

// carriesUsage says whether a "usage" or "usageMetadata" key holds an object, or billed
// units are there. Most frames of a stream with "usage":null need no look inside; within
// a string the key's quotes are escaped. The search is for the word without its quotes,
// because quotes are everywhere.
func carriesUsage(data []byte) bool {
	word := []byte("usage")
	for rest := data; ; {
		at := bytes.Index(rest, word)
		if at < 0 {
			return bytes.Contains(data, []byte(`billed_units"`))
		}
		opened := bytes.HasSuffix(rest[:at], []byte{'"'})
		rest = rest[at+len(word):]
		value, closed := bytes.CutPrefix(bytes.TrimPrefix(rest, []byte("Metadata")), []byte{'"'})
		value, isKey := bytes.CutPrefix(bytes.TrimLeft(value, " \t\r\n"), []byte{':'})
		if opened && closed && isKey && bytes.HasPrefix(bytes.TrimLeft(value, " \t\r\n"), []byte{'{'}) {
			return true
		}
	}
}

// A frame is where the things lie that a tally wants of a frame or body.
type frame struct {
	kind, model, tier, usage       []byte
	message, response, delta, meta []byte
	output, choices, candidates    []byte
	groq, toolUsage, copilot, data []byte
}

// place returns where a member's value is to be put, nil for one that nobody wants.
func (f *frame) place(key []byte) *[]byte {
	switch string(key) {
	case "type":
		return &f.kind
	case "model", "modelVersion":
		return &f.model
	case "service_tier":
		return &f.tier
	case "usage", "usageMetadata":
		return &f.usage
	case "message":
		return &f.message
	case "response":
		return &f.response
	case "delta":
		return &f.delta
	case "meta":
		return &f.meta
	case "output":
		return &f.output
	case "choices":
		return &f.choices
	case "candidates":
		return &f.candidates
	case "x_groq":
		return &f.groq
	case "tool_usage":
		return &f.toolUsage
	case "copilot_usage":
		return &f.copilot
	case "data":
		return &f.data
	}
	return nil
}

// read finds the members of an object. ok is false for anything that is no whole object.
func (f *frame) read(data []byte) (ok bool) {
	m := membersOf(data)
	for key, value, more := m.next(); more; key, value, more = m.next() {
		if at := f.place(key); at != nil {
			*at = value
		}
	}
	return m.whole()
}

func (t *Tally) observe(data []byte) {
	var f frame
	if !isObject(data) || !f.read(data) {
		return
	}
	t.named(f.model, f.tier)
	if isObject(f.copilot) && json.Valid(f.copilot) {
		t.copilot.raw = append(t.copilot.raw[:0], f.copilot...)
	}
	if string(f.kind) == `"message_delta"` {
		t.keep(&t.delta, f.usage)
		return
	}
	t.keep(&t.whole, f.usage)
	t.itemise(f)
	if isObject(f.message) {
		t.named(member(f.message, "model"), nil)
		t.keep(&t.start, member(f.message, "usage"))
	}
	if isObject(f.response) {
		var inner frame
		inner.read(f.response)
		t.named(inner.model, inner.tier)
		t.keep(&t.whole, inner.usage)
		t.itemise(inner)
	}
	t.search(f)
}

// search looks where only some upstreams put their usage: Moonshot inside a choice, Groq
// inside its own member, Cohere in the last delta of a stream or in a reply's meta.
func (t *Tally) search(f frame) {
	choices := membersOf(f.choices)
	for _, choice, ok := choices.next(); ok; _, choice, ok = choices.next() {
		t.keep(&t.whole, member(choice, "usage"))
	}
	t.keep(&t.whole, member(f.groq, "usage"))
	t.keep(&t.whole, member(f.delta, "usage"))
	if isObject(member(f.meta, "billed_units")) {
		t.keep(&t.whole, f.meta)
	}
}

func (t *Tally) named(model, tier []byte) {
	rename(&t.model, model)
	rename(&t.tier, tier)
}

// rename takes over a raw string, if it says anything new.
func rename(held *string, value []byte) {
	if len(value) > 2 && value[0] == '"' && string(value[1:len(value)-1]) != *held {
		*held = words(value)
	}
}

// keep replaces a usage object by a later one, unless that would make the count
// shrink: some upstreams end with a frame of zeros.
func (t *Tally) keep(held *report, usage []byte) {
	if !isObject(usage) || !json.Valid(usage) {
		return
	}
	n, tier := survey(usage)
	if held.raw == nil || n >= held.size || t.anew && n > 0 {
		held.raw, held.size = append(held.raw[:0], usage...), n
	}
	t.named(nil, tier)
}

// survey adds up the counters of a usage object, which orders reports and prices nothing,
// and finds its service tier.
func survey(usage []byte) (n int64, tier []byte) {
	m := membersOf(usage)
	for key, value, ok := m.next(); ok; key, value, ok = m.next() {
		switch string(key) {
		case "prompt_tokens", "completion_tokens", "input_tokens", "output_tokens",
			"cache_read_input_tokens", "cache_creation_input_tokens",
			"promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount":
			n += leading(value)
		case "service_tier":
			tier = value
		}
	}
	return n, tier
}

// leading reads the digits that a number begins with.
func leading(number []byte) (n int64) {
	for _, c := range number {
		if c < '0' || c > '9' || n > mostTokens {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// itemise notes the upstream's own tools that a reply names.
func (t *Tally) itemise(f frame) {
	if list := membersOf(f.output); list.whole() {
		var items []string
		for _, item, ok := list.next(); ok; _, item, ok = list.next() {
			if kind, done := t.itemOf(item); done {
				items = append(items, kind)
			}
		}
		if items != nil {
			t.items = items
		}
	}
	if n := member(member(f.toolUsage, "web_search"), "num_requests"); n != nil {
		searches := leading(n)
		t.searches = &searches
	}
	if queries, found := grounded(f.candidates); found {
		t.queries = max(t.queries, queries)
		if !slices.Contains(t.items, groundingItem) {
			t.items = append(t.items, groundingItem)
		}
	}
	if t.pictures {
		t.images = max(t.images, elements(f.data))
	}
}

// elements counts a list; of anything else there are none.
func elements(list []byte) (n int64) {
	m := membersOf(list)
	for key, _, ok := m.next(); ok && key == nil; key, _, ok = m.next() {
		n++
	}
	return n
}

// itemOf names an item of a Responses reply, and notes the container of one that ran code. One that
// failed is not charged, nor is a page that was opened after a search
// (https://platform.openai.com/docs/guides/tools-web-search, read 2026-11).
func (t *Tally) itemOf(item []byte) (kind string, done bool) {
	if c := words(member(item, "container_id")); c != "" && !slices.Contains(t.containers, c) {
		t.containers = append(t.containers, c)
	}
	status, action := words(member(item, "status")), words(member(member(item, "action"), "type"))
	kind = words(member(item, "type"))
	opened := kind == "web_search_call" && action != "" && action != "search"
	return kind, (status == "" || status == "completed") && !opened
}

// groundingItem is what a bill calls Google's search for an answer's grounds.
const groundingItem = "google_search"

// grounded says whether a Gemini reply's candidates rest on a search, and on how many.
func grounded(candidates []byte) (queries int64, found bool) {
	if !bytes.Contains(candidates, []byte(`"groundingMetadata"`)) {
		return 0, false
	}
	list := membersOf(candidates)
	for _, one, ok := list.next(); ok; _, one, ok = list.next() {
		grounds := member(one, "groundingMetadata")
		queries += elements(member(grounds, "webSearchQueries"))
		found = found || queries > 0 || elements(member(grounds, "groundingChunks")) > 0
	}
	return queries, found
}

// Raw is the upstream's own usage object, to be stored and priced: nil when none
// came. The two objects of an Anthropic stream come as message_start and message_delta.
// What GitHub Copilot charged is put into it.
func (t *Tally) Raw() json.RawMessage {
	raw := t.usage()
	if t.copilot.raw == nil || raw == nil {
		return raw
	}
	out := make([]byte, 0, len(raw)+len(t.copilot.raw)+20)
	out = append(append(append(out, `{"copilot_usage":`...), t.copilot.raw...), raw[len(`{`):]...)
	if rest := bytes.TrimLeft(raw[1:], " \t\r\n"); rest[0] != '}' {
		out = slices.Insert(out, len(`{"copilot_usage":`)+len(t.copilot.raw), ',')
	}
	return out
}

func (t *Tally) usage() json.RawMessage {
	if t.start.raw == nil && t.delta.raw == nil {
		return bytes.Clone(t.whole.raw)
	}
	out := make([]byte, 0, len(t.start.raw)+len(t.delta.raw)+40)
	out = append(out, '{')
	if t.start.raw != nil {
		out = append(append(out, `"message_start":`...), t.start.raw...)
	}
	if t.delta.raw != nil {
		if t.start.raw != nil {
			out = append(out, ',')
		}
		out = append(append(out, `"message_delta":`...), t.delta.raw...)
	}
	return append(out, '}')
}

// Model is the model that the reply named; empty if it named none.
func (t *Tally) Model() string { return t.model }

// Tier is the service tier that the reply named; empty if none.
func (t *Tally) Tier() string { return t.tier }

// Final says whether the reply's last word on its usage came: any usage object of
// most upstreams, a message_delta's or a whole body's of Anthropic's.
func (t *Tally) Final() bool { return t.whole.raw != nil || t.delta.raw != nil }

// Request is what the reply said beside its usage that prices depend on: its model and
// the upstream's own tools that it used.
func (t *Tally) Request() Request {
	return Request{Model: t.model, Items: t.items, Searches: t.searches, Queries: t.queries, Images: t.images, Sessions: int64(len(t.containers))}
}
