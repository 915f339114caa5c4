package relay

import (
	"math"
	"net/http"
	"net/netip"
	"time"

	"weir/backend/gateway"
	"weir/backend/pace"
	"weir/frontend/src/i18n"
)

// admitted returns what the key that came with a request may do. One that may not be used from where the request
// came from is turned away.
func (r *Relay) admitted(req *http.Request, secret string) (gateway.Grant, *gateway.Error) {
	grant, e, reason := r.Access.Admit(secret)
	if e == nil && len(grant.Networks) > 0 {
		// The address is the connection's own. What a header says of another one anybody can write.
		from, err := netip.ParseAddrPort(req.RemoteAddr)
		if err != nil || !grant.From(from.Addr()) {
			e, reason = &gateway.Error{Kind: gateway.Forbidden, Message: i18n.T("error.relay.network", "key", grant.KeyName,
				"address", from.Addr().Unmap().WithZone("").String())}, "network"
		}
	}
	if e != nil {
		r.turnedAway.count(reason, r.Now(), r.Log)
	}
	return grant, e
}

// enter lets the call in where it keeps the pace of its key, its group and the account.
func (c *call) enter() *gateway.Error {
	p := c.grant.Paces
	if p == (gateway.Paces{}) || c.row.Op.Free() {
		return nil
	}
	tokens := c.worst(c.slice).Tokens
	ticket, no := c.pace.Enter(c.Now(), c.input, tokens,
		pace.Scope{Kind: gateway.ScopeKey, ID: c.grant.KeyID, Simulated: c.row.Simulated, Pace: p.Key},
		pace.Scope{Kind: gateway.ScopeGroup, ID: c.grant.GroupID, Simulated: c.row.Simulated, Pace: p.Group},
		pace.Scope{Kind: gateway.ScopeAccount, Simulated: c.row.Simulated, Pace: p.Account})
	c.ticket = ticket
	if no != nil {
		return c.tooFast(no)
	}
	return nil
}

// tooFast says which bound on the pace a call would break, and when it may pass.
func (c *call) tooFast(no *pace.Refusal) *gateway.Error {
	covers := i18n.T("refusal.account")
	switch no.Scope.Kind {
	case gateway.ScopeKey:
		covers = i18n.T("refusal.key", "key", c.grant.KeyName)
	case gateway.ScopeGroup:
		covers = i18n.T("refusal.group", "group", c.grant.GroupName)
	}
	seconds := int64(math.Ceil(no.Wait.Seconds()))
	e := &gateway.Error{Kind: gateway.RateLimited, RetryAfter: time.Duration(seconds) * time.Second}
	sentence := "refusal.pace." + string(no.Bound)
	if no.Forever {
		e.Kind, sentence = gateway.TooLarge, "refusal.pace.too_large" // to try again cannot help
	}
	e.Message = i18n.T(sentence, "covers", covers, "limit", no.Limit, "used", no.Used, "left", max(no.Limit-no.Used, 0), "asked", no.Asked, "seconds", seconds)
	return e
}
