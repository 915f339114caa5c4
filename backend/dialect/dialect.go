// Package dialect describes the wire formats that clients and upstreams speak, as values made of pure functions.
package dialect

import (
	"net/http"

	"weir/backend/gateway"
	"weir/backend/wire"
)

// A Dialect is one wire format. Its functions are pure and none is nil.
type Dialect struct {
	Name     string                // "openai-chat", "anthropic"
	Endpoint map[gateway.Op]string // what billing calls the upstream endpoint: "chat/completions", …
	Routes   map[string]gateway.Op // POST path without any leading /v1 → operation
	Fields   []string              // what Ask reads of a request body, in wire.Scan's words
	Terminal bool                  // a whole stream ends with a frame marked End

	// Secret returns the access key from where this dialect puts it; empty: there is none.
	Secret func(h http.Header) string
	// Ask reads a request body in one pass. With an error, what was found until then.
	Ask func(body []byte) (Ask, *gateway.Error)
	// EncodeError is an error as this dialect's clients understand it.
	EncodeError func(e *gateway.Error) (status int, header http.Header, body []byte)
	// EncodeStreamError is the one frame that ends a stream with an error.
	EncodeStreamError func(e *gateway.Error) []byte
	// Mark says what a frame of a reply's stream means for the relay.
	Mark func(f wire.Frame) Mark
	// OutputBytes estimates the bytes of text, arguments and thinking that the model wrote
	// in a frame, or in a whole JSON reply given as a frame's Data.
	OutputBytes func(f wire.Frame) int
}

// A Mark says what a frame means for the relay, as a set of bits.
type Mark uint8

const (
	Data      Mark = 1 << iota // part of an answer: the upstream is alive and has begun
	Usage                      // holds a usage object
	OnlyUsage                  // holds a usage object and no part of the answer: include_usage's extra frame
	Finish                     // names the reason why the model stopped
	End                        // the terminal frame
	Fault                      // an error, inside a reply whose status said that all was well
)

// Has reports whether all bits of want are set.
func (m Mark) Has(want Mark) bool { return m&want == want }
