package openai

import (
	"strconv"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/wire"
)

// What request bodies are asked for: the fields of https://platform.openai.com/docs/api-reference (read 2026-11).
// A completion that asks for no max_tokens writes 16: there is nothing to lower.
var (
	completions = dialect.Reader{
		Fields: []string{"model", "stream", "max_tokens", "n", "stream_options", "stream_options.include_usage", "best_of"},
		Stream: 1, Max: []int{2}, Cap: &dialect.Cap{}, N: 3, Options: 4, Include: 5, Keep: []int{6},
	}
	engines    = dialect.PathReader{Fields: []string{"model"}, Models: []int{0}}
	embeddings = dialect.Reader{Fields: []string{"model"}}
	// https://platform.openai.com/docs/api-reference/moderations/create (read 2026-11) names the default.
	moderations = dialect.Reader{Fields: []string{"model"}, Model: "omni-moderation-latest"}
	images      = dialect.Reader{Fields: []string{"model", "stream", "n", "quality", "partial_images"}, Stream: 1, N: 2, Keep: []int{3, 4}, Form: true}
	speech      = dialect.Reader{Fields: []string{"model", "stream_format", "input"}, Keep: []int{1, 2}}
	recordings  = dialect.Reader{Fields: []string{"model", "stream"}, Stream: 1, Form: true}
)

func ask(r dialect.Request) (dialect.Ask, *gateway.Error) {
	switch r.Route.Op {
	case gateway.Completions:
		return askCompletions(r)
	case gateway.Images:
		return askImages(r)
	case gateway.Speech:
		return askSpeech(r)
	case gateway.Transcription, gateway.Translation:
		return askRecordings(r)
	case gateway.Moderation:
		return silent(moderations.Read(r))
	}
	if r.Route.Model != "" {
		return silent(engines.Read(r))
	}
	return silent(embeddings.Read(r))
}

// silent is a request whose answer holds no tokens.
func silent(a dialect.Ask, e *gateway.Error) (dialect.Ask, *gateway.Error) {
	a.N = 0
	return a, e
}

// askCompletions: of best_of answers all are charged, though n come back.
func askCompletions(r dialect.Request) (dialect.Ask, *gateway.Error) {
	a, e := completions.Read(r)
	if e == nil {
		a.N = max(a.N, number(a.Kept[0]))
	}
	return a, e
}

// What is set aside for pictures, in tokens, by the dearest size and what else each of them
// can come to: https://platform.openai.com/docs/guides/image-generation#cost-and-latency
// (read 2026-11). Without a quality the upstream may take the highest.
const (
	picture = 6240 // one in high quality
	glimpse = 100  // a partial image of a stream
	given   = 7000 // one that is sent along, in high fidelity
)

var qualities = map[string]int64{"low": 408, "medium": 1584}

func askImages(r dialect.Request) (dialect.Ask, *gateway.Error) {
	a, e := silentAfter(images.Read(r))
	if e != nil {
		return a, e
	}
	each, ok := qualities[unquoted(a.Kept[0])]
	if !ok {
		each = picture
	}
	a.Extra.Output = a.Extra.Output * (each + glimpse*number(a.Kept[1]))
	a.Extra.Input = given * int64(len(a.Files()))
	return a, nil
}

// silentAfter moves the answers that are asked for to Extra, to be weighed there.
func silentAfter(a dialect.Ask, e *gateway.Error) (dialect.Ask, *gateway.Error) {
	a.Extra.Output = min(a.N, 100)
	return silent(a, e)
}

// spoken is how many tokens of sound a byte of text is read as at most: a minute has some 900
// letters and 1,250 tokens (https://platform.openai.com/docs/models/gpt-4o-mini-tts, read 2026-11).
const spoken = 2

func askSpeech(r dialect.Request) (dialect.Ask, *gateway.Error) {
	a, e := silent(speech.Read(r))
	if e == nil {
		a.Stream = unquoted(a.Kept[0]) == "sse"
		a.Extra.Output = spoken * int64(wire.TextLen(a.Kept[1]))
	}
	return a, e
}

// How long a recording is nobody knows before it was decoded. What is set aside is for one at
// 32 kbit/s, as speech is compressed to; sound that is not compressed is shorter.
const (
	bytesPerSecond  = 4000
	tokensPerSecond = 17 // $6 a million and $0.006 a minute: https://platform.openai.com/docs/pricing (read 2026-11)
	saidPerSecond   = 4  // tokens of what was said: hardly anybody speaks faster
)

func askRecordings(r dialect.Request) (dialect.Ask, *gateway.Error) {
	a, e := silent(recordings.Read(r))
	for _, size := range a.Files() {
		a.Extra.Seconds += size/bytesPerSecond + 1
	}
	a.Extra.Input = a.Extra.Seconds * tokensPerSecond
	a.Extra.Output = a.Extra.Seconds * saidPerSecond
	return a, e
}

// number is a count in JSON or in a form, 0 for anything else.
func number(raw []byte) int64 {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return min(n, 1000)
}

// unquoted is a word in JSON or in a form. Words with escapes are none of those that matter.
func unquoted(raw []byte) string {
	if len(raw) > 1 && raw[0] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	return string(raw)
}
