//go:build linux

// Package screen gives a test a desktop of its own: a display nobody sees, a session bus, a
// window manager, and a panel that shows tray icons. It starts programs on loopback only and
// ends those that it started.
package screen

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

// ErrMissing says that a program which the screen is made of is not installed.
var ErrMissing = errors.New("a desktop cannot be started here")

// A Screen is one such desktop.
type Screen struct {
	Env   []string // what a program needs to be shown on it
	Bus   *dbus.Conn
	bus   string // its address
	procs []*exec.Cmd
}

// Open starts a desktop whose private files lie in dir.
func Open(ctx context.Context, dir string) (*Screen, error) {
	s := &Screen{}
	if err := s.open(ctx, dir); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Screen) open(ctx context.Context, dir string) error {
	for _, name := range []string{"Xvfb", "dbus-daemon", "openbox", "xdotool"} {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("%w: %s is not installed", ErrMissing, name)
		}
	}
	run := filepath.Join(dir, "run")
	if err := os.MkdirAll(run, 0o700); err != nil {
		return err
	}
	// Nothing of the person's own desktop may be heard or touched.
	s.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "XDG_RUNTIME_DIR=" + run, "TMPDIR=" + run, "LANG=C.UTF-8",
		"GDK_BACKEND=x11", "NO_AT_BRIDGE=1", "GSETTINGS_BACKEND=memory", "LIBGL_ALWAYS_SOFTWARE=1"}
	display, err := s.start(ctx, "Xvfb", "-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset")
	if err != nil {
		return err
	}
	s.Env = append(s.Env, "DISPLAY=:"+display)
	config := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(config, []byte(fmt.Sprintf(busConfig, run)), 0o600); err != nil {
		return err
	}
	address, err := s.start(ctx, "dbus-daemon", "--config-file="+config, "--nofork", "--print-address=3")
	if err != nil {
		return err
	}
	s.Env = append(s.Env, "DBUS_SESSION_BUS_ADDRESS="+address)
	s.bus = address
	if err := s.daemon(ctx, "openbox", "--sm-disable"); err != nil {
		return err
	}
	s.Bus, err = s.Join()
	return err
}

// Join returns another connection to the session bus. The caller closes it.
func (s *Screen) Join() (*dbus.Conn, error) {
	conn, err := dbus.Connect(s.bus)
	if err != nil {
		return nil, fmt.Errorf("join the session bus: %w", err)
	}
	return conn, nil
}

// busConfig is a session bus that starts no service: what a test wants to be there, it plays itself.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir=%s</listen><policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
`

// Command prepares a program to be run on the screen.
func (s *Screen) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = s.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// start runs a program until Close and returns the first line that it writes to its third file.
func (s *Screen) start(ctx context.Context, name string, args ...string) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer r.Close()
	cmd := s.Command(context.WithoutCancel(ctx), name, args...)
	cmd.ExtraFiles = []*os.File{w}
	err = cmd.Start()
	w.Close()
	if err != nil {
		return "", fmt.Errorf("start %s: %w", name, err)
	}
	s.procs = append(s.procs, cmd)
	if err := r.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s did not start: %w", name, err)
	}
	return strings.TrimSpace(line), nil
}

func (s *Screen) daemon(ctx context.Context, name string, args ...string) error {
	cmd := s.Command(context.WithoutCancel(ctx), name, args...)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	s.procs = append(s.procs, cmd)
	return nil
}

// Close ends what Open started, the last first.
func (s *Screen) Close() {
	if s.Bus != nil {
		s.Bus.Close()
	}
	for i := len(s.procs) - 1; i >= 0; i-- {
		p := s.procs[i]
		_ = p.Process.Kill()
		_ = p.Wait()
	}
}

// run runs a tool and returns what it printed.
func (s *Screen) run(ctx context.Context, name string, args ...string) (string, error) {
	out, err := s.Command(ctx, name, args...).Output()
	return strings.TrimSpace(string(out)), err
}

// A Window is one that can be seen.
type Window struct {
	ID  string
	PID int
}

// Windows returns those whose title matches a pattern.
func (s *Screen) Windows(ctx context.Context, title string) (found []Window) {
	out, err := s.run(ctx, "xdotool", "search", "--onlyvisible", "--name", title)
	if err != nil {
		return nil // none
	}
	for _, id := range strings.Fields(out) {
		text, err := s.run(ctx, "xdotool", "getwindowpid", id)
		pid, nerr := strconv.Atoi(text)
		if err == nil && nerr == nil {
			found = append(found, Window{id, pid})
		}
	}
	return found
}

// Press sends keys to a window, such as alt+F4.
func (s *Screen) Press(ctx context.Context, w Window, keys string) error {
	if _, err := s.run(ctx, "xdotool", "windowactivate", "--sync", w.ID); err != nil {
		return fmt.Errorf("activate a window: %w", err)
	}
	_, err := s.run(ctx, "xdotool", "key", "--clearmodifiers", keys)
	return err
}

// Active returns the id of the window in front.
func (s *Screen) Active(ctx context.Context) string {
	id, err := s.run(ctx, "xdotool", "getactivewindow")
	if err != nil {
		return ""
	}
	return id
}

// Clipboard returns its text.
func (s *Screen) Clipboard(ctx context.Context) (string, error) {
	return s.run(ctx, "xclip", "-selection", "clipboard", "-o")
}

// Shot saves what the screen shows.
func (s *Screen) Shot(ctx context.Context, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	_, err := s.run(ctx, "import", "-window", "root", path)
	return err
}
