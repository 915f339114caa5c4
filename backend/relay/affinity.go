package relay

import (
	"encoding/json"
	"slices"
	"sync"

	"weir/backend/gateway"
	"weir/backend/route"
	"weir/backend/wire"
)

// maxReplies bounds how many stored replies are remembered.
const maxReplies = 8192

// An affinity remembers which account gave a reply that its upstream keeps: a conversation
// goes on, and a reply is read or deleted, only at the account that has it. The oldest are
// forgotten first, and all when Weir ends: then each channel is asked in turn.
type affinity struct {
	mu    sync.Mutex
	homes map[string]home // by reply
	order []string        // of the replies, a ring once it is full
	next  int
}

// A home is an account: a channel, and the one of its keys that was used; and the access key that
// the reply was given to, whose it is.
type home struct{ channel, key, by string }

// remember notes the home of a reply.
func (a *affinity) remember(reply string, h home) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.homes == nil {
		a.homes = map[string]home{}
	}
	if _, known := a.homes[reply]; !known {
		if len(a.order) < maxReplies {
			a.order = append(a.order, reply)
		} else {
			delete(a.homes, a.order[a.next])
			a.order[a.next] = reply
			a.next = (a.next + 1) % maxReplies
		}
	}
	a.homes[reply] = h
}

// home returns the home of a reply; empty: it is not known.
func (a *affinity) home(reply string) home {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.homes[reply]
}

// home is that of the reply which the call is about; empty: there is none, or it is not known.
func (c *call) home() home {
	reply := c.ask.Previous
	if c.row.Op == gateway.Stored {
		reply = c.route.Reply
	}
	if reply == "" {
		return home{}
	}
	return c.replies.home(reply)
}

// homeFirst puts the key of the call's home in front of a channel's others.
func (a *attempt) homeFirst(keys []route.Key) []route.Key {
	h := a.home()
	i := slices.IndexFunc(keys, func(k route.Key) bool { return k.ID == h.key && a.target.Channel.ID == h.channel })
	if i <= 0 {
		return keys
	}
	return slices.Concat(keys[i:i+1], keys[:i], keys[i+1:])
}

// preferred puts the channel of the call's home in front of the others.
func (c *call) preferred(targets []target) []target {
	channel := c.home().channel
	i := slices.IndexFunc(targets, func(t target) bool { return t.Channel.ID == channel })
	if i > 0 {
		first := targets[i]
		copy(targets[1:i+1], targets[:i])
		targets[0] = first
	}
	return targets
}

// remember notes who gave this reply, by the first frame or the document that names it.
func (a *attempt) remember(data []byte) {
	if a.row.Op != gateway.Responses || a.named || a.target.sandbox() {
		return
	}
	found, err := wire.Scan(data, []string{"id", "response.id"})
	if err != nil {
		return // cut, or no reply
	}
	for _, f := range found {
		var id string
		if f.Found && json.Unmarshal(f.Raw, &id) == nil && id != "" && len(id) <= maxReplyID {
			a.replies.remember(id, home{a.target.Channel.ID, a.key.ID, a.grant.KeyID})
			a.named = true
		}
	}
}

// maxReplyID is longer than the ids that any upstream gives.
const maxReplyID = 512
