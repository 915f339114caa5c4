package relay

import (
	"encoding/json"
	"slices"
	"sync"

	"weir/backend/gateway"
	"weir/backend/wire"
)

// maxReplies bounds how many stored replies are remembered.
const maxReplies = 8192

// An affinity remembers which channel gave a reply that its upstream keeps: a conversation
// goes on, and a reply is read or deleted, only at the account that has it. The oldest are
// forgotten first, and all when Weir ends: then each channel is asked in turn.
type affinity struct {
	mu       sync.Mutex
	channels map[string]string // by reply
	order    []string          // of the replies, a ring once it is full
	next     int
}

// remember notes the channel of a reply.
func (a *affinity) remember(reply, channel string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.channels == nil {
		a.channels = map[string]string{}
	}
	if _, known := a.channels[reply]; !known {
		if len(a.order) < maxReplies {
			a.order = append(a.order, reply)
		} else {
			delete(a.channels, a.order[a.next])
			a.order[a.next] = reply
			a.next = (a.next + 1) % maxReplies
		}
	}
	a.channels[reply] = channel
}

// channel returns the channel of a reply; empty: it is not known.
func (a *affinity) channel(reply string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.channels[reply]
}

// preferred puts the channel first that has the reply which the call is about.
func (c *call) preferred(targets []target) []target {
	reply := c.ask.Previous
	if c.row.Op == gateway.Stored {
		reply = c.route.Reply
	}
	if reply == "" {
		return targets
	}
	home := c.replies.channel(reply)
	i := slices.IndexFunc(targets, func(t target) bool { return t.Channel.ID == home })
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
			a.replies.remember(id, a.target.Channel.ID)
			a.named = true
		}
	}
}

// maxReplyID is longer than the ids that any upstream gives.
const maxReplyID = 512
