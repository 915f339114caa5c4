// Package autostart makes the system start Weir when its user logs in. It touches one entry of
// that user's and never those of other programs.
package autostart

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// hidden is the flag with which the system starts Weir: no window, the tray alone.
const hidden = "--hidden"

// An Item is the login item of one executable. The zero Item is that of a Weir that cannot
// be started so.
type Item struct {
	executable string
	system     system
}

// system is where the platform keeps login items.
type system interface {
	// read returns the executable that the entry starts, "" where there is no entry, and
	// whether the user switched the entry off in the system's own settings.
	read() (executable string, off bool, err error)
	write(executable string) error
	remove() error
}

// New returns the login item of an executable, given by its absolute path.
func New(executable string) Item {
	if !filepath.IsAbs(executable) {
		return Item{}
	}
	return Item{executable, here()}
}

// State says whether Weir can be started at login, whether it will be, and in a sentence what
// stands in the way.
func (i Item) State() (supported, enabled bool, message string) {
	if i.system == nil {
		return false, false, i18n.T("error.autostart.unsupported")
	}
	executable, off, err := i.system.read()
	switch {
	case err != nil:
		return true, false, i18n.T("error.autostart.unreadable", "reason", reason(err))
	case executable == "":
		return true, false, ""
	case !same(executable, i.executable):
		return true, false, i18n.T("error.autostart.other", "path", executable)
	case off:
		return true, false, i18n.T("error.autostart.off")
	}
	return true, true, ""
}

// Enable makes the system start this executable at login, in place of any other Weir.
func (i Item) Enable() error {
	if i.system == nil {
		return &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.autostart.unsupported")}
	}
	return refused(i.system.write(i.executable))
}

// Disable removes the entry, whichever Weir it starts.
func (i Item) Disable() error {
	if i.system == nil {
		return nil
	}
	return refused(i.system.remove())
}

func refused(err error) error {
	if err == nil {
		return nil
	}
	return &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.autostart.refused", "reason", reason(err)), Err: err}
}

// reason is why the system refused, without the paths that people know already.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// same says whether two paths lead to the same file, by whatever links.
func same(a, b string) bool {
	if a == b {
		return true
	}
	x, xerr := os.Stat(a)
	y, yerr := os.Stat(b)
	return xerr == nil && yerr == nil && os.SameFile(x, y)
}
