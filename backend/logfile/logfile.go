// Package logfile keeps the program's log in a home: small, for its owner alone, and without
// anything that looks like a key. It decides nothing about what is logged.
package logfile

import (
	"io"
	"os"
	"path/filepath"

	"gopkg.in/natefinch/lumberjack.v2"
)

const (
	folder   = "logs"
	name     = "weir.log"
	megas    = 5 // of one file
	oldFiles = 2 // beside the one that is written
)

// A File is the log of one home. It may be written to from several goroutines.
type File struct{ rolling *lumberjack.Logger }

// Open returns the log file of a home: 0600 in a folder of 0700. It is made with the first line.
func Open(home string) (*File, error) {
	dir := filepath.Join(home, folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &File{&lumberjack.Logger{Filename: filepath.Join(dir, name), MaxSize: megas, MaxBackups: oldFiles}}, nil
}

// Path returns where the newest lines are.
func (f *File) Path() string { return f.rolling.Filename }

// Write adds one record of the log, redacted.
func (f *File) Write(record []byte) (int, error) { return Redacting(f.rolling).Write(record) }

// Close closes the file; a later line opens it again.
func (f *File) Close() error { return f.rolling.Close() }

// Redacting returns a writer that redacts each record that it is given and passes it on.
func Redacting(w io.Writer) io.Writer { return redacting{w} }

type redacting struct{ to io.Writer }

func (r redacting) Write(record []byte) (int, error) {
	if _, err := io.WriteString(r.to, Redact(string(record))); err != nil {
		return 0, err
	}
	return len(record), nil
}
