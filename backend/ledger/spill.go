package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"

	"weir/backend/gateway"
	"weir/backend/store"
)

// A spill is the folder in which outcomes lie that the ledger could not take.
type spill struct {
	dir   string
	files atomic.Bool // there may be files to replay
}

// A spilled outcome keeps the upstream's usage as text, so that no odd byte of it keeps the rest from being written.
type spilled struct {
	Call  gateway.Call    `json:"call"`
	Usage string          `json:"usage,omitempty"`
	Spent gateway.Amounts `json:"spent"`
}

// plainID is an id that may be a file's name.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// write makes an outcome durable in a file of its own. A file appears under its
// name only when it is whole.
func (s *spill) write(o Outcome) error {
	if !plainID.MatchString(o.Call.ID) {
		return fmt.Errorf("call id %q is no file's name", o.Call.ID)
	}
	v := spilled{Call: o.Call, Usage: string(o.Call.Usage), Spent: o.Spent}
	v.Call.Usage = nil
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode a spilled call: %w", err)
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("make the spill folder: %w", err)
	}
	path := filepath.Join(s.dir, o.Call.ID+".json")
	if err := writeSynced(path+".part", text); err != nil {
		return errors.Join(err, os.Remove(path+".part"))
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("name a spilled call: %w", err)
	}
	s.files.Store(true)
	return errors.Join(syncFolder(s.dir), syncFolder(filepath.Dir(s.dir)))
}

func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("make a spill file: %w", err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// read returns a spilled outcome.
func (s *spill) read(name string) (Outcome, error) {
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return Outcome{}, fmt.Errorf("read a spilled call: %w", err)
	}
	var v spilled
	if err := json.Unmarshal(text, &v); err != nil {
		return Outcome{}, fmt.Errorf("read spilled call %s: %w", name, err)
	}
	v.Call.Usage = nil // a call without usage is written with a null
	if v.Usage != "" {
		v.Call.Usage = json.RawMessage(v.Usage)
	}
	return Outcome{v.Call, v.Spent}, nil
}

// names lists what is spilled.
func (s *spill) names() ([]string, error) {
	files, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list spilled calls: %w", err)
	}
	var names []string
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".json") {
			names = append(names, f.Name())
		}
	}
	return names, nil
}

// replay brings into the ledger what could not be written before. After a failure it
// first proves that the ledger can be written again.
func (l *Ledger) replay(ctx context.Context) error {
	if ok, _ := l.Healthy(); !ok {
		if err := l.st.Do(ctx, probe); err != nil {
			return fmt.Errorf("probe the ledger: %w", err)
		}
		if err := l.writeUnsaved(ctx); err != nil {
			return err
		}
		l.setTrouble("")
	}
	if l.spill.files.Swap(false) {
		if err := l.replayFiles(ctx); err != nil {
			l.spill.files.Store(true)
			return err
		}
	}
	return nil
}

const (
	insertProbe = `INSERT INTO setting (name, value) VALUES ('probe', hex(zeroblob(8192)))`
	deleteProbe = `DELETE FROM setting WHERE name = 'probe'`
)

// probe writes more than a page, since a full disk may still take less.
func probe(tx *store.Tx) error {
	if _, err := tx.Exec(insertProbe); err != nil {
		return err
	}
	_, err := tx.Exec(deleteProbe)
	return err
}

func (l *Ledger) writeUnsaved(ctx context.Context) error {
	l.mu.Lock()
	waiting := l.unsaved
	l.unsaved = nil
	l.mu.Unlock()
	for i, s := range waiting {
		if err := l.st.Do(ctx, s.apply); err != nil {
			l.mu.Lock()
			l.unsaved = append(l.unsaved, waiting[i:]...)
			l.mu.Unlock()
			return fmt.Errorf("settle call %s: %w", s.outcome.Call.ID, err)
		}
	}
	return nil
}

func (l *Ledger) replayFiles(ctx context.Context) error {
	names, err := l.spill.names()
	if err != nil {
		return err
	}
	var failed []error
	for _, name := range names {
		if err := l.replayFile(ctx, name); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// replayFile settles one spilled call and removes its file. A file that cannot be read
// is set apart, so that it keeps nothing from starting: its call stays open and the next
// start settles it from its progress.
func (l *Ledger) replayFile(ctx context.Context, name string) error {
	o, err := l.spill.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // replayed meanwhile
	}
	if err != nil {
		l.log.Error("a spilled call cannot be read and is set apart", "file", name, "err", err)
		path := filepath.Join(l.spill.dir, name)
		if err := os.Rename(path, path+".unread"); err != nil {
			return fmt.Errorf("set a spilled call apart: %w", err)
		}
		return nil
	}
	s, err := l.settle(o, nil)
	if err != nil {
		return err
	}
	if err := l.st.Do(ctx, s.replay); err != nil {
		return fmt.Errorf("replay call %s: %w", o.Call.ID, err)
	}
	if err := os.Remove(filepath.Join(l.spill.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove a replayed call: %w", err)
	}
	return nil
}

const hasCall = `SELECT EXISTS (SELECT 1 FROM call WHERE id = ?)`

// replay applies a spilled settlement, also in a ledger that was restored from a time before the call.
func (s *settlement) replay(tx *store.Tx) error {
	var known bool
	if err := tx.QueryRow(hasCall, s.outcome.Call.ID).Scan(&known); err != nil {
		return fmt.Errorf("look for the call: %w", err)
	}
	if !known {
		if _, err := tx.Exec(insertCall, openRow(s.l.boot, &s.outcome.Call, gateway.Amounts{}, nil, nil)...); err != nil {
			return err
		}
	}
	return s.apply(tx)
}
