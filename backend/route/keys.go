package route

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"weir/backend/gateway"
	"weir/backend/store"
)

// A mark is what a channel's row says in the clear of one of its provider keys.
type mark struct {
	ID      string `json:"id"`
	Mask    string `json:"mask"`
	State   string `json:"state,omitempty"`
	Message string `json:"message,omitempty"`
}

func parseMarks(text string) (marks []mark, err error) {
	return marks, json.Unmarshal([]byte(text), &marks)
}

// keysOf names the keys of a channel, one a line. Those of a row without marks are named by
// the channel.
func keysOf(channel, text string, marks []mark) []Key {
	var keys []Key
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		k := Key{ID: firstKey(channel), Text: line}
		if n := len(keys); n < len(marks) {
			k.ID = marks[n].ID
		}
		keys = append(keys, k)
	}
	return keys
}

// firstKey names the key of a channel that has no marks.
func firstKey(channel string) string { return channel + "#" }

// enter returns the keys that a person entered, one a line. A line that shows a stored key
// stands for it, and a key that was there before keeps its name and its mark.
func (s Secret) enter(text string, marks []mark) (keys []Key, kept []mark) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		i := slices.IndexFunc(s.Keys, func(k Key) bool { return k.Text == line })
		if i < 0 && strings.HasPrefix(line, hidden) {
			i = slices.IndexFunc(s.Keys, func(k Key) bool { return mask(k.Text) == line && !slices.Contains(keys, k) })
		}
		k := Key{ID: "pk_" + strings.ToLower(ulid.Make().String()), Text: line}
		if i >= 0 {
			k = s.Keys[i]
		}
		if slices.ContainsFunc(keys, func(other Key) bool { return other.Text == k.Text }) {
			continue
		}
		m := mark{ID: k.ID, Mask: mask(k.Text), State: string(gateway.ChannelUntested)}
		if i >= 0 && i < len(marks) {
			m.State, m.Message = marks[i].State, marks[i].Message
		}
		keys, kept = append(keys, k), append(kept, m)
	}
	return keys, kept
}

// shown is what a channel shows of its keys.
func shown(channel string, marks []mark, keyed bool) []gateway.ChannelKey {
	if len(marks) == 0 && keyed {
		return []gateway.ChannelKey{{ID: firstKey(channel), State: gateway.ChannelUntested}}
	}
	keys := make([]gateway.ChannelKey, len(marks))
	for i, m := range marks {
		keys[i] = gateway.ChannelKey{ID: m.ID, Mask: m.Mask, State: gateway.ChannelState(m.State), Message: m.Message}
	}
	return keys
}

const updateKeys = `UPDATE channel SET keys = ?, state = ?, message = ? WHERE id = ?`

// SetKeyState records what a test or a call found of one key. The channel is as its keys are:
// refused when each of them is, accepted again when one is, and else nobody knows.
func (c *Channels) SetKeyState(ctx context.Context, id, key string, state gateway.ChannelState, message string) error {
	return c.apply(ctx, func(tx *store.Tx) error {
		ch, err := c.Channel(id) // changes come one after another: the snapshot is what is stored
		if err != nil {
			return nil // removed meanwhile
		}
		keys := slices.Clone(ch.Keys)
		bad, good := len(keys) > 0 || state == gateway.ChannelBadKey, state == gateway.ChannelOK
		for i := range keys {
			if keys[i].ID == key {
				keys[i].State, keys[i].Message = state, message
			}
			bad = bad && keys[i].State == gateway.ChannelBadKey
			good = good || keys[i].State == gateway.ChannelOK
		}
		switch {
		case bad:
			ch.State, ch.Message = gateway.ChannelBadKey, message
		case ch.State == gateway.ChannelBadKey && good:
			ch.State, ch.Message = gateway.ChannelOK, ""
		case ch.State == gateway.ChannelBadKey:
			ch.State, ch.Message = gateway.ChannelUntested, ""
		}
		marks, err := json.Marshal(marksOf(keys))
		if err != nil {
			return err
		}
		_, err = tx.Exec(updateKeys, string(marks), string(ch.State), ch.Message, id)
		return err
	})
}

func marksOf(keys []gateway.ChannelKey) []mark {
	marks := make([]mark, len(keys))
	for i, k := range keys {
		marks[i] = mark{ID: k.ID, Mask: k.Mask, State: string(k.State), Message: k.Message}
	}
	return marks
}
