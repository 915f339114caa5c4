// Package reuse follows conversations by salted hashes of their prompts, says why a provider's cache did not serve a call, and counts what was written to caches and never read. It never keeps a word of a prompt, and no call waits for it.
package reuse

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/prompt"
	"weir/backend/store"
	"weir/billing"
)

// Options say what a Watch works with.
type Options struct {
	Home string
	Now  func() time.Time
	Log  *slog.Logger
}

// A Watch looks at calls once they are settled. A nil one looks at none.
type Watch struct {
	Options
	st    *store.Store
	on    atomic.Bool
	queue chan task
	quit  chan struct{}          // closed when no more is told
	done  chan struct{}          // closed when all is written
	waits atomic.Int64           // bytes of the bodies in queue
	file  atomic.Pointer[detail] // nil: nothing can be kept

	mu     sync.Mutex
	closed bool
	lost   map[string]time.Time // by key: until when calls went by unseen

	// Of the worker alone:
	salt   *prompt.Salt
	keys   map[string][]*head // the newest last
	lanes  map[lane][]*head
	count  int
	news   news
	said   bool // that something could not be written
	pruned time.Time
}

// A task is a call to be looked at, or something to be done between calls.
type task struct {
	call *Call
	do   func()
	over chan struct{}
}

const (
	queued  = 256             // calls that wait; when there are more, they go by unseen
	largest = 64 << 20        // bytes of the bodies that wait
	most    = 64              // calls that are written at once
	settled = "cache_explain" // the setting, in the words of the ledger's
	since   = "cache_explain_since"
	no      = "no"
	stamp   = "2006-01-02T15:04:05.000Z"
)

// Open starts a Watch over a home. Its own file being unusable is no error.
func Open(ctx context.Context, st *store.Store, opt Options) (*Watch, error) {
	w := &Watch{Options: opt, st: st, queue: make(chan task, queued), quit: make(chan struct{}), done: make(chan struct{}), lost: map[string]time.Time{}}
	off, err := st.Setting(ctx, settled)
	if err != nil {
		return nil, err
	}
	from, err := st.Setting(ctx, since)
	if err == nil && from == "" && off != no {
		err = st.Set(ctx, since, opt.Now().UTC().Format(stamp))
	}
	if err != nil {
		return nil, err
	}
	w.on.Store(off != no)
	w.forget()
	go w.work()
	return w, nil
}

// forget empties the memory.
func (w *Watch) forget() {
	w.keys, w.lanes, w.count = map[string][]*head{}, map[lane][]*head{}, 0
}

// Wants says whether a call is worth being told of: one that is shorter than what any provider caches is not.
func (w *Watch) Wants(op gateway.Op, u billing.Usage) bool {
	return w.On() && isPrompt(op) && u.Prompt() >= shortest
}

// shortest is the shortest prefix that any provider caches.
const shortest = 512

// Tell hands over a settled call. It never waits: what comes too fast goes by unseen.
func (w *Watch) Tell(c Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	size := int64(len(c.Body))
	if !w.closed && w.waits.Load()+size <= largest {
		select {
		case w.queue <- task{call: &c}:
			w.waits.Add(size)
			return
		default:
		}
	}
	w.lost[c.KeyID] = w.Now()
	c.Release()
}

// do runs something between calls and returns when it is done.
func (w *Watch) do(ctx context.Context, f func()) error {
	t := task{do: f, over: make(chan struct{})}
	select {
	case w.queue <- t:
	case <-w.done:
		return context.Canceled
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-t.over:
		return nil
	case <-w.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Flush returns when all that was told before is looked at and written.
func (w *Watch) Flush(ctx context.Context) error { return w.do(ctx, func() {}) }

// On says whether missed caches are explained.
func (w *Watch) On() bool { return w != nil && w.on.Load() }

// Set turns the watch on or off. Off, everything that it stored is deleted before Set returns, also where whoever
// asked for it does not wait; off again deletes what an earlier attempt could not.
func (w *Watch) Set(ctx context.Context, on bool) error {
	if on && w.on.Load() {
		return nil
	}
	value, from := no, ""
	if on {
		value, from = "", w.Now().UTC().Format(stamp)
	}
	if err := w.st.Set(ctx, settled, value); err != nil {
		return err
	}
	if err := w.st.Set(ctx, since, from); err != nil {
		return err
	}
	w.on.Store(on)
	if on {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	var failed error
	if err := w.do(ctx, func() { failed = w.erase(ctx) }); err != nil {
		return err
	}
	return failed
}

// erase deletes all that was stored.
func (w *Watch) erase(ctx context.Context) error {
	w.forget()
	w.news = news{}
	if d := w.file.Load(); d != nil {
		if err := d.erase(ctx); err != nil {
			return err
		}
		w.salt = d.salt
	}
	return w.st.Do(ctx, eraseSums)
}

// Close writes what is left and gives the file back.
func (w *Watch) Close() error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.quit)
	}
	w.mu.Unlock()
	<-w.done
	return w.file.Swap(nil).close()
}

