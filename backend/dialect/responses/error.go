package responses

import (
	"net/http"
	"strings"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

func encodeError(e *gateway.Error) (int, http.Header, []byte) {
	return dialect.Status(e.Kind), dialect.ErrorHeader(e), dialect.AsOpenAI(e).Body()
}

// encodeForCodex answers Codex, which stops at the code insufficient_quota with the status 429 and
// repeats what comes with 402 (Codex 0.169, tried 2026-11). Others repeat whatever comes with 429:
// Continue 1.5 for more than 90 seconds, opencode 1.18 for 80 (tried 2026-11).
func encodeForCodex(e *gateway.Error) (int, http.Header, []byte) {
	o, status := dialect.AsOpenAI(e), dialect.Status(e.Kind)
	if e.Kind == gateway.QuotaExceeded || e.Kind == gateway.Unpriced {
		o.Code, status = o.Type, http.StatusTooManyRequests
	}
	return status, dialect.ErrorHeader(e), o.Body()
}

// isCodex says whether a request is Codex's, as a program of its own or within an editor.
func isCodex(h http.Header) bool {
	if strings.HasPrefix(strings.ToLower(h.Get("User-Agent")), "codex") {
		return true
	}
	for name := range h {
		if strings.HasPrefix(name, "X-Codex-") {
			return true
		}
	}
	return false
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
