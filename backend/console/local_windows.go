package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os/user"

	"github.com/Microsoft/go-winio"
)

// ListenLocal opens the named pipe of a home for the current user alone.
func ListenLocal(home string) (net.Listener, string, error) {
	me, err := user.Current()
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256([]byte(home))
	path := `\\.\pipe\weir-` + hex.EncodeToString(sum[:4])
	l, err := winio.ListenPipe(path, &winio.PipeConfig{SecurityDescriptor: "D:P(A;;GA;;;" + me.Uid + ")"})
	return l, path, err
}

// DialLocal connects to what ListenLocal opened.
func DialLocal(ctx context.Context, address string) (net.Conn, error) {
	return winio.DialPipeContext(ctx, address)
}
