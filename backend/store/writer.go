package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"weir/backend/gateway"
)

const (
	maxGroup = 512  // ops that share one commit at most
	maxQueue = 4096 // ops that wait; when it is full, callers wait
)

// A writer owns the one connection that writes. Its goroutine takes what is
// queued as a group and commits it at once, so that many callers share one wait
// for the disk.
type writer struct {
	conn    *sql.Conn
	driver  driver.ConnPrepareContext // conn's own, which is nobody else's
	stmts   map[string]statement
	queries map[string]*sql.Stmt
	args    []driver.NamedValue // of the statement that runs
	sums    map[string]Sum      // of the commit that runs
	written []Sum               // of the commit that runs, once they are in its rows
	queue   chan *job
	errands chan errand
	done    chan struct{} // closed when the goroutine has ended

	broken atomic.Pointer[gateway.Error] // why nothing more is written

	mu     sync.RWMutex // held for reading while a caller queues; guards closed and the end of queue
	closed bool
}

// A job is a queued op with the way back to its caller.
type job struct {
	op     func(*Tx) error
	state  atomic.Int32
	err    error
	answer chan error
}

// A job is queued until the writer takes it or its caller gives it up, whoever is first.
const (
	queued int32 = iota
	taken
	givenUp
)

func startWriter(conn *sql.Conn) (*writer, error) {
	w := &writer{
		conn:    conn,
		stmts:   map[string]statement{},
		queries: map[string]*sql.Stmt{},
		sums:    map[string]Sum{},
		queue:   make(chan *job, maxQueue),
		errands: make(chan errand),
		done:    make(chan struct{}),
	}
	err := conn.Raw(func(own any) error {
		var ok bool
		if w.driver, ok = own.(driver.ConnPrepareContext); !ok {
			return errNoExec
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find the writer's driver: %w", err)
	}
	go w.loop()
	return w, nil
}

// Do runs op in a transaction and returns when its writes are durable. Ops of
// several callers share one transaction; an op that returns an error or panics is
// undone alone, and its error is returned as it is. When the storage itself fails,
// the whole group is undone and each caller gets a *gateway.Error of kind Storage.
// An op may be run twice, its first run undone, because another one failed: it must
// set anew whatever it sets outside of the transaction.
//
// A full queue makes Do wait. If ctx ends before the writer takes the op, it never
// runs; once taken it runs to its end, and Do returns what came of it. An op must
// not call Do, and its Tx is nothing to keep.
func (s *Store) Do(ctx context.Context, op func(tx *Tx) error) error {
	j, err := s.writer.send(ctx, op)
	if err != nil {
		return err
	}
	select {
	case err := <-j.answer:
		return err
	case <-ctx.Done():
	}
	if j.state.CompareAndSwap(queued, givenUp) {
		return ctx.Err()
	}
	return <-j.answer
}

// Send queues op as Do does, but returns at once with the channel that gets its
// one answer. If ctx ends before the writer takes the op, it does not run and the
// answer is ctx's error.
func (s *Store) Send(ctx context.Context, op func(tx *Tx) error) <-chan error {
	j, err := s.writer.send(ctx, func(tx *Tx) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return op(tx)
	})
	if err != nil {
		failed := make(chan error, 1)
		failed <- err
		return failed
	}
	return j.answer
}

func (w *writer) send(ctx context.Context, op func(*Tx) error) (*job, error) {
	j := &job{op: op, answer: make(chan error, 1)}
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return nil, errClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := w.broken.Load(); err != nil {
		return nil, err
	}
	select {
	case w.queue <- j:
		return j, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// stop lets the writer finish what is queued and gives its connection back.
func (w *writer) stop() error {
	w.mu.Lock()
	w.closed = true
	close(w.queue)
	w.mu.Unlock()
	<-w.done
	errs := []error{w.closeStatements()}
	if _, err := w.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		errs = append(errs, fmt.Errorf("move the log into the file: %w", err))
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

func (w *writer) loop() {
	defer close(w.done)
	group := make([]*job, 0, maxGroup)
	for {
		select {
		case j, ok := <-w.queue:
			if !ok {
				return
			}
			w.serve(append(group[:0], j))
		case e := <-w.errands:
			e.answer <- e.do(w)
		}
	}
}

// serve commits a group, with what else is queued, and answers each of its callers.
func (w *writer) serve(group []*job) {
	w.wait()
	if group = w.gather(group); len(group) == 0 {
		return
	}
	err := w.commit(group)
	for _, j := range group {
		if err != nil {
			j.err = err
		}
		j.answer <- j.err
	}
	clear(group)
}

// wait lets callers who are about to queue come into this commit, for as long as more of them do.
func (w *writer) wait() {
	for waiting := -1; waiting < len(w.queue) && waiting < maxGroup; {
		waiting = len(w.queue)
		runtime.Gosched()
	}
}

// gather adds what else is queued and leaves out what was given up meanwhile.
func (w *writer) gather(group []*job) []*job {
	for len(group) < maxGroup {
		select {
		case j, ok := <-w.queue:
			if ok {
				group = append(group, j)
				continue
			}
		default:
		}
		break
	}
	live := group[:0]
	for _, j := range group {
		if j.state.CompareAndSwap(queued, taken) {
			live = append(live, j)
		}
	}
	return live
}

// commit runs a group in one transaction. The error it returns is everyone's; an
// op's own error stays with its job. Savepoints cost a tenth of a group's time and are
// hardly ever needed: only when an op fails after it wrote is the group run again with them.
func (w *writer) commit(group []*job) error {
	err := w.attempt(group, false)
	if errors.Is(err, errTainted) {
		err = w.attempt(group, true)
	}
	return err
}

// attempt runs a group, each op behind a savepoint of its own if guarded.
func (w *writer) attempt(group []*job, guarded bool) error {
	clear(w.sums)
	w.written = w.written[:0]
	if err := w.run("BEGIN IMMEDIATE"); err != nil {
		return orPlain(err, "begin")
	}
	for _, j := range group {
		tx, before := &Tx{w: w, guarded: guarded}, len(w.written)
		j.err = tx.run(j.op, guarded || len(group) == 1)
		err := w.settle(tx, j.err)
		if j.err != nil && guarded {
			w.written = w.written[:before]
		}
		if errors.Is(err, errTainted) && len(group) == 1 {
			w.rollback()
			return nil // the only op is undone
		}
		if err != nil {
			w.rollback()
			return err
		}
	}
	if err := w.sumUp(); err != nil {
		w.rollback()
		return err
	}
	if err := w.run("COMMIT"); err != nil {
		w.rollback()
		return orPlain(err, "commit")
	}
	for _, sum := range w.written {
		sum.Committed()
	}
	return nil
}

// sumUp writes what a group's ops added up. Which of them it was that cannot be written, the guarded run tells.
func (w *writer) sumUp() error {
	if len(w.sums) == 0 {
		return nil
	}
	tx := &Tx{w: w}
	if err := tx.run((*Tx).Flush, false); err != nil && tx.failed == nil {
		return errTainted
	}
	return tx.failed
}

// settle keeps or undoes what one op wrote. Its error means that the transaction is lost.
func (w *writer) settle(tx *Tx, failed error) error {
	switch {
	case tx.failed != nil:
		return tx.failed
	case failed != nil && tx.wrote && !tx.guarded:
		return errTainted
	case !tx.guarded || !tx.wrote:
		return nil
	}
	if failed != nil {
		clear(w.sums)
		if err := w.run("ROLLBACK TO op"); err != nil {
			return orPlain(err, "undo an operation")
		}
	}
	return orPlain(w.run("RELEASE op"), "end an operation")
}

// rollback ends a transaction that SQLite may have ended already: its error says
// nothing that the caller does not know.
func (w *writer) rollback() { _ = w.run("ROLLBACK") }

func (w *writer) run(query string) error {
	_, err := w.exec(query, nil)
	return err
}

// orPlain returns the user's sentence for a fault of the storage, else the error with what was being done.
func orPlain(err error, doing string) error {
	if err == nil {
		return nil
	}
	if f := fault(err); f != nil {
		return f
	}
	return fmt.Errorf("%s: %w", doing, err)
}
