package relay

import (
	"net/http"
	"strings"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// wantsWebSocket says whether a request asks to go on as a WebSocket.
func wantsWebSocket(h http.Header) bool {
	for _, line := range h.Values("Upgrade") {
		for token := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(token), "websocket") {
				return true
			}
		}
	}
	return false
}

// failUpgrade says that an operation is there, but over plain HTTP alone (RFC 9110 §15.5.22).
// Codex then repeats its request over HTTP at once, and after any other status only when six
// seconds of attempts have failed (Codex 0.169, tried 2026-11).
func failUpgrade(w http.ResponseWriter, in way) {
	_, header, body := in.dialect.EncodeError(&gateway.Error{Kind: gateway.Invalid, Message: i18n.T("error.relay.no_websocket", "methods", in.allow)})
	for name, values := range header {
		w.Header()[name] = values
	}
	w.Header().Set("Upgrade", "HTTP/1.1")
	w.Header().Set("Connection", "Upgrade")
	w.WriteHeader(http.StatusUpgradeRequired)
	_, _ = w.Write(body) // who left needs no answer
}
