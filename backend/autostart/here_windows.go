package autostart

import (
	"errors"
	"strings"

	"golang.org/x/sys/windows/registry"
)

const (
	runKey = `Software\Microsoft\Windows\CurrentVersion\Run`
	// approvedKey is where Task Manager keeps what its user switched off: a value whose
	// first byte is odd.
	approvedKey = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
	valueName   = "Weir"
)

type run struct{}

// here is the user's Run key.
func here() system { return run{} }

func (run) read() (executable string, off bool, err error) {
	key, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if err != nil {
		return "", false, absent(err)
	}
	defer key.Close()
	line, _, err := key.GetStringValue(valueName)
	if err != nil {
		return "", false, absent(err)
	}
	return program(line), switchedOff(), nil
}

// program is the first word of a command line.
func program(line string) string {
	if rest, quoted := strings.CutPrefix(line, `"`); quoted {
		word, _, _ := strings.Cut(rest, `"`)
		return word
	}
	word, _, _ := strings.Cut(line, " ")
	return word
}

func switchedOff() bool {
	key, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer key.Close()
	value, _, err := key.GetBinaryValue(valueName)
	return err == nil && len(value) > 0 && value[0]&1 == 1
}

func (run) write(executable string) error {
	key, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer key.Close()
	// A path has no quotes on Windows.
	if err := key.SetStringValue(valueName, `"`+executable+`" `+hidden); err != nil {
		return err
	}
	return forget(approvedKey) // what was switched off before is wanted again
}

func (run) remove() error { return errors.Join(forget(runKey), forget(approvedKey)) }

// forget removes our value from a key.
func forget(path string) error {
	key, err := registry.OpenKey(registry.CURRENT_USER, path, registry.SET_VALUE)
	if err != nil {
		return absent(err)
	}
	defer key.Close()
	return absent(key.DeleteValue(valueName))
}

// absent makes nothing of the error that something is not there.
func absent(err error) error {
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	return err
}
