package window

import (
	"os/exec"
	"syscall"
)

// noConsole is Windows' CREATE_NO_WINDOW: no black box flashes up.
const noConsole = 0x08000000

func prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: noConsole}
}
