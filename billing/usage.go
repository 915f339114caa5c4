// Package billing turns what a model call consumed into exact money. It does no I/O and reads no clock.
package billing

// A Meter is one separately priced kind of consumption. Meters are disjoint:
// no token is counted by two of them.
type Meter uint8

const (
	Input        Meter = iota // prompt tokens neither read from nor written to a cache
	CacheRead                 // prompt tokens served from a cache
	CacheWrite5m              // prompt tokens written to a five-minute cache
	CacheWrite1h              // prompt tokens written to a one-hour cache
	CacheWrite                // prompt tokens written to a cache of unstated life
	Output                    // answer tokens, reasoning included
	Reasoning                 // thinking tokens inside Output: informational, never priced beside it
	InputAudio
	OutputAudio
	CacheReadAudio // audio served from a cache
	InputImage
	CacheReadImage
	OutputImage
	CacheWrite12h // prompt tokens written to a twelve-hour cache
	WebSearch     // searches that the upstream ran
	FileSearch    // lookups in the upstream's file store
	XSearch       // searches of X
	CodeSession   // containers started to run code
	AudioSeconds  // audio counted by its length
	SearchUnit    // reranking, counted in the vendor's units
	Thinking      // answer tokens of thinking that stand beside Output and have a price of their own
	Citation      // answer tokens of quoted sources that stand beside Output
	SearchQuery   // searches that the upstream itself thought of
	Grounding     // prompts that the upstream answered after searching, however often
	Fee           // the call itself
	FeeLow        // the call itself, searched little for
	FeeMedium     // … more for
	FeeHigh       // … much for
	Image         // pictures sold by the piece
	NumMeters
)

// Usage is what one call consumed, by meter.
type Usage [NumMeters]int64

// Counting says how an upstream's prompt count treats cached tokens.
type Counting string

const (
	CountAuto      Counting = "auto"      // as its endpoint's scheme says
	CountInclusive Counting = "inclusive" // cached tokens lie inside the prompt count
	CountExclusive Counting = "exclusive" // they stand beside it
)

// A side says where a meter belongs.
type side uint8

const (
	promptSide side = iota
	answerSide
	asideSide // no token that is charged: a note or a fee
)

// meters names each meter: in a bill's lines and in a rate card (what), and
// among a call's meters (name), where one name may gather several.
var meters = [NumMeters]struct {
	what, name, unit string
	per              int64
	side             side
	fresh            Meter // what the same token would have been without a cache
}{
	Input:          {"input", "input_tokens_uncached", "tokens", million, promptSide, Input},
	CacheRead:      {"cache_read", "cache_read_tokens", "tokens", million, promptSide, Input},
	CacheWrite5m:   {"cache_write_5m", "cache_write_5m_tokens", "tokens", million, promptSide, Input},
	CacheWrite1h:   {"cache_write_1h", "cache_write_1h_tokens", "tokens", million, promptSide, Input},
	CacheWrite:     {"cache_write", "cache_write_tokens_ttl_unknown", "tokens", million, promptSide, Input},
	Output:         {"output", "output_tokens", "tokens", million, answerSide, Output},
	Reasoning:      {"", "reasoning_tokens", "tokens", million, asideSide, Reasoning},
	InputAudio:     {"input_audio", "input_audio_tokens", "tokens", million, promptSide, InputAudio},
	OutputAudio:    {"output_audio", "output_audio_tokens", "tokens", million, answerSide, OutputAudio},
	CacheReadAudio: {"cache_read_audio", "cache_read_tokens", "tokens", million, promptSide, InputAudio},
	InputImage:     {"input_image", "input_image_tokens", "tokens", million, promptSide, InputImage},
	CacheReadImage: {"cache_read_image", "cache_read_tokens", "tokens", million, promptSide, InputImage},
	OutputImage:    {"output_image", "output_image_tokens", "tokens", million, answerSide, OutputImage},
	CacheWrite12h:  {"cache_write_12h", "cache_write_12h_tokens", "tokens", million, promptSide, Input},
	WebSearch:      {"web_search", "web_searches", "searches", 1000, asideSide, WebSearch},
	FileSearch:     {"file_search", "file_searches", "searches", 1000, asideSide, FileSearch},
	XSearch:        {"x_search", "x_searches", "searches", 1000, asideSide, XSearch},
	CodeSession:    {"code_interpreter_session", "code_interpreter_sessions", "sessions", 1, asideSide, CodeSession},
	AudioSeconds:   {"audio_seconds", "audio_seconds", "seconds", 3600, asideSide, AudioSeconds},
	SearchUnit:     {"search_unit", "search_units", "searches", 1000, asideSide, SearchUnit},
	Thinking:       {"reasoning", "reasoning_tokens", "tokens", million, answerSide, Thinking},
	Citation:       {"citation", "citation_tokens", "tokens", million, answerSide, Citation},
	SearchQuery:    {"search_query", "search_queries", "searches", 1000, asideSide, SearchQuery},
	Grounding:      {"grounded_prompt", "grounded_prompts", "requests", 1000, asideSide, Grounding},
	Fee:            {"request", "requests", "requests", 1000, asideSide, Fee},
	FeeLow:         {"request_low", "requests", "requests", 1000, asideSide, FeeLow},
	FeeMedium:      {"request_medium", "requests", "requests", 1000, asideSide, FeeMedium},
	FeeHigh:        {"request_high", "requests", "requests", 1000, asideSide, FeeHigh},
	Image:          {"image", "images", "images", 1, asideSide, Image},
}

const million = 1_000_000

// meterByWhat finds the meter that a rate card calls what.
func meterByWhat(what string) (Meter, bool) {
	for m := range NumMeters {
		if what != "" && meters[m].what == what {
			return m, true
		}
	}
	return 0, false
}

// Meters returns the non-zero meters under the names that scripts rely on.
// output_tokens counts the whole answer and cache_read_tokens every kind of
// cached token; input_tokens_total is the whole prompt.
func (u Usage) Meters() map[string]int64 {
	out := map[string]int64{}
	for m, n := range u {
		if n == 0 {
			continue
		}
		out[meters[m].name] += n
		if Meter(m) != Output && meters[m].side == answerSide {
			out[meters[Output].name] += n
		}
	}
	if n := u.Prompt(); n != 0 {
		out["input_tokens_total"] = n
	}
	return out
}

// Prompt counts every token that went in, cached or not.
func (u Usage) Prompt() int64 { return u.sum(promptSide) }

// Answer counts every token that came out, reasoning included.
func (u Usage) Answer() int64 { return u.sum(answerSide) }

// Tokens counts every token of the call once.
func (u Usage) Tokens() int64 { return u.Prompt() + u.Answer() }

func (u Usage) sum(s side) (n int64) {
	for m := range u {
		if u[m] != 0 && meters[m].side == s {
			n += u[m]
		}
	}
	return n
}

// plus adds another usage meter by meter.
func (u Usage) plus(o Usage) Usage {
	for m := range u {
		u[m] += o[m]
	}
	return u
}
