package gemini

import (
	"bytes"
	"encoding/json"
	"net/http"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

// statuses are the canonical codes of https://google.aip.dev/193 (read 2026-11); what has no row
// is INTERNAL. RESOURCE_EXHAUSTED is for what passes: opencode 1.18 repeats whatever says so,
// also with the status 402 (tried 2026-11).
var statuses = map[gateway.Kind]string{
	gateway.Invalid:          "INVALID_ARGUMENT",
	gateway.TooLarge:         "INVALID_ARGUMENT",
	gateway.Unauthorized:     "UNAUTHENTICATED",
	gateway.Forbidden:        "PERMISSION_DENIED",
	gateway.NotFound:         "NOT_FOUND",
	gateway.QuotaExceeded:    "FAILED_PRECONDITION",
	gateway.Unpriced:         "FAILED_PRECONDITION",
	gateway.Conflict:         "ABORTED",
	gateway.RateLimited:      "RESOURCE_EXHAUSTED",
	gateway.Overloaded:       "UNAVAILABLE",
	gateway.NoChannel:        "UNAVAILABLE",
	gateway.Paused:           "UNAVAILABLE",
	gateway.Locked:           "UNAVAILABLE",
	gateway.Storage:          "UNAVAILABLE",
	gateway.BadUpstream:      "UNAVAILABLE",
	gateway.Unreachable:      "UNAVAILABLE",
	gateway.StreamIncomplete: "UNAVAILABLE",
	gateway.Timeout:          "DEADLINE_EXCEEDED",
	gateway.Canceled:         "CANCELLED",
}

type errorObject struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Status  string `json:"status"`
	Details []any  `json:"details,omitempty"`
}

// A retryInfo says how long to wait; Google's clients obey it before the header.
type retryInfo struct {
	Type  string `json:"@type"`
	Delay string `json:"retryDelay"`
}

// A badRequest says which field is at fault.
type badRequest struct {
	Type       string      `json:"@type"`
	Violations []violation `json:"fieldViolations"`
}

type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

const typePrefix = "type.googleapis.com/google.rpc."

func encodeError(e *gateway.Error) (int, http.Header, []byte) {
	return dialect.Status(e.Kind), dialect.ErrorHeader(e), object(e)
}

// encodeStreamError is a data frame with the error object; Google's clients raise it as an error.
func encodeStreamError(e *gateway.Error) []byte {
	return append(append([]byte("data: "), object(e)...), "\n\n"...)
}

func object(e *gateway.Error) []byte {
	status, known := statuses[e.Kind]
	if !known {
		status = "INTERNAL"
	}
	o := errorObject{Code: dialect.Status(e.Kind), Message: e.Message, Status: status}
	if seconds := dialect.ErrorHeader(e).Get("Retry-After"); seconds != "" {
		o.Details = append(o.Details, retryInfo{typePrefix + "RetryInfo", seconds + "s"})
	}
	if e.Kind == gateway.Invalid && e.Field != "" {
		o.Details = append(o.Details, badRequest{typePrefix + "BadRequest", []violation{{e.Field, e.Message}}})
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(map[string]errorObject{"error": o}); err != nil {
		return nil // cannot be: strings and numbers can always be encoded
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
