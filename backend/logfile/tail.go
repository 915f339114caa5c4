package logfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// MaxLines and maxBytes bound a tail.
const (
	MaxLines = 1000
	maxBytes = 256 << 10
)

// Tail returns the last lines of a log, at most MaxLines and 256 KiB, redacted once more. A
// log that is not there has none.
func Tail(path string, lines int) ([]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	from := max(size-maxBytes, 0)
	end := make([]byte, size-from)
	n, err := f.ReadAt(end, from)
	if err != nil && err != io.EOF {
		return nil, err
	}
	end = end[:n]
	if from > 0 {
		_, end, _ = bytes.Cut(end, []byte("\n")) // the first line may be half of one
	}
	text := strings.TrimRight(strings.ToValidUTF8(string(end), "�"), "\n")
	if text == "" {
		return nil, nil
	}
	all := strings.Split(Redact(text), "\n")
	return all[max(len(all)-min(lines, MaxLines), 0):], nil
}
