//go:build linux

package desktop

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/backend/local"
	"weir/test/desktop/screen"
	"weir/test/standin"
	"weir/test/standin/program"
)

// title is that of the window, whatever page it shows.
const title = `Weir$`

// patience is how long tests wait for what comes at once on a machine that has nothing else to do.
const patience = time.Minute

// A stage is a desktop on which an agent runs.
type stage struct {
	*testing.T
	ctx    context.Context
	screen *screen.Screen
	panel  *screen.Panel
	home   program.Home
	agent  *program.Server
	tray   *screen.Tray
}

// open starts a desktop; with a panel, unless the test is about one that has none.
func open(t *testing.T, panel bool) *stage {
	t.Helper()
	bin := os.Getenv("WEIR_BIN")
	if bin == "" {
		t.Skip("WEIR_BIN names no program with a tray")
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(bin), "weir-window")); err != nil {
		t.Skip("there is no weir-window beside WEIR_BIN")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
	t.Cleanup(cancel)
	// Not t.TempDir: the paths of sockets must be short.
	dir, err := os.MkdirTemp("", "weir")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	sc, err := screen.Open(ctx, dir)
	if errors.Is(err, screen.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sc.Close)
	s := &stage{T: t, ctx: ctx, screen: sc, home: program.Home{Bin: bin, Dir: t.TempDir(), Env: sc.Env}}
	if panel {
		if s.panel, err = sc.OpenPanel(); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// start starts the agent at any free port.
func (s *stage) start(args ...string) {
	s.Helper()
	s.run(append([]string{"--port", "0"}, args...)...)
}

// startedIn starts the agent without its window and tells how long that took.
func (s *stage) startedIn() time.Duration {
	s.Helper()
	began := time.Now()
	s.start("--hidden")
	return time.Since(began)
}

// run starts the agent and, where there is a panel, finds its icon.
func (s *stage) run(args ...string) {
	s.Helper()
	var err error
	if s.agent, err = s.home.Start(s.ctx, args...); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		if s.agent.Alive() {
			_ = s.agent.Kill()
		}
		if s.Failed() {
			s.Logf("the agent said:\n%s", s.agent.Stderr())
			_ = s.screen.Shot(context.WithoutCancel(s.ctx), s.shot("failed"))
		}
	})
	if s.panel != nil {
		ctx, cancel := context.WithTimeout(s.ctx, patience)
		defer cancel()
		if s.tray, err = s.panel.Tray(ctx); err != nil {
			s.Fatal(err)
		}
	}
}

// shot is where a picture of the screen goes.
func (s *stage) shot(name string) string {
	return filepath.Join(root(), "out", "shots", "desktop", strings.ReplaceAll(s.Name(), "/", "-")+"-"+name+".png")
}

func root() string {
	dir, _ := os.Getwd()
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	return "."
}

// until waits for something to become true.
func (s *stage) until(what string, is func() bool) {
	s.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		if is() {
			return
		}
	}
	s.Fatalf("it never came to this: %s", what)
}

// window waits for the window and its first picture.
func (s *stage) window() screen.Window {
	s.Helper()
	var w screen.Window
	s.until("the window is there", func() bool {
		found := s.screen.Windows(s.ctx, title)
		if len(found) == 1 {
			w = found[0]
		}
		return len(found) == 1
	})
	return w
}

// painted waits until the window's page has its numbers.
func (s *stage) painted() {
	s.Helper()
	s.until("the window is painted", func() bool { return strings.Contains(s.agent.Stderr(), "the window is painted") })
}

func (s *stage) noWindow() {
	s.Helper()
	s.until("the window is gone", func() bool { return len(s.screen.Windows(s.ctx, title)) == 0 })
}

// close presses the keys that close a window until it is gone: a display under load may lose some.
func (s *stage) close(w screen.Window) {
	s.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		err := s.screen.Press(s.ctx, w, "alt+F4")
		for again := time.Now().Add(3 * time.Second); time.Now().Before(again); time.Sleep(50 * time.Millisecond) {
			if len(s.screen.Windows(s.ctx, title)) == 0 {
				return
			}
		}
		s.Logf("the window is still there after its keys were pressed (%v)", err)
	}
	s.Fatal("the window does not close")
}

// row waits for a row of the menu.
func (s *stage) row(prefix string) screen.Entry {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	e, err := s.tray.Wait(ctx, prefix)
	if err != nil {
		s.Fatal(err)
	}
	return e
}

func (s *stage) click(prefix string) {
	s.Helper()
	if err := s.tray.Click(prefix); err != nil {
		s.Fatal(err)
	}
}

// quit ends the agent by its menu and checks how it went.
func (s *stage) quit() {
	s.Helper()
	s.click("Quit Weir")
	s.ended()
}

func (s *stage) ended() {
	s.Helper()
	if err := s.agent.Ended(patience); err != nil {
		s.Fatal(err)
	}
	s.noWindow()
	s.quiet()
}

// quiet checks that neither GTK nor Go complained.
func (s *stage) quiet() {
	s.Helper()
	for _, bad := range []string{"CRITICAL", "panic:", "SIGABRT", "level=ERROR"} {
		if log := s.agent.Stderr(); strings.Contains(log, bad) {
			s.Errorf("the agent's log has %q:\n%s", bad, log)
		}
	}
}

// upstream is a provider that the agent knows.
func (s *stage) upstream() *standin.Server {
	s.Helper()
	up := standin.Start(s.T, standin.Options{})
	if err := s.home.AddProvider(s.ctx, "custom-openai", up.OpenAI(), "--models", "gpt-4o", "--price-as", "openai"); err != nil {
		s.Fatal(err)
	}
	return up
}

func (s *stage) key(name string, more ...string) program.Key {
	s.Helper()
	k, err := s.home.AddKey(s.ctx, name, more...)
	if err != nil {
		s.Fatal(err)
	}
	return k
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// status asks the agent as the window does.
func (s *stage) status(out any) {
	s.Helper()
	s.ask("status.get", out)
}

// ask carries out an operation that takes nothing.
func (s *stage) ask(op string, out any) {
	s.Helper()
	s.do(op, "{}", out)
}

// do carries out an operation of the agent's console.
func (s *stage) do(op, args string, out any) {
	s.Helper()
	agent, err := local.Find(s.home.Dir)
	if err != nil {
		s.Fatal(err)
	}
	client := local.NewClient(agent)
	defer client.Close()
	answer, err := client.Call(s.ctx, op, []byte(args))
	if err != nil {
		s.Fatal(err)
	}
	envelope := struct {
		OK   bool
		Data any
	}{Data: out}
	if err := json.Unmarshal(answer, &envelope); err != nil || !envelope.OK {
		s.Fatalf("%s: %s (%v)", op, answer, err)
	}
}
