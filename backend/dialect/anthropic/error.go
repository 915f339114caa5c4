package anthropic

import (
	"bytes"
	"encoding/json"
	"net/http"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

// types are those of https://docs.claude.com/en/api/errors (read 2026-11); what has no
// row is an api_error.
var types = map[gateway.Kind]string{
	gateway.Invalid:       "invalid_request_error",
	gateway.Conflict:      "conflict_error",
	gateway.TooLarge:      "request_too_large",
	gateway.Unauthorized:  "authentication_error",
	gateway.Forbidden:     "permission_error",
	gateway.NotFound:      "not_found_error",
	gateway.QuotaExceeded: "billing_error",
	gateway.Unpriced:      "billing_error",
	gateway.RateLimited:   "rate_limit_error",
	gateway.Timeout:       "timeout_error",
	gateway.Overloaded:    "overloaded_error",
}

type errorObject struct {
	Type  string `json:"type"`
	Error struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"error"`
}

func encodeError(e *gateway.Error) (int, http.Header, []byte) {
	return dialect.Status(e.Kind), dialect.ErrorHeader(e), object(e)
}

// encodeStreamError is the error event of https://docs.claude.com/en/api/messages-streaming
// (read 2026-11). No message_stop follows, for the answer did not stop by itself.
func encodeStreamError(e *gateway.Error) []byte {
	return append(append([]byte("event: error\ndata: "), object(e)...), "\n\n"...)
}

func object(e *gateway.Error) []byte {
	o := errorObject{Type: "error"}
	o.Error.Type, o.Error.Message = types[e.Kind], e.Message
	if o.Error.Type == "" {
		o.Error.Type = "api_error"
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(o); err != nil {
		return nil // cannot be: strings can always be encoded
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
