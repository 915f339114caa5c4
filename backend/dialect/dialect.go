// Package dialect describes the wire formats that clients and upstreams speak, as values made of pure functions.
package dialect

import (
	"net/http"
	"strings"

	"weir/backend/gateway"
	"weir/backend/wire"
)

// A Dialect is one wire format. Its functions are pure and none but For is nil.
type Dialect struct {
	Name     string   // "openai-chat", "anthropic"
	Fields   []string // what Ask reads of a request body, in wire.Scan's words
	Terminal bool     // a whole stream ends with a frame marked End
	Finishes bool     // a whole stream has a frame marked Finish, or ends with one marked End

	// Route says what a method and a path ask for; the path has no version in front. An
	// empty Op: this dialect has nothing there, or, where allow is not empty, not for this method.
	Route func(method, path string) (r Route, allow string)
	// Secret returns the access key from where this dialect puts it; empty: there is none.
	Secret func(h http.Header, rawQuery string) string
	// Ask reads a request in one pass. With an error, what was found until then.
	Ask func(r Request) (Ask, *gateway.Error)
	// EncodeError is an error as this dialect's clients understand it.
	EncodeError func(e *gateway.Error) (status int, header http.Header, body []byte)
	// EncodeStreamError is the one frame that ends a stream with an error.
	EncodeStreamError func(e *gateway.Error) []byte
	// Mark says what a frame of a reply's stream means for the relay.
	Mark func(f wire.Frame) Mark
	// OutputBytes estimates the bytes of text, arguments and thinking that the model wrote
	// in a frame, or in a whole JSON reply given as a frame's Data.
	OutputBytes func(f wire.Frame) int
	// For returns the dialect for one client, known by its request's headers: the same but for
	// the errors. nil: all clients understand the same ones.
	For func(h http.Header) Dialect
}

// A Route is what a method and a path of the relay ask for.
type Route struct {
	Op       gateway.Op
	Endpoint string // what billing calls the upstream endpoint: "chat/completions", …
	// Path is the operation's own, behind the version, escaped as it is sent on: "/messages".
	// "{model}" in it stands for the model's name.
	Path   string
	Model  string // the model that the path names; empty: the body does, or there is none
	Stream bool   // the path itself asks for a stream
	Reply  string // the id of the stored reply that the path is about
}

// StaysPut says whether a name can stand in a path, escaped, without leading elsewhere: on servers
// too that take the escapes off before they read the path.
func StaysPut(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return !strings.ContainsAny(name, "\\?#%;") && gateway.OneLine(name)
}

// A Request is what Ask reads.
type Request struct {
	Route       Route
	ContentType string
	Body        []byte
}

// Post returns a Route function for operations that are each one path and take a POST.
func Post(routes ...Route) func(method, path string) (Route, string) {
	byPath := make(map[string]Route, len(routes))
	for _, r := range routes {
		byPath[r.Path] = r
	}
	return func(method, path string) (Route, string) {
		r, ok := byPath[path]
		switch {
		case !ok:
			return Route{}, ""
		case method != http.MethodPost:
			return Route{}, http.MethodPost
		}
		return r, http.MethodPost
	}
}

// A Mark says what a frame means for the relay, as a set of bits.
type Mark uint8

const (
	Data      Mark = 1 << iota // part of an answer: the upstream is alive and has begun
	Usage                      // holds a usage object, or what is charged beside it
	OnlyUsage                  // holds a usage object and no part of the answer: include_usage's extra frame
	Finish                     // names the reason why the model stopped
	End                        // the terminal frame
	Fault                      // an error, inside a reply whose status said that all was well
)

// Has reports whether all bits of want are set.
func (m Mark) Has(want Mark) bool { return m&want == want }