func (w *Watch) work() {
	defer close(w.done)
	ctx := context.Background()
	w.start(ctx)
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case t := <-w.queue:
			w.batch(ctx, t)
		case <-w.quit:
			for len(w.queue) > 0 {
				w.batch(ctx, <-w.queue)
			}
			return
		case <-tick.C:
			w.keepHouse(ctx)
		}
	}
}

// batch looks at a task and at what waits behind it, and writes all at once.
func (w *Watch) batch(ctx context.Context, t task) {
	w.run(ctx, t)
	for n := 1; n < most && len(w.queue) > 0; n++ {
		w.run(ctx, <-w.queue)
	}
	w.write(ctx)
}

func (w *Watch) run(ctx context.Context, t task) {
	if t.call != nil {
		w.waits.Add(-int64(len(t.call.Body)))
		w.look(t.call)
		return
	}
	w.write(ctx)
	t.do()
	close(t.over)
}

// start opens the file and reads what it has. Without it, conversations are followed until Weir ends.
func (w *Watch) start(ctx context.Context) {
	d, err := openDetail(ctx, w.Home, w.Now())
	if err != nil {
		w.Log.Warn("conversations are not remembered beyond this run: detail.db cannot be used", "err", err)
		w.salt = randomSalt()
		return
	}
	w.salt = d.salt
	w.file.Store(d)
	if !w.on.Load() {
		if err := w.erase(ctx); err != nil { // a run that ended while it was switched off may have left some
			w.complain(err)
		}
		return
	}
	heads, err := d.heads(ctx)
	if err != nil {
		w.Log.Warn("conversations of before could not be read", "err", err)
		return
	}
	for _, h := range heads {
		w.add(h)
	}
}

// look follows a call's conversation and says what is known of its cache.
func (w *Watch) look(c *Call) {
	defer c.Release()
	defer w.survive(c)
	if !w.on.Load() {
		return
	}
	n, ok := newCall(c, w.salt)
	if !ok {
		return
	}
	n.lost = w.unseen(c.KeyID)
	switch m, found, related := before(w.keys[c.KeyID], n); {
	case !c.Known:
	case found:
		if v := judge(n, m); v != nil {
			w.news.miss(n, v)
		}
	case !related && n.lost.IsZero():
		w.news.first(n)
	}
	if c.Known {
		w.reads(n)
		p := n.point()
		w.news.writes(n, &p)
	}
	w.remember(n)
}

// survive keeps a fault in what only explains calls from ending the program that serves them.
func (w *Watch) survive(c *Call) {
	if p := recover(); p != nil {
		w.Log.Error("a call's prompt could not be looked at", "call", c.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	}
}

// unseen is until when calls of a key may have gone by unseen.
func (w *Watch) unseen(key string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.lost[key]
	if d := w.file.Load(); d != nil && d.crashed.After(t) {
		t = d.crashed
	}
	return t
}

// keepHouse sums up what writes came to whose life is over, and forgets what is old.
func (w *Watch) keepHouse(ctx context.Context) {
	now := w.Now()
	if err := w.sumUp(ctx, now); err != nil {
		w.complain(err)
	}
	if now.Sub(w.pruned) < time.Hour {
		return
	}
	w.pruned = now
	w.prune(ctx, now.Add(-age))
}

// age is how long what prompts are compared by is kept.
const age = 30 * 24 * time.Hour

// complain notes once that something cannot be written: no call depends on it.
func (w *Watch) complain(err error) {
	if !w.said {
		w.Log.Warn("what is known of a cache could not be written; calls go on", "err", err)
		w.said = true
	}
}

// write stores what was learnt since the last time.
func (w *Watch) write(ctx context.Context) {
	if d := w.file.Load(); d != nil {
		if err := d.save(ctx, w.dirty(), w.news.firsts); err != nil {
			w.complain(err)
		}
	}
	if w.news.empty() {
		w.news = news{}
		return
	}
	known := w.news
	w.news = news{}
	if err := w.st.Do(ctx, known.write); err != nil {
		w.complain(err)
	}
}

// Explain says what is known of a call's cache; nil: nothing.
func (w *Watch) Explain(ctx context.Context, c gateway.Call) (*Explanation, error) {
	if !w.On() || c.State != gateway.Settled || c.Simulated {
		return nil, nil
	}
	if least := vendorOf(c.Provider).shortest(c.UpstreamModel); c.Basis == gateway.Exact && isPrompt(c.Op) &&
		c.Bill.Usage.Prompt() > 0 && c.Bill.Usage.Prompt() < least && read(c.Bill.Usage)+written(c.Bill.Usage) == 0 {
		return &Explanation{Cause: Short, Facts: Facts{Least: least}}, nil
	}
	e, err := w.stored(ctx, c.ID)
	d := w.file.Load()
	if err != nil || e != nil || d == nil {
		return e, err
	}
	return d.first(ctx, c.ID)
}

func isPrompt(op gateway.Op) bool {
	return op == gateway.Chat || op == gateway.Messages || op == gateway.Responses || op == gateway.Generate
}
