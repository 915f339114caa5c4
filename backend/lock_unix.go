//go:build !windows

package backend

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrTaken is returned when another program has the home open.
var ErrTaken = errors.New("another Weir has this home open")

// A lock is held by one program per home, and falls with it.
type lock struct{ f *os.File }

func take(path string) (*lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, ErrTaken
	}
	return &lock{f}, nil
}

func (l *lock) release() error {
	if l == nil {
		return nil
	}
	return l.f.Close()
}
