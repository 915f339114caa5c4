//go:build !windows

package setup

import (
	"os"
	"syscall"
)

// keepOwner gives a new file the owner and group of the one that it replaces.
func (f configFile) keepOwner(temp *os.File) error {
	if f.info == nil {
		return nil
	}
	was, ok := f.info.Sys().(*syscall.Stat_t)
	if !ok || int(was.Uid) == os.Geteuid() && int(was.Gid) == os.Getegid() {
		return nil
	}
	return temp.Chown(int(was.Uid), int(was.Gid))
}

// syncDir makes a rename durable. A file system that cannot is no reason to fail.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
