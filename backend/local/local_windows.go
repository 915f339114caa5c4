package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os/user"

	"github.com/Microsoft/go-winio"
)

// Listen opens the named pipe of a home for the current user alone.
func Listen(home string) (net.Listener, string, error) {
	me, err := user.Current()
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256([]byte(home))
	path := `\\.\pipe\weir-` + hex.EncodeToString(sum[:4])
	l, err := winio.ListenPipe(path, &winio.PipeConfig{SecurityDescriptor: "D:P(A;;GA;;;" + me.Uid + ")"})
	return l, path, err
}

// Dial connects to what Listen opened.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	return winio.DialPipeContext(ctx, address)
}
