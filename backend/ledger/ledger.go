// Package ledger keeps what every call holds, costs and counts against limits. It never touches a request's or a reply's bytes.
package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

const (
	patience  = time.Second    // how long End waits for the disk before it spills
	tick      = time.Second    // how often spills are replayed and the health is probed
	saveEvery = 2              // ticks between two saves of progress
	farAhead  = 24 * time.Hour // a stored time so far ahead of the clock was a wrong clock's
	maxAmount = int64(1) << 60 // of one call; a window's sum must not come near what an INTEGER holds
)

// Options say where a ledger lies and what it knows of the world.
type Options struct {
	Home string           // spilled outcomes lie in its folder "spill"
	Now  func() time.Time // nil: the system's clock
	Zone string           // IANA name of the zone for new limits; empty: the machine's
	Log  *slog.Logger     // nil: the default one
}

// A Ledger is the open book. Its methods may be called from any goroutine.
type Ledger struct {
	st     *store.Store
	now    func() time.Time
	zone   string
	loc    *time.Location // of zone
	log    *slog.Logger
	boot   int64
	spill  spill
	feed   feed
	window *sql.Stmt // readWindow, which every call of a limited key needs
	rules  atomic.Pointer[rules]
	counts counts
	burns  burns
	kept   map[windowKey]window // as the last commit left them; only ops of the writer touch it
	last   atomic.Int64         // the latest time seen, in UTC milliseconds
	order  int64                // no entry gets an earlier time; only ops of the writer touch it

	limits    sync.Mutex // held while limits are replaced, so that rules follow their rows in order
	repricing sync.Mutex // held by the repricing that runs
	workers   sync.WaitGroup
	working   context.Context // of the workers; it ends when the ledger closes

	retain    chan struct{} // has Retain begin
	retaining atomic.Bool

	mu      sync.Mutex // guards what follows
	open    map[*Hold]struct{}
	unsaved []*settlement // ended, but neither in the ledger nor spilled
	trouble string        // why the ledger cannot be written; empty: it can

	cancel context.CancelFunc
	ended  chan struct{}
}

// Open begins a boot in the ledger of a store, loads the limits and starts the
// upkeep: saving progress, replaying spills, probing after a failure.
func Open(ctx context.Context, st *store.Store, opt Options) (*Ledger, error) {
	l := &Ledger{
		st:     st,
		retain: make(chan struct{}, 1),
		now:    opt.Now,
		zone:   opt.Zone,
		log:    opt.Log,
		spill:  spill{dir: filepath.Join(opt.Home, "spill")},
		open:   map[*Hold]struct{}{},
		kept:   map[windowKey]window{},
		burns:  burns{alarm: UsualAlarm(), speeds: map[string]*speed{}, ringing: map[string]Burn{}},
		ended:  make(chan struct{}),
	}
	if l.now == nil {
		l.now = time.Now
	}
	if l.zone == "" {
		l.zone = machineZone()
	}
	if l.log == nil {
		l.log = slog.Default()
	}
	var err error
	if l.loc, err = time.LoadLocation(l.zone); err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	if err := l.begin(ctx); err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	upkeep, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l.cancel, l.working = cancel, upkeep
	go l.keepUp(upkeep)
	if err := l.resumeRepricings(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the ledger: %w", err), l.Close())
	}
	return l, nil
}

const (
	latestSeen = `SELECT max(t) FROM (
		SELECT ifnull(max(started_at), 0) AS t FROM boot
		UNION ALL SELECT ifnull(max(start), 0) FROM limit_window
		UNION ALL SELECT ifnull(max(started_at), 0) FROM call)`
	insertBoot = `INSERT INTO boot (started_at) VALUES (?)`
)

func (l *Ledger) begin(ctx context.Context) error {
	var seen int64
	if err := l.st.Read().QueryRowContext(ctx, latestSeen).Scan(&seen); err != nil {
		return fmt.Errorf("find the latest time: %w", err)
	}
	if ahead := seen - l.now().UnixMilli(); ahead < farAhead.Milliseconds() {
		l.last.Store(seen)
	} else {
		l.log.Warn("the ledger holds times that lie ahead of the clock", "hours", ahead/time.Hour.Milliseconds())
	}
	at := l.clock().UnixMilli()
	err := l.st.Do(ctx, func(tx *store.Tx) error {
		res, err := tx.Exec(insertBoot, at)
		if err != nil {
			return err
		}
		l.boot, err = res.LastInsertId()
		return err
	})
	if err != nil {
		return fmt.Errorf("note the start: %w", err)
	}
	if err := l.readWritten(ctx); err != nil {
		return err
	}
	if l.window, err = l.st.Read().PrepareContext(ctx, readWindow); err != nil {
		return fmt.Errorf("prepare reading windows: %w", err)
	}
	return l.loadLimits(ctx)
}

// Close ends the upkeep and the feed and saves the progress of calls that still run. It does not close the store.
func (l *Ledger) Close() error {
	l.cancel()
	<-l.ended
	l.workers.Wait()
	l.feed.close()
	defer l.window.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := l.replay(ctx); err != nil {
		return err
	}
	return l.saveProgress(ctx)
}

// clock is the time by which windows are chosen. It never goes back, so that no
// window that was left is entered again.
func (l *Ledger) clock() time.Time {
	now := l.now().UnixMilli()
	for {
		last := l.last.Load()
		if now <= last {
			return time.UnixMilli(last)
		}
		if l.last.CompareAndSwap(last, now) {
			return time.UnixMilli(now)
		}
	}
}

// keepUp does what must happen beside the calls, until ctx ends.
func (l *Ledger) keepUp(ctx context.Context) {
	defer close(l.ended)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := errors.Join(l.replay(ctx), l.watchBurns(ctx))
		if n%saveEvery == 0 {
			err = errors.Join(err, l.saveProgress(ctx))
		}
		if err != nil && ctx.Err() == nil {
			l.log.Error("the ledger's upkeep", "err", err)
		}
	}
}

// Healthy says whether the ledger can be written, and if not, why.
func (l *Ledger) Healthy() (bool, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.trouble == "", l.trouble
}

// setTrouble changes what Healthy answers.
func (l *Ledger) setTrouble(why string) {
	l.mu.Lock()
	changed := l.trouble != why
	l.trouble = why
	l.mu.Unlock()
	if changed {
		l.feed.publish(Event{Kind: HealthChanged})
	}
}

// storageError is what new calls get while the ledger cannot be written.
func storageError(why string) error {
	return &gateway.Error{Kind: gateway.Storage, Message: why, RetryAfter: tick}
}
