package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"weir/backend/ledger"
)

// changes tells feeds that something other than a call changed.
type changes struct {
	mu   sync.Mutex
	subs map[chan string]bool
}

func (c *changes) tell(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ch := range c.subs {
		select {
		case ch <- what:
		default: // it has unread changes already, and reads everything anew
		}
	}
}

func (c *changes) subscribe() (<-chan string, func()) {
	ch := make(chan string, 8)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.subs == nil {
		c.subs = map[chan string]bool{}
	}
	c.subs[ch] = true
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.subs, ch)
	}
}

// Tell has every reader of the feed fetch something anew: keys, providers, settings or status.
func (c *Console) Tell(what string) { c.changes.tell(what) }

// An Update is one message of the live feed: a call as it stands now, or the name of
// what is to be fetched anew (keys, providers, status, settings, calls, burn).
type Update struct {
	Name string
	Call *Call
}

// heartbeat keeps an idle feed from looking dead.
const heartbeat = 15 * time.Second

// Feed calls send for each change until ctx ends or send fails. An empty name is a heartbeat.
func (c *Console) Feed(ctx context.Context, send func(Update) error) error {
	calls, stopCalls := c.Ledger.Subscribe()
	defer stopCalls()
	others, stopOthers := c.changes.subscribe()
	defer stopOthers()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var u Update
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-beat.C:
		case u.Name = <-others:
		case e, ok := <-calls:
			switch {
			case !ok:
				return nil
			case e.Missed, e.Kind == ledger.CallsChanged:
				u.Name = "calls"
			case e.Kind == ledger.BurnChanged:
				u.Name = "burn"
			case e.Call != nil:
				v := ViewCall(*e.Call, c.Prices.Book())
				u = Update{"call", &v}
			default:
				u.Name = "status"
			}
		}
		if err := send(u); err != nil {
			return err
		}
	}
}

// Watch calls changed whenever the feed would have news, until ctx ends or the ledger closes. It
// is for readers in the same program, who need no news of a call that they do not show.
func (c *Console) Watch(ctx context.Context, changed func()) {
	calls, stopCalls := c.Ledger.Subscribe()
	defer stopCalls()
	others, stopOthers := c.changes.subscribe()
	defer stopOthers()
	for {
		select {
		case <-ctx.Done():
			return
		case <-others:
		case _, ok := <-calls:
			if !ok {
				return
			}
		}
		changed()
	}
}

// serveFeed writes the feed as server-sent events.
func (c *Console) serveFeed(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w).Flush
	if _, err := w.Write([]byte(": weir\n\n")); err != nil || flush() != nil {
		return
	}
	// The feed ends with the reader or the server; neither is worth a word.
	_ = c.Feed(r.Context(), func(u Update) error {
		var err error
		switch {
		case u.Name == "":
			_, err = w.Write([]byte(":\n\n"))
		case u.Call == nil:
			_, err = fmt.Fprintf(w, "event: %s\ndata: {}\n\n", u.Name)
		default:
			data, merr := json.Marshal(u.Call)
			if merr != nil {
				return merr
			}
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", u.Name, data)
		}
		if err != nil {
			return err
		}
		return flush()
	})
}
