package gateway

import "time"

// A Kind classes an error; each client dialect has one status and type per kind.
type Kind string

const (
	Internal         Kind = "internal"
	Invalid          Kind = "invalid"           // the request cannot be read
	TooLarge         Kind = "too_large"         // the body is over the limit
	Unauthorized     Kind = "unauthorized"      // no, unknown, paused, expired or revoked key
	Forbidden        Kind = "forbidden"         // the key may not do this; or a wrong Host or Origin
	NotFound         Kind = "not_found"         // unknown path, id or model
	QuotaExceeded    Kind = "quota_exceeded"    // a limit cannot bear the call
	Unpriced         Kind = "unpriced"          // a dollar limit covers a call that has no price
	RateLimited      Kind = "rate_limited"      // try again later
	Overloaded       Kind = "overloaded"        // we hold too much already
	NoChannel        Kind = "no_channel"        // nothing is configured that could answer
	Paused           Kind = "paused"            // a person has paused the relay
	BadUpstream      Kind = "bad_upstream"      // the upstream answered with something unusable
	Unreachable      Kind = "unreachable"       // the upstream could not be reached
	Timeout          Kind = "timeout"           // the upstream did not answer in time
	StreamIncomplete Kind = "stream_incomplete" // the upstream cut its reply
	Canceled         Kind = "canceled"          // the client left
	Locked           Kind = "locked"            // the keychain cannot be opened now
	Storage          Kind = "storage"           // the ledger cannot be written
	Conflict         Kind = "conflict"          // the thing is in use, or exists already
	Loop             Kind = "loop"              // the call has been here before
)

// An Error is a failure that a user may read: a Kind and a whole sentence.
type Error struct {
	Kind       Kind
	Message    string
	Field      string        // the input that is at fault, where there is one
	RetryAfter time.Duration // zero: no advice
	LimitID    string        // QuotaExceeded: the limit that refused
	Err        error         // the cause, for the log alone
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }
