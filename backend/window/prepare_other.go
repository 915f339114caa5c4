//go:build !windows

package window

import (
	"os/exec"
	"syscall"
)

// prepare keeps the terminal's Ctrl+C from the window: the agent closes it.
func prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
