// Package gateway holds the words of the product: channels, keys, limits, calls and errors. It does no I/O.
package gateway

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"time"

	"weir/billing"
)

// An Op is one operation of a model API, whatever its wire format.
type Op string

const (
	Chat          Op = "chat"
	Messages      Op = "messages"
	Responses     Op = "responses"
	Compact       Op = "compact"  // a long conversation made short, by OpenAI Responses
	Stored        Op = "stored"   // what an upstream keeps of earlier calls, by its id
	Generate      Op = "generate" // Gemini's
	CountTokens   Op = "count_tokens"
	Models        Op = "models"
	Completions   Op = "completions"
	Embeddings    Op = "embeddings"
	Rerank        Op = "rerank"
	Images        Op = "images"
	Speech        Op = "speech"
	Transcription Op = "transcription"
	Translation   Op = "translation"
	Moderation    Op = "moderation"
)

// Free says that an operation runs no model: nobody charges for it, and a limit that is
// reached does not stop it.
func (o Op) Free() bool { return o == CountTokens || o == Stored || o == Models }

// The sandbox is the provider that needs no key. Its models are named sandbox/…, matched
// exactly, and no channel, mapping or retry ever leads to them.
const (
	Sandbox       = "sandbox"
	SandboxPrefix = "sandbox/"
)

// A Channel is one configured account at a provider.
type Channel struct {
	ID       string // ch_…
	Name     string
	Provider string // the id of its row in package provider
	Dialect  string
	BaseURL  string
	Models   []string          // public names that it serves; empty: any model
	Map      map[string]string // public name → upstream name
	Priority int               // larger comes first
	Weight   int               // share among equals, at least 1
	Count    billing.Counting  // how the upstream counts cached tokens
	PriceAs  string            // the provider whose prices apply; empty: its own
	Enabled  bool
	State    ChannelState
	Message  string // why the state is what it is, in a sentence; may be empty

	Keys []ChannelKey // its provider keys, in the order in which they are used
	// Proxy is through which it is reached: empty as the environment says, Direct through none. It is
	// shown without its name and password, and Headers are shown without their values.
	Proxy    string
	Headers  map[string]string          // set on each request; an empty value takes the client's away
	Params   map[string]json.RawMessage // set in each JSON body, by path ("options.seed"); null takes a value away
	Timeouts Timeouts
}

// Direct is the Proxy of a channel that is reached through none, whatever the environment says.
const Direct = "direct"

// Timeouts bound how long an upstream may take; zero is the relay's usual patience.
type Timeouts struct {
	Header       time.Duration // until a plain reply's header
	StreamHeader time.Duration // until a stream's header
	Idle         time.Duration // between two pieces of data
}

// A ChannelKey is what is shown of one provider key.
type ChannelKey struct {
	ID      string // names the key for as long as it stays the same
	Mask    string // its last four characters; empty: it was stored before masks were
	State   ChannelState
	Message string // why the state is what it is, in a sentence; may be empty
}

// A ChannelState is what the last test of a channel found.
type ChannelState string

const (
	ChannelOK          ChannelState = "ok"
	ChannelUntested    ChannelState = "untested"
	ChannelBadKey      ChannelState = "bad_key"
	ChannelUnreachable ChannelState = "unreachable"
)

// A Key is an access key: a secret given to clients.
type Key struct {
	ID            string // key_…
	Name          string
	Prefix        string // the secret's first characters, for display
	State         KeyState
	Models        []string       // allowed public names and patterns; empty: any
	Denied        []string       // names and patterns, public and upstream, that it may not use: they win
	Networks      []netip.Prefix // from which it may be used; empty: any that a door is open to
	GroupID       string         // empty: none
	AllowUnpriced bool
	OnLimit       Policy
	Clamp         bool  // what a call may write is cut to what its limits leave
	MostPerCall   int64 // pico-dollars that one call may cost; 0: any
	PauseOnBurn   bool  // the key is paused when the burn alarm rings for it
	Pace          Pace
	CreatedAt     time.Time
	ExpiresAt     time.Time // zero: never
	LastUsedAt    time.Time // zero: never
	// OldSecretUntil is until when a secret from before the last rotation is accepted; zero: none is.
	OldSecretUntil time.Time
}

// A KeyState says whether an access key is accepted.
type KeyState string

const (
	KeyActive  KeyState = "active"
	KeyPaused  KeyState = "paused"
	KeyExpired KeyState = "expired"
	KeyRevoked KeyState = "revoked"
)

