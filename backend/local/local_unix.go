//go:build !windows

package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// Listen opens the unix socket of a home, in the user's runtime folder or one of our
// own in the temp folder: socket paths over about 100 bytes fail.
func Listen(home string) (net.Listener, string, error) {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" || len(dir) > 70 {
		dir = filepath.Join(os.TempDir(), fmt.Sprintf("weir-%d", os.Getuid()))
	}
	if err := ownFolder(dir); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256([]byte(home))
	path := filepath.Join(dir, "weir-"+hex.EncodeToString(sum[:4])+".sock")
	// Whoever holds the home's lock owns the socket: one that is there was left behind.
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, "", err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, "", err
	}
	return l, path, os.Chmod(path, 0o600)
}

// ownFolder makes a folder that belongs to this user alone, or says that it does not.
func ownFolder(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(st.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s is not this user's own folder", dir)
	}
	return nil
}

// Dial connects to what Listen opened.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", address)
}
