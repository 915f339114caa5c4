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
	Citation      // tokens of cited sources, where they are charged
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
