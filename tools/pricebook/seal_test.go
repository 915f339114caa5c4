package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const shipped = "../../billing/book"

// TestAChangedBookHasANewVersion keeps a book from being changed under its old version.
func TestAChangedBookHasANewVersion(t *testing.T) {
	version, ok, err := sealed(shipped)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Errorf("a file of billing/book was changed, and its version is still %d: run `go run ./tools/pricebook -seal`, which writes billing/book/version and billing/book/sum, and commit both", version)
	}
}

// TestEveryFileIsSealed: no file of the book is left out of its sum.
func TestEveryFileIsSealed(t *testing.T) {
	all, err := filepath.Glob(filepath.Join(shipped, "*.jsonl"))
	if err != nil || len(all) != len(bookFiles) {
		t.Errorf("billing/book has %d files of values, and the sum is of %d: %v", len(all), len(bookFiles), err)
	}
}

func TestSeal(t *testing.T) {
	at := time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)
	write := func(t *testing.T, dir, name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, was, changed string
		want               int64
	}{
		{"the first of a day", "2026112103", "terms.jsonl", 2026112200},
		{"a second one of that day", "2026112200", "former.jsonl", 2026112201},
		{"a clock that is behind", "2026113000", "catalog.jsonl", 2026113001},
		{"a version that was changed by hand", "2026112105", "version", 2026112200},
		{"nothing was changed", "2026112105", "", 2026112105},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range bookFiles {
				write(t, dir, name, "{}\n")
			}
			write(t, dir, "version", tt.was+"\n")
			version, ok, err := sealed(dir)
			if ok || err != nil {
				t.Fatalf("sealed before anything was = %d, %t, %v", version, ok, err)
			}
			sum, err := sumOf(dir, version)
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, "sum", sum+"\n")
			if tt.changed == "version" {
				write(t, dir, "version", "2026112106")
			} else if tt.changed != "" {
				write(t, dir, tt.changed, "{}\n{}\n")
			}
			for range 2 {
				if err := seal(dir, at, io.Discard); err != nil {
					t.Fatal(err)
				}
				if got, ok, err := sealed(dir); got != tt.want || !ok || err != nil {
					t.Errorf("sealed = %d, %t, %v, want %d", got, ok, err, tt.want)
				}
			}
		})
	}
}
