// Package window starts Weir's window as a child of the agent and watches over it. A window
// that crashes or is closed costs the relay nothing; the next Show starts another.
package window

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/local"
)

// ErrNone says that there is no program of the window beside this one.
var ErrNone = errors.New("the window's program is not installed")

// The words between agent and window, one a line. The agent's first line is a local.Agent as JSON.
const (
	Show    = "show"    // to the window: come to the front; a page's address may follow
	Quit    = "quit"    // to the window: close; from it: end all of Weir
	Painted = "painted" // from the window: the first page is on the screen
)

// Flag makes a program that has both roles the window.
const Flag = "--window"

// patience is how long a window may take to close before it is killed.
const patience = 3 * time.Second

// hearing is how long a window may take to read a line.
const hearing = time.Second

// A Window is the child, while there is one.
type Window struct {
	Agent  local.Agent
	Log    *slog.Logger
	OnQuit func() // a person asked the window to end all of Weir
	OnFail func() // the window ended before it showed anything

	mu    sync.Mutex
	child *child
}

type child struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	gone    chan struct{}
	closing atomic.Bool // we asked it to close
}

// say writes a line, unless the window has stopped reading: nobody waits for one that hangs.
func (c *child) say(line string) error {
	if pipe, ok := c.stdin.(*os.File); ok {
		_ = pipe.SetWriteDeadline(time.Now().Add(hearing)) // a pipe without deadlines is written to all the same
	}
	_, err := fmt.Fprintln(c.stdin, line)
	return err
}

// Show opens the window at a page, such as /keys, or brings the one that is open to the
// front; an empty page changes nothing there. It returns ErrNone when there is no program for it.
func (w *Window) Show(page string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.child != nil {
		err := w.child.say(strings.TrimSpace(Show + " " + page))
		if err == nil {
			return nil
		}
		// It is about to be gone, or hangs: the next one takes its place.
		w.Log.Warn("the window does not listen", "err", err)
		w.child.closing.Store(true)
		_ = w.child.cmd.Process.Kill()
	}
	return w.start(page)
}

func (w *Window) start(page string) error {
	program, args, err := find()
	if err != nil {
		return err
	}
	cmd := exec.Command(program, args...)
	cmd.Env = environment()
	cmd.Stderr = os.Stderr
	prepare(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("open the window: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("open the window: %w", err)
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open the window: %w", err)
	}
	c := &child{cmd: cmd, stdin: stdin, gone: make(chan struct{})}
	w.child = c
	go w.watch(c, stdout, begun)
	hello, err := json.Marshal(w.Agent)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdin, "%s\n%s\n", hello, strings.TrimSpace(Show+" "+page)); err != nil {
		w.Log.Info("the window heard nothing", "err", err) // watch sees to one that is gone
	}
	return nil
}

// watch reads what the window says until it is gone.
func (w *Window) watch(c *child, stdout io.Reader, begun time.Time) {
	painted := false
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		switch lines.Text() {
		case Painted:
			painted = true
			w.Log.Info("the window is painted", "ms", time.Since(begun).Milliseconds(), "pid", c.cmd.Process.Pid)
		case Quit:
			w.OnQuit()
		}
	}
	err := c.cmd.Wait()
	w.mu.Lock()
	if w.child == c {
		w.child = nil
	}
	w.mu.Unlock()
	close(c.gone)
	if err == nil || c.closing.Load() {
		return
	}
	w.Log.Warn("the window ended by itself", "err", err)
	if !painted {
		w.OnFail()
	}
}

// Close closes the window and waits until its process is gone.
func (w *Window) Close() {
	w.mu.Lock()
	c := w.child
	w.mu.Unlock()
	if c == nil {
		return
	}
	c.closing.Store(true)
	// Who does not hear it is killed below; the end of its stdin says the same.
	_ = c.say(Quit)
	_ = c.stdin.Close()
	select {
	case <-c.gone:
	case <-time.After(patience):
		_ = c.cmd.Process.Kill()
		<-c.gone
	}
}

// find returns the window's program: weir-window beside this one or, where one program has
// both roles, this one itself.
func find() (program string, args []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	if own {
		return self, []string{Flag}, nil
	}
	name := "weir-window"
	if runtime.GOOS == "windows" {
		name = "weir-app.exe"
		args = []string{Flag}
	}
	program = filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(program); err != nil {
		return "", nil, ErrNone
	}
	return program, args, nil
}

// environment is ours, with WebKit's DMABUF renderer off unless somebody decided otherwise:
// it leaves windows blank on some graphics drivers (wailsapp/wails#2977).
func environment() []string {
	env := os.Environ()
	if _, set := os.LookupEnv("WEBKIT_DISABLE_DMABUF_RENDERER"); !set {
		env = append(env, "WEBKIT_DISABLE_DMABUF_RENDERER=1")
	}
	return env
}
