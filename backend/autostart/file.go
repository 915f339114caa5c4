//go:build !windows

package autostart

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// An entry is a file that the system reads at login.
type entry struct {
	path  string
	text  func(executable string) string
	parse func(text []byte) (executable string, off bool) // "": it starts nothing
}

func (e entry) read() (executable string, off bool, err error) {
	text, err := os.ReadFile(e.path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	executable, off = e.parse(text)
	return executable, off, nil
}

// write replaces the file whole: the system may read it at any moment.
func (e entry) write(executable string) error {
	folder := filepath.Dir(e.path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".weir-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(e.text(executable))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), e.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func (e entry) remove() error {
	if err := os.Remove(e.path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