// A Policy says what happens to a running call whose limit is reached.
type Policy string

const (
	Finish Policy = "finish" // let it end and book the overrun
	Cut    Policy = "cut"    // stop it
)

// A Unit is what a limit counts.
type Unit string

const (
	USD    Unit = "usd" // amounts in pico-dollars
	Tokens Unit = "tokens"
	Calls  Unit = "calls"
)

// Text writes an amount of this unit: decimal dollars, or a whole number.
func (u Unit) Text(n int64) string {
	if u == USD {
		return billing.Pico(n).String()
	}
	return strconv.FormatInt(n, 10)
}

// A Window is the span after which a limit starts anew.
type Window string

const (
	Total Window = "total"
	Day   Window = "day"
	Week  Window = "week"
	Month Window = "month"
)

// A Scope is what a limit covers.
type Scope string

const (
	ScopeKey     Scope = "key"
	ScopeGroup   Scope = "group"
	ScopeAccount Scope = "account"
)

// Amounts is one quantity in each unit that a limit can count.
type Amounts struct {
	Pico   int64
	Tokens int64
	Calls  int64
}

// In returns the amount that a limit of the given unit counts.
func (a Amounts) In(u Unit) int64 {
	switch u {
	case USD:
		return a.Pico
	case Tokens:
		return a.Tokens
	}
	return a.Calls
}

// Add returns the sum of two amounts, unit by unit.
func (a Amounts) Add(b Amounts) Amounts {
	return Amounts{a.Pico + b.Pico, a.Tokens + b.Tokens, a.Calls + b.Calls}
}

// A CallState is where a call stands in the ledger. Reserved is "open" for readers.
type CallState string

const (
	Open     CallState = "open"     // held, perhaps sent, not settled
	Settled  CallState = "settled"  // charged
	Released CallState = "released" // ended without a charge
	Refused  CallState = "refused"  // never held
)

// A Basis says what a settled charge rests on.
type Basis string

const (
	Exact     Basis = "exact"     // the upstream's final usage
	Partial   Basis = "partial"   // the last usage before a cut
	Estimated Basis = "estimated" // counted by us
	Zero      Basis = "zero"      // nothing was billed
)

// An End says how a call ended.
type End string

const (
	Finished    End = "finished"
	UpstreamCut End = "upstream_cut"
	ClientLeft  End = "client_left"
	Failed      End = "failed"
	WasRefused  End = "refused"
)

// A Result says whether the upstream charges for an attempt.
type Result string

const (
	Unbilled Result = "unbilled"
	Maybe    Result = "maybe"
	Billed   Result = "billed"
)

// An Attempt is one try of a call at one channel.
type Attempt struct {
	N          int    `json:"n"`
	ChannelID  string `json:"channel_id"`
	HTTPStatus int    `json:"http_status"` // 0: no status came
	Result     Result `json:"result"`
	Ms         int64  `json:"ms"`
	Message    string `json:"message,omitempty"`
}

// A Call is one accepted request and everything that the ledger keeps of it.
// Pointers are nil for what is not known.
type Call struct {
	ID            string // call_…, sorts by time
	StartedAt     time.Time
	EndedAt       time.Time // zero while open
	KeyID         string
	KeyName       string
	ChannelID     string // empty: none was reached
	Provider      string
	Dialect       string
	Op            Op
	Endpoint      string // the upstream endpoint that answered: chat/completions, messages, …
	Model         string // as the client named it
	UpstreamModel string
	Stream        bool
	HTTPStatus    int // what the client was answered; 0 while open
	State         CallState
	Basis         Basis // empty while open and when refused
	End           End   // empty while open
	Simulated     bool
	Covered       bool          // the client's own subscription paid: the cost is a list price, the charge nothing
	Bill          billing.Bill  // zero while open
	PricedBy      *billing.Case // what the bill was drawn from beside the usage; nil: it cannot be drawn again
	Assumed       string        // where its counts are from, as a flag says it, where they are not the provider's last word
	Charge        billing.Money // what counts against limits
	Min, Max      *billing.Money
	Attempts      []Attempt
	Usage         json.RawMessage // the upstream's own object; nil: none came
	Err           *CallError
	ArchivedAt    time.Time // when its lines, usage, flags and attempts were removed; zero: it has them
}

// A CallError is what a call's row says about its failure.
type CallError struct {
	Kind    Kind   `json:"kind"`
	Message string `json:"message"`
}
