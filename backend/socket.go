package backend

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"weir/backend/local"
)

// openSocket opens the console's door for programs of the same user and writes where it is
// and its token to agent.json.
func (b *Backend) openSocket() error {
	l, address, err := local.Listen(b.opt.Home)
	if err != nil {
		return fmt.Errorf("open the console's socket: %w", err)
	}
	secret := make([]byte, 32)
	rand.Read(secret) // never fails since Go 1.24: the program ends instead
	b.Agent = local.Agent{Address: address, Token: base64.RawURLEncoding.EncodeToString(secret), PID: os.Getpid()}
	b.doors.socket = b.serve(l, b.Console.Local(b.Agent.Token))
	data, err := json.Marshal(b.Agent)
	if err != nil {
		return err
	}
	b.agentPath = filepath.Join(b.opt.Home, local.AgentFile)
	tmp := b.agentPath + ".new"
	if err := os.WriteFile(tmp, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", local.AgentFile, err)
	}
	return os.Rename(tmp, b.agentPath)
}
