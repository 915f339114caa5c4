package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"weir/backend/gateway"
)

var bg = context.Background()

func open(t testing.TB, home string) *Store {
	t.Helper()
	s, err := Open(bg, home)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

const (
	insert = "INSERT INTO setting (name, value) VALUES (?, ?)"
	count  = "SELECT count(*) FROM setting"
)

func put(name string) func(*Tx) error {
	return func(tx *Tx) error {
		_, err := tx.Exec(insert, name, "x")
		return err
	}
}

func names(t testing.TB, s *Store) string {
	t.Helper()
	var list sql.NullString
	if err := s.Read().QueryRow("SELECT group_concat(name, ' ') FROM (SELECT name FROM setting ORDER BY name)").Scan(&list); err != nil {
		t.Fatal(err)
	}
	return list.String
}

func TestAHomeIsForItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions")
	}
	home := filepath.Join(t.TempDir(), "a home?with #odd %20 signs")
	s := open(t, home)
	if err := s.Do(bg, put("a")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{
		home:                                 0o700 | os.ModeDir,
		filepath.Join(home, fileName):        0o600,
		filepath.Join(home, fileName+"-wal"): 0o600,
		filepath.Join(home, fileName+"-shm"): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("mode of %s = %v, want %v", filepath.Base(path), info.Mode(), want)
		}
	}
}

func TestPragmas(t *testing.T) {
	s := open(t, t.TempDir())
	err := s.Do(bg, func(tx *Tx) error {
		for pragma, want := range map[string]string{
			"journal_mode":         "wal",
			"synchronous":          "2",
			"fullfsync":            "1",
			"checkpoint_fullfsync": "1",
			"secure_delete":        "1",
			"foreign_keys":         "1",
			"busy_timeout":         "5000",
			"application_id":       "2003134834",
		} {
			var got string
			if err := tx.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil {
				return err
			}
			if got != want {
				t.Errorf("PRAGMA %s = %s, want %s", pragma, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read().Exec(insert, "a", "b"); err == nil {
		t.Error("a reader could write")
	}
}

func TestWhatIsWrittenIsThereAfterReopening(t *testing.T) {
	home := t.TempDir()
	s, err := Open(bg, home)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Do(bg, put("a")), s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := s.Do(bg, put("b")); !errors.Is(err, errClosed) {
		t.Errorf("Do after Close = %v, want %v", err, errClosed)
	}
	if got := names(t, open(t, home)); got != "a" {
		t.Errorf("names = %q, want a", got)
	}
}

func TestFilesThatAreNoLedgerOfOurs(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, path string)
		want  string
	}{
		{"a newer version's ledger is not touched", script("PRAGMA user_version = 999"), "newer version"},
		{"another program's file is not touched", script("PRAGMA application_id = 77"), "another program"},
		{"a damaged page is found", func(t *testing.T, path string) { scribble(t, path, 4096, 4000) }, "damaged"},
		{"a file that is no database is found", func(t *testing.T, path string) { scribble(t, path, 0, 100) }, "damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			home := t.TempDir()
			s, err := Open(bg, home)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			tt.spoil(t, filepath.Join(home, fileName))
			_, err = Open(bg, home)
			var e *gateway.Error
			if !errors.As(err, &e) || e.Kind != gateway.Storage || !strings.Contains(e.Message, tt.want) {
				t.Errorf("Open = %v, want a storage error with %q", err, tt.want)
			}
		})
	}
}

func TestFoldersThatAreNoHome(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions")
	}
	shared := filepath.Join(t.TempDir(), "shared")
	if err := errors.Join(os.Mkdir(shared, 0o755), os.Chmod(shared, 0o777|os.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, home := range map[string]string{"a shared folder": shared, "a file": file, "a folder under a file": filepath.Join(file, "x")} {
		var e *gateway.Error
		if _, err := Open(bg, home); !errors.As(err, &e) || e.Kind != gateway.Storage {
			t.Errorf("%s: Open = %v, want a storage error", name, err)
		}
	}
	if info, err := os.Stat(shared); err != nil || info.Mode().Perm() != 0o777 {
		t.Errorf("mode of the shared folder = %v, %v, want it as it was", info.Mode(), err)
	}
}

func script(text string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec(text)
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func scribble(t *testing.T, path string, at int64, n int) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte(strings.Repeat("?", n)), at)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestLargeFiles(t *testing.T) {
	const page = 10 << 20 // somewhere in the middle
	for _, tt := range []struct {
		name   string
		leave  func(t *testing.T, s *Store, home string) string // ends the use of the file; returns its home
		spoilt bool
		opens  bool
	}{
		{"one that was closed well is used at once", closed, false, true},
		{"one that was closed well and is damaged is written no more once that is known", closed, true, true},
		{"one that was not closed is checked first", abandoned, true, false},
		{"one that was not closed and is sound is used", abandoned, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			home := t.TempDir()
			s, err := Open(bg, home)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Do(bg, put(strings.Repeat("a", checkedAtOnce+1))); err != nil {
				t.Fatal(err)
			}
			home = tt.leave(t, s, home)
			if tt.spoilt {
				scribble(t, filepath.Join(home, fileName), page, 4096)
			}
			s, err = Open(bg, home)
			if opens := err == nil; opens != tt.opens {
				t.Fatalf("Open = %v", err)
			}
			if err != nil {
				return
			}
			defer s.Close()
			<-s.checked
			var e *gateway.Error
			if err := s.Do(bg, put("b")); errors.As(err, &e) != tt.spoilt || err != nil && !strings.Contains(e.Message, "damaged") {
				t.Errorf("Do = %v", err)
			}
		})
	}
}

func closed(t *testing.T, s *Store, home string) string {
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return home
}

// abandoned leaves the files as a program does that is killed right after a commit.
func abandoned(t *testing.T, s *Store, home string) string {
	if _, err := s.writer.conn.ExecContext(bg, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Do(bg, put("last")); err != nil {
		t.Fatal(err)
	}
	left := t.TempDir()
	for _, name := range []string{fileName, fileName + "-wal"} {
		data, err := os.ReadFile(filepath.Join(home, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(left, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	closed(t, s, home)
	return left
}
