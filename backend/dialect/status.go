package dialect

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"weir/backend/gateway"
)

// row is how an error of one kind is answered, whatever the dialect.
type row struct {
	status int
	retry  bool // the same request may succeed a little later
}

var rows = map[gateway.Kind]row{
	gateway.Internal:         {http.StatusInternalServerError, true},
	gateway.Invalid:          {http.StatusBadRequest, false},
	gateway.TooLarge:         {http.StatusRequestEntityTooLarge, false},
	gateway.Unauthorized:     {http.StatusUnauthorized, false},
	gateway.Forbidden:        {http.StatusForbidden, false},
	gateway.NotFound:         {http.StatusNotFound, false},
	gateway.QuotaExceeded:    {http.StatusPaymentRequired, false},
	gateway.Unpriced:         {http.StatusPaymentRequired, false},
	gateway.RateLimited:      {http.StatusTooManyRequests, true},
	gateway.Overloaded:       {http.StatusServiceUnavailable, true},
	gateway.NoChannel:        {http.StatusServiceUnavailable, false},
	gateway.Paused:           {http.StatusServiceUnavailable, false},
	gateway.BadUpstream:      {http.StatusBadGateway, true},
	gateway.Unreachable:      {http.StatusBadGateway, true},
	gateway.Timeout:          {http.StatusGatewayTimeout, true},
	gateway.StreamIncomplete: {http.StatusBadGateway, true},
	gateway.Canceled:         {statusClientClosed, false},
	gateway.Locked:           {http.StatusServiceUnavailable, true},
	gateway.Storage:          {http.StatusServiceUnavailable, true},
	gateway.Conflict:         {http.StatusConflict, false},
	gateway.Loop:             {http.StatusLoopDetected, false},
}

// statusClientClosed is what nginx made the custom for a client that left: nobody reads it,
// but the call's row shows it.
const statusClientClosed = 499

// Status returns the HTTP status that an error of this kind is answered with.
func Status(k gateway.Kind) int {
	if r, ok := rows[k]; ok {
		return r.status
	}
	return http.StatusInternalServerError
}

// ErrorHeader returns the headers of a JSON error: when to try again, or, where that cannot
// help, x-should-retry, which the official clients of OpenAI and Anthropic obey.
func ErrorHeader(e *gateway.Error) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	if r, ok := rows[e.Kind]; ok && !r.retry {
		h.Set("X-Should-Retry", "false")
		return h
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	return h
}

// Bearer returns the token of an Authorization header, or "".
func Bearer(h http.Header, _ string) string {
	scheme, token, ok := strings.Cut(h.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
