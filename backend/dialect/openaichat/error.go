package openaichat

import (
	"net/http"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

func encodeError(e *gateway.Error) (int, http.Header, []byte) {
	return dialect.Status(e.Kind), dialect.ErrorHeader(e), dialect.AsOpenAI(e).Body()
}

// encodeStreamError is the frame that the official clients raise as an error: a data frame
// with a top-level "error". No [DONE] follows, for the answer is not done.
func encodeStreamError(e *gateway.Error) []byte {
	return append(append([]byte("data: "), dialect.AsOpenAI(e).Body()...), "\n\n"...)
}
