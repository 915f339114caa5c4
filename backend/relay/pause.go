package relay

import (
	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// Pause makes the relay refuse new calls and lists of models, until Pause(false) lets them in
// again. Calls that run go on to their end.
func (r *Relay) Pause(on bool) { r.paused.Store(on) }

// Paused says whether the relay refuses every call.
func (r *Relay) Paused() bool { return r.paused.Load() }

// pausedError returns what a paused relay answers; nil: it is not paused.
func (r *Relay) pausedError() *gateway.Error {
	if !r.Paused() {
		return nil
	}
	return &gateway.Error{Kind: gateway.Paused, Message: i18n.T("error.relay.paused")}
}
