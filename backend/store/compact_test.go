package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestCompactMakesTheFileSmallerWhileOthersWrite(t *testing.T) {
	home := t.TempDir()
	s, err := Open(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write := func(query string) error {
		return s.Do(t.Context(), func(tx *Tx) error {
			_, err := tx.Exec(query)
			return err
		})
	}
	const big = `INSERT INTO setting (name, value) VALUES ('big', hex(zeroblob(4000000)))`
	for _, query := range []string{big, `DELETE FROM setting WHERE name = 'big'`} {
		if err := write(query); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if err := write(`INSERT INTO boot (started_at) VALUES (1)`); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	info, err := os.Stat(filepath.Join(home, fileName))
	if err != nil || info.Size() > 2<<20 {
		t.Errorf("the file has %d bytes, %v", info.Size(), err)
	}
	var n int
	if err := s.Read().QueryRow(`SELECT count(*) FROM boot`).Scan(&n); err != nil || n != 160 {
		t.Errorf("%d rows are there, %v, want 160", n, err)
	}
}

func TestAClosedStoreCompactsNothing(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("Compact() = %v, want %v", err, errClosed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Compact(ctx); err == nil {
		t.Error("Compact() of a closed store succeeds")
	}
}
