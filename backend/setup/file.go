package setup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"weir/backend/edit"
	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// mostBytes is how large a file of settings may be; the usual ones have a few hundred lines.
const mostBytes = 4 << 20

var (
	errDangling = errors.New("a link leads nowhere")
	errNoFile   = errors.New("not a regular file")
	errLarge    = errors.New("larger than a file of settings")
	errReadOnly = errors.New("read-only")
	errChanged  = errors.New("changed since it was read")
)

// A configFile is a file as it was read.
type configFile struct {
	path   string // of the file itself, at the end of links
	text   []byte
	exists bool
	info   fs.FileInfo // nil, when it does not exist
}

// readFile reads a file that may not be there yet. Links are followed: people keep such files elsewhere.
func readFile(path string) (configFile, error) {
	f := configFile{path: path}
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(path); err == nil {
			return f, errDangling
		}
		return f, nil
	}
	if err != nil {
		return f, err
	}
	f.path = real
	if f.info, err = os.Stat(real); err != nil {
		return f, err
	}
	if !f.info.Mode().IsRegular() {
		return f, errNoFile
	}
	if f.info.Size() > mostBytes {
		return f, errLarge
	}
	f.exists = true
	f.text, err = os.ReadFile(real)
	return f, err
}

// write replaces a file whole, by a rename, unless it is another one than was read. A text of nil takes it away.
func (f configFile) write(text []byte) error {
	now, err := readFile(f.path)
	if err != nil {
		return err
	}
	if now.exists != f.exists || !bytes.Equal(now.text, f.text) {
		return errChanged
	}
	mode := fs.FileMode(0o600)
	if f.exists {
		if mode = f.info.Mode().Perm(); mode&0o200 == 0 {
			return errReadOnly
		}
	}
	if text == nil {
		return os.Remove(f.path)
	}
	dir := filepath.Dir(f.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(dir, ".weir-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	err = errors.Join(err, temp.Chmod(mode), f.keepOwner(temp), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), f.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	syncDir(dir)
	return nil
}

// keptBackups are how many copies of a file stay, beside the very first.
const keptBackups = 10

// backup copies a file as it was read into Weir's home and returns the copy's path; empty for a file that is not there.
func (f configFile) backup(home, tool string, now time.Time) (string, error) {
	if !f.exists {
		return "", nil
	}
	dir := filepath.Join(home, "backups", "connect", tool)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of backups: %w", err)
	}
	sum := sha256.Sum256(f.text)
	name := now.UTC().Format("20060102T150405.000Z") + "-" + hex.EncodeToString(sum[:4]) + filepath.Ext(f.path)
	path := filepath.Join(dir, name)
	if err := writeNew(path, f.text); err != nil {
		return "", fmt.Errorf("write a backup: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("read the folder of backups: %w", err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names) // by time
	for len(names) > keptBackups+1 {
		if err := os.Remove(filepath.Join(dir, names[1])); err != nil {
			return "", fmt.Errorf("remove an old backup: %w", err)
		}
		names = slices.Delete(names, 1, 2)
	}
	return path, nil
}

func writeNew(path string, text []byte) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return errors.Join(err, out.Sync(), out.Close())
}

// refusal makes an error of a file into one that people can act on.
func refusal(path string, err error) error {
	if err == nil {
		return nil
	}
	return &gateway.Error{Kind: gateway.Conflict, Field: "file", Message: sentence(path, err), Err: err}
}

// sentence says what is wrong with a file.
func sentence(path string, err error) string {
	var wrong *edit.SyntaxError
	switch {
	case errors.Is(err, edit.ErrShape):
		return i18n.T("error.setup.shape", "path", path)
	case errors.As(err, &wrong):
		return i18n.T("error.setup.syntax", "path", path, "line", wrong.Line, "column", wrong.Column)
	case errors.Is(err, edit.ErrTwice):
		return i18n.T("error.setup.twice", "path", path)
	case errors.Is(err, errChanged):
		return i18n.T("error.setup.changed", "path", path)
	case errors.Is(err, errReadOnly):
		return i18n.T("error.setup.read_only", "path", path)
	case errors.Is(err, errDangling):
		return i18n.T("error.setup.dangling", "path", path)
	case errors.Is(err, errNoFile), errors.Is(err, errLarge):
		return i18n.T("error.setup.no_settings", "path", path)
	}
	return i18n.T("error.setup.file", "path", path, "reason", reason(err))
}

// reason leaves the path out of a system's error: the sentence has it.
func reason(err error) string {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err.Error()
	}
	return err.Error()
}
