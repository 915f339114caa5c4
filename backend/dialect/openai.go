package dialect

import (
	"bytes"
	"encoding/json"

	"weir/backend/gateway"
)

// label is the type and code of an error object. OpenAI lists the codes of its own at
// https://platform.openai.com/docs/guides/error-codes (read 2026-11); a code of ours says
// what no code of theirs does.
type label struct{ kind, code string }

var labels = map[gateway.Kind]label{
	gateway.Invalid:          {"invalid_request_error", "invalid_request"},
	gateway.TooLarge:         {"invalid_request_error", "request_too_large"},
	gateway.Unauthorized:     {"invalid_request_error", "invalid_api_key"},
	gateway.Forbidden:        {"invalid_request_error", "permission_denied"},
	gateway.NotFound:         {"invalid_request_error", "not_found"},
	gateway.QuotaExceeded:    {"insufficient_quota", "insufficient_quota"},
	gateway.Unpriced:         {"insufficient_quota", "unpriced_model"},
	gateway.RateLimited:      {"rate_limit_error", "rate_limit_exceeded"},
	gateway.Overloaded:       {"server_error", "overloaded"},
	gateway.NoChannel:        {"server_error", "no_channel"},
	gateway.Paused:           {"server_error", "paused"},
	gateway.BadUpstream:      {"server_error", "bad_upstream"},
	gateway.Unreachable:      {"server_error", "upstream_unreachable"},
	gateway.Timeout:          {"server_error", "upstream_timeout"},
	gateway.StreamIncomplete: {"server_error", "stream_incomplete"},
	gateway.Locked:           {"server_error", "keychain_locked"},
	gateway.Storage:          {"server_error", "storage_failed"},
}

// An OpenAIError is the error object of OpenAI's formats, and of those that follow them.
type OpenAIError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    string  `json:"code"`
}

// AsOpenAI returns an error as OpenAI's clients know it.
func AsOpenAI(e *gateway.Error) OpenAIError {
	l, ok := labels[e.Kind]
	if !ok {
		l = label{"server_error", "internal_error"}
	}
	o := OpenAIError{Message: e.Message, Type: l.kind, Code: l.code}
	if e.Field != "" {
		o.Param = &e.Field
	}
	return o
}

// Body returns the JSON body that tells of the error.
func (o OpenAIError) Body() []byte { return JSON(map[string]OpenAIError{"error": o}) }

// JSON encodes a value of strings and numbers on one line, without escaping what HTML would need.
func JSON(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil // cannot be: strings and numbers can always be encoded
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
