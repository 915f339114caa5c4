package responses

import (
	"net/http"
	"strings"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

// encodeError answers as OpenAI does where a limit is reached: 429 with the code insufficient_quota,
// which makes Codex stop; what comes with 402 it repeats (Codex 0.169, tried 2026-11).
func encodeError(e *gateway.Error) (int, http.Header, []byte) {
	o, status := dialect.AsOpenAI(e), dialect.Status(e.Kind)
	if e.Kind == gateway.QuotaExceeded || e.Kind == gateway.Unpriced {
		o.Code, status = o.Type, http.StatusTooManyRequests
	}
	return status, dialect.ErrorHeader(e), o.Body()
}

// encodePlainly answers those who repeat whatever comes with 429: with 402 they stop at once.
func encodePlainly(e *gateway.Error) (int, http.Header, []byte) {
	return dialect.Status(e.Kind), dialect.ErrorHeader(e), dialect.AsOpenAI(e).Body()
}

// repeats429 says whether a request is of a client that repeats a 429 whatever it says: of the AI
// SDK, and so of opencode (1.18, for 80 seconds), or of Continue (1.5, for more than 90), whose copy
// of OpenAI's client has a name that a minifier gave it, such as "ls/JS 5.23.2" (tried 2026-11).
func repeats429(h http.Header) bool {
	agent := h.Get("User-Agent")
	return strings.Contains(agent, "ai-sdk/") || strings.Contains(agent, "/JS ") && !strings.HasPrefix(agent, "OpenAI/")
}

// streamError is an error event. The reference has its fields at the top
// (https://developers.openai.com/api/reference/resources/responses/streaming-events, read
// 2026-11), OpenAI itself sends them inside "error", and the official clients and the AI SDK
// raise nothing else, the latter only with a sequence number.
type streamError struct {
	Type           string              `json:"type"`
	Code           string              `json:"code"`
	Message        string              `json:"message"`
	Param          *string             `json:"param"`
	SequenceNumber int                 `json:"sequence_number"`
	Error          dialect.OpenAIError `json:"error"`
}

// encodeStreamError is the error event. No response.failed follows: what became of the
// response only its upstream knows.
func encodeStreamError(e *gateway.Error) []byte {
	o := dialect.AsOpenAI(e)
	if e.Kind == gateway.Unpriced {
		o.Code = o.Type
	}
	event := dialect.JSON(streamError{Type: "error", Code: o.Code, Message: o.Message, Param: o.Param, Error: o})
	return append(append([]byte("event: error\ndata: "), event...), "\n\n"...)
}
