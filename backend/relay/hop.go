package relay

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/frontend/src/i18n"
)

// hopHeader names the Weirs that a call has been through, so that none passes it on twice. It
// goes to servers of somebody's own alone, those at a local program's usual address included,
// which a Weir may have taken: the vendors' addresses never lead back.
const hopHeader = "X-Weir-Hop"

// maxHops is how many Weirs a call may go through.
const maxHops = 8

// newHop names this relay for as long as it runs. It says nothing of who runs it.
func newHop() string {
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails
	return hex.EncodeToString(id)
}

// hops are the Weirs that a request says it has been through.
func hops(h http.Header) (ids []string) {
	for _, line := range h[hopHeader] {
		for id := range strings.SplitSeq(line, ",") {
			if id = strings.TrimSpace(id); id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// looped refuses a call that has been here before, or through too many.
func (c *call) looped() *gateway.Error {
	ids := hops(c.req.Header)
	switch {
	case slices.Contains(ids, c.hop):
		return &gateway.Error{Kind: gateway.Loop, Message: i18n.T("error.relay.loop")}
	case len(ids) >= maxHops:
		return &gateway.Error{Kind: gateway.Loop, Message: i18n.T("error.relay.loop_long", "most", maxHops)}
	}
	return nil
}

// hearsOfHops says whether a call could come back from a target: it is no vendor's own address.
func (t target) hearsOfHops() bool {
	p := t.provider
	vendors := p.BaseURL != "" && !p.Local && provider.SameServer(t.Channel.BaseURL, p.BaseURL)
	return !t.sandbox() && !p.Login && !vendors
}

// addHop tells the next server that the call was here.
func (a *attempt) addHop(h http.Header) {
	h.Set(hopHeader, strings.Join(append(hops(a.req.Header), a.hop), ", "))
}
