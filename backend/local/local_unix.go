//go:build !windows

package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// longest is how many bytes the path of a socket may have on every system.
const longest = 100

// Listen opens the unix socket of a home: in the user's runtime folder, else in one of our own
// in the temp folder, else in the home, whichever is this user's alone and has a short path.
func Listen(home string) (net.Listener, string, error) {
	sum := sha256.Sum256([]byte(home))
	name := "weir-" + hex.EncodeToString(sum[:4]) + ".sock"
	var errs []error
	for _, dir := range []string{os.Getenv("XDG_RUNTIME_DIR"), filepath.Join(os.TempDir(), fmt.Sprintf("weir-%d", os.Getuid())), home} {
		path := filepath.Join(dir, name)
		if dir == "" || len(path) > longest {
			continue
		}
		l, err := listen(dir, path)
		if err == nil {
			return l, path, nil
		}
		errs = append(errs, err)
	}
	return nil, "", errors.Join(append(errs, errors.New("no folder for the socket has a short enough path"))...)
}

func listen(dir, path string) (net.Listener, error) {
	if err := ownFolder(dir); err != nil {
		return nil, err
	}
	// Whoever holds the home's lock owns the socket: one that is there was left behind.
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return l, os.Chmod(path, 0o600)
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
