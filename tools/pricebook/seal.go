package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// bookFiles are what a book is made of. A program tells two books apart by their version alone, so a
// change of any of them needs a new one.
var bookFiles = []string{"catalog.jsonl", "overlay.jsonl", "terms.jsonl", "fx.jsonl", "former.jsonl"}

// sumOf is the sum of a version and of all files of a book.
func sumOf(dir string, version int64) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, version)
	for _, name := range bookFiles {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, name, len(text))
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// sealed reads a book's version, and says whether it was given to the book as it is.
func sealed(dir string) (version int64, ok bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "version"))
	if err != nil {
		return 0, false, err
	}
	if version, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err != nil {
		return 0, false, fmt.Errorf("read the book's version: %w", err)
	}
	sum, err := sumOf(dir, version)
	if err != nil {
		return 0, false, err
	}
	known, err := os.ReadFile(filepath.Join(dir, "sum"))
	if os.IsNotExist(err) {
		return version, false, nil
	}
	return version, strings.TrimSpace(string(known)) == sum, err
}

// seal gives a book that was changed the next version: today and 00, or one more than the last.
func seal(dir string, today time.Time, say io.Writer) error {
	version, ok, err := sealed(dir)
	if err != nil {
		return err
	}
	if ok {
		fmt.Fprintf(say, "the book is that of version %d\n", version)
		return nil
	}
	day, err := strconv.ParseInt(today.UTC().Format("20060102"), 10, 64)
	if err != nil {
		return err
	}
	version = max(version+1, day*100)
	sum, err := sumOf(dir, version)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "version"), []byte(strconv.FormatInt(version, 10)+"\n"), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(say, "the book was changed: it is version %d now\n", version)
	return os.WriteFile(filepath.Join(dir, "sum"), []byte(sum+"\n"), 0o644)
}
