package backend

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
)

// ErrTaken is returned when another program has the home open.
var ErrTaken = errors.New("another Weir has this home open")

// A lock is held by one program per home, and falls with it.
type lock struct{ h windows.Handle }

func take(path string) (*lock, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	// No share mode: a second open fails as long as the first handle lives.
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_ALWAYS, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return nil, ErrTaken
	}
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	return &lock{h}, nil
}

func (l *lock) release() error {
	if l == nil {
		return nil
	}
	return windows.CloseHandle(l.h)
}
