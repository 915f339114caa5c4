package relay

import (
	"bytes"
	"context"
	"net/http"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// A Checked is what came of a call that Weir made itself.
type Checked struct {
	CallID string
	Status int
	Reply  []byte // its beginning
}

// Check sends a body of Weir's own to one channel. It is a call like any other: held, counted,
// priced, and refused where the account's limits cannot bear it.
func (r *Relay) Check(ctx context.Context, channel, path string, body []byte) (Checked, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, path, bytes.NewReader(body))
	if err != nil {
		return Checked{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	w := &head{discard: discard{header: http.Header{}}}
	grant := gateway.Grant{KeyID: weirsKey, KeyName: i18n.T("error.relay.own_check"), Channel: channel, OnLimit: gateway.Finish}
	if r.serveHere(w, req, grant) {
		return Checked{}, &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.check_broke")}
	}
	return Checked{CallID: w.header.Get("X-Weir-Call"), Status: w.status, Reply: w.begun}, nil
}

// head is a client that keeps the beginning of what it reads.
type head struct {
	discard
	begun []byte
}

// keptReply is how much of a reply is kept: an error's text is no longer.
const keptReply = 8 << 10

func (h *head) Write(p []byte) (int, error) {
	h.begun = append(h.begun, p[:min(len(p), keptReply-len(h.begun))]...)
	return len(p), nil
}
