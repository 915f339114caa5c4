package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"weir/backend/gateway"
)

// occupy keeps the writer busy until release is called, so that what is sent meanwhile is one group.
func occupy(t *testing.T, s *Store) (release func()) {
	t.Helper()
	started, free := make(chan struct{}), make(chan struct{})
	answer := s.Send(bg, func(*Tx) error {
		close(started)
		<-free
		return nil
	})
	<-started
	return func() {
		close(free)
		if err := <-answer; err != nil {
			t.Error(err)
		}
	}
}

var errNo = errors.New("no")

func TestAnOpIsUndoneAlone(t *testing.T) {
	failing := func(end func() error) func(*Tx) error {
		return func(tx *Tx) error {
			if _, err := tx.Exec(insert, "half", "done"); err != nil {
				return err
			}
			return end()
		}
	}
	for _, tt := range []struct {
		name string
		op   func(*Tx) error
		want string
	}{
		{"when it returns an error", failing(func() error { return errNo }), "no"},
		{"when it panics", failing(func() error { panic("at the disco") }), "panic in a ledger operation: at the disco"},
		{"when a constraint refuses", func(tx *Tx) error { return errors.Join(put("b")(tx), put("b")(tx)) }, "UNIQUE"},
		{"when its SQL is wrong", func(tx *Tx) error { _, err := tx.Exec("INSERT INTO nowhere VALUES (1)"); return err }, "no such table"},
		{"when it queries what is not there", func(tx *Tx) error { var n int; return tx.QueryRow("SELECT n FROM nowhere").Scan(&n) }, "no such table"},
	} {
		for _, size := range []string{"among others", "alone"} {
			t.Run(tt.name+", "+size, func(t *testing.T) {
				s := open(t, t.TempDir())
				release := func() {}
				var others []<-chan error
				if size == "among others" {
					release = occupy(t, s)
					others = append(others, s.Send(bg, put("first")))
				}
				failed := s.Send(bg, tt.op)
				if size == "among others" {
					others = append(others, s.Send(bg, put("last")))
				}
				release()
				if err := <-failed; err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("op = %v, want %q", err, tt.want)
				}
				for _, other := range others {
					if err := <-other; err != nil {
						t.Error(err)
					}
				}
				want := map[string]string{"among others": "first last", "alone": ""}[size]
				if got := names(t, s); got != want {
					t.Errorf("names = %q, want %q", got, want)
				}
				if err := s.Do(bg, put("after")); err != nil {
					t.Errorf("the writer did not go on: %v", err)
				}
			})
		}
	}
}

func TestAnOpenCursorDoesNotOutliveItsOp(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.Do(bg, put("a")); err != nil {
		t.Fatal(err)
	}
	err := s.Do(bg, func(tx *Tx) error {
		rows, err := tx.Query("SELECT name FROM setting")
		if err != nil {
			return err
		}
		rows.Next()
		return put("b")(tx)
	})
	if err := errors.Join(err, s.Do(bg, put("c"))); err != nil {
		t.Fatal(err)
	}
	if got := names(t, s); got != "a b c" {
		t.Errorf("names = %q", got)
	}
}

func TestACallerMayLeaveWhileItWaits(t *testing.T) {
	s := open(t, t.TempDir())
	release := occupy(t, s)
	ctx, leave := context.WithCancel(bg)
	sent := s.Send(ctx, put("sent"))
	done := make(chan error)
	go func() { done <- s.Do(ctx, put("done")) }()
	leave()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Do = %v, want %v", err, context.Canceled)
	}
	release()
	if err := <-sent; !errors.Is(err, context.Canceled) {
		t.Errorf("Send = %v, want %v", err, context.Canceled)
	}
	if got := names(t, s); got != "" {
		t.Errorf("names = %q, want none", got)
	}
}

