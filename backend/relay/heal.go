package relay

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"weir/backend/gateway"
	"weir/backend/route"
)

// anotherKey returns the key with which the same channel is asked next: where the answer is
// about this one, another is healthy, and nothing speaks against another attempt.
func (a *attempt) anotherKey(v *verdict) (next route.Key, ok bool) {
	if v.key == aboutNone || a.key.ID == "" || len(a.maybes) > 0 || a.req.Context().Err() != nil || errors.Is(context.Cause(a.ctx), errSilent) {
		return next, false
	}
	known, err := a.Channels.Secret(a.ctx, a.target.Channel)
	if err != nil {
		return next, false
	}
	return a.Health.Pick(known.Keys, append(slices.Clip(a.target.tried), a.key.ID))
}

// heal tells the channel's health, and the key's, what an attempt found. A login is its
// client's own: what happens to it says nothing of others'.
func (a *attempt) heal(v *verdict) {
	ch := a.target.Channel
	switch {
	case a.target.sandbox() || a.login != "":
	case v.err != nil && v.err.Kind == gateway.Canceled:
		a.Health.Left(ch.ID, a.key.ID)
	case a.row.Op == gateway.Stored && a.status == http.StatusNotFound: // it is another channel that has it
		a.Health.Left(ch.ID, a.key.ID)
	case v.key == refusedKey:
		a.markKey(gateway.ChannelBadKey, v.err.Message)
		a.Health.Left(ch.ID)
		a.Health.Refused(a.keyOrChannel())
	case v.key == spentKey:
		a.Health.Left(ch.ID)
		a.Health.Spent(a.keyOrChannel(), v.wait)
	case v.result == gateway.Billed || !v.next:
		a.Health.Succeeded(ch.ID, a.key.ID)
		if v.result == gateway.Billed {
			a.markKey(gateway.ChannelOK, "")
		}
	default:
		a.Health.Left(a.key.ID)
		a.Health.Failed(ch.ID, v.wait)
	}
}

// keyOrChannel names what rests when a key does: a channel without one has nothing else.
func (a *attempt) keyOrChannel() string {
	if a.key.ID == "" {
		return a.target.Channel.ID
	}
	return a.key.ID
}

// markKey notes whether a channel's provider accepts the key. A good one is only worth a word
// where it was thought bad.
func (a *attempt) markKey(state gateway.ChannelState, message string) {
	ch, err := a.Channels.Channel(a.target.Channel.ID)
	if err != nil {
		return // removed meanwhile
	}
	known := ch.State
	if i := slices.IndexFunc(ch.Keys, func(k gateway.ChannelKey) bool { return k.ID == a.key.ID }); i >= 0 && (state == gateway.ChannelBadKey || known != gateway.ChannelBadKey) {
		known = ch.Keys[i].State
	}
	if known == state || state == gateway.ChannelOK && known != gateway.ChannelBadKey {
		return
	}
	if err := a.Channels.SetKeyState(context.WithoutCancel(a.ctx), ch.ID, a.key.ID, state, message); err != nil {
		a.Log.Error("a channel's state could not be written", "channel", ch.ID, "err", err)
	}
}