func TestAnOpThatWasTakenRunsToItsEnd(t *testing.T) {
	s := open(t, t.TempDir())
	ctx, leave := context.WithCancel(bg)
	err := s.Do(ctx, func(tx *Tx) error {
		leave()
		return put("a")(tx)
	})
	if got := names(t, s); err != nil || got != "a" {
		t.Errorf("Do = %v, names = %q", err, got)
	}
}

func TestAFullQueueMakesCallersWait(t *testing.T) {
	s := open(t, t.TempDir())
	release := occupy(t, s)
	for i := range maxQueue {
		s.Send(bg, put(fmt.Sprint("queued", i)))
	}
	ctx, leave := context.WithCancel(bg)
	answer := make(chan error)
	go func() { answer <- s.Do(ctx, put("late")) }()
	leave()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("Do on a full queue = %v, want %v", err, context.Canceled)
	}
	go func() { answer <- s.Do(bg, put("patient")) }()
	release()
	if err := <-answer; err != nil {
		t.Fatal(err)
	}
	var n int
	if err := s.Read().QueryRow(count).Scan(&n); err != nil || n != maxQueue+1 {
		t.Errorf("%d rows, want %d: %v", n, maxQueue+1, err)
	}
}

func TestCloseRunsWhatIsQueued(t *testing.T) {
	home := t.TempDir()
	s, err := Open(bg, home)
	if err != nil {
		t.Fatal(err)
	}
	release := occupy(t, s)
	queued := s.Send(bg, put("a"))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	release()
	wg.Wait()
	if err := <-queued; err != nil {
		t.Error(err)
	}
	if got := names(t, open(t, home)); got != "a" {
		t.Errorf("names = %q, want a", got)
	}
}

// fill lets the file grow no more.
func fill(tx *Tx) error {
	_, err := tx.Exec("PRAGMA max_page_count = 1")
	return err
}

// unfill lets it grow again.
func unfill(tx *Tx) error {
	_, err := tx.Exec("PRAGMA max_page_count = 1000000")
	return err
}

func putLarge(tx *Tx) error {
	_, err := tx.Exec("INSERT INTO setting (name, value) VALUES ('large', hex(zeroblob(100000)))")
	return err
}

func TestAFullDisk(t *testing.T) {
	s := open(t, t.TempDir())
	if err := errors.Join(s.Do(bg, put("before")), s.Do(bg, fill)); err != nil {
		t.Fatal(err)
	}
	swallow := func(tx *Tx) error {
		_ = putLarge(tx) // the store must not let an op forget that its storage failed
		return put("on its own")(tx)
	}
	for name, op := range map[string]func(*Tx) error{"a failure": putLarge, "a swallowed failure": swallow} {
		err := s.Do(bg, op)
		var e *gateway.Error
		if !errors.As(err, &e) || e.Kind != gateway.Storage || !strings.Contains(e.Message, "disk is full") {
			t.Errorf("%s = %v, want a storage error", name, err)
		}
	}
	release := occupy(t, s)
	bad, neighbour := s.Send(bg, putLarge), s.Send(bg, put("neighbour"))
	release()
	for _, answer := range []<-chan error{bad, neighbour} {
		if err := <-answer; err == nil {
			t.Error("an op was acknowledged whose group was lost")
		}
	}
	if err := errors.Join(s.Do(bg, unfill), s.Do(bg, putLarge)); err != nil {
		t.Fatal(err)
	}
	if got := names(t, s); got != "before large" {
		t.Errorf("names = %q, want before large", got)
	}
}

func TestManyWritersAtOnce(t *testing.T) {
	s := open(t, t.TempDir())
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			for i := range 20 {
				name := fmt.Sprint(w, "-", i)
				err := s.Do(bg, func(tx *Tx) error {
					if err := put(name)(tx); err != nil || i%5 != 0 {
						return err
					}
					return errNo
				})
				if want := i%5 == 0; errors.Is(err, errNo) != want || (err != nil) != want {
					t.Errorf("op %d = %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	var n int
	if err := s.Read().QueryRow(count).Scan(&n); err != nil || n != 64*16 {
		t.Errorf("%d rows, want %d: %v", n, 64*16, err)
	}
}
