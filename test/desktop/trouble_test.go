//go:build linux

package desktop

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// usual is the relay's port when nobody chose another.
const usual = 9347

// occupy makes sure that somebody else has the usual port.
func occupy(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", usual))
	if err != nil {
		t.Skipf("port %d is taken by a program that is not ours: %v", usual, err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

type door struct {
	Open    bool
	Port    int
	Holder  string
	Message string
}

func TestBusyPort(t *testing.T) {
	var status struct {
		Door  door
		Relay string
	}
	t.Run("a new home moves to a spare port, says so, and stays there", func(t *testing.T) {
		occupy(t)
		s := open(t, true)
		s.run("--hidden")
		s.status(&status)
		if d := status.Door; !d.Open || d.Port == usual || !strings.Contains(d.Message, fmt.Sprint(usual)) {
			t.Errorf("the door is %+v, want it open elsewhere with a word about it", d)
		}
		port := status.Door.Port
		s.row(fmt.Sprintf("Running on 127.0.0.1:%d", port))
		s.quit()
		s.run("--hidden")
		s.status(&status)
		if status.Door.Port != port {
			t.Errorf("the next start listens on %d, want %d again", status.Door.Port, port)
		}
		s.quit()
	})
	t.Run("a home that clients know never moves: it says who has the port, and takes it when it is free", func(t *testing.T) {
		s := open(t, true)
		s.start("--hidden")
		s.upstream()
		if resp := s.chat(s.key("Codex").Secret, "ok", false); resp.StatusCode != http.StatusOK {
			t.Fatal(resp.Status)
		}
		s.quit()

		other := occupy(t)
		s.run("--hidden")
		s.status(&status)
		me := filepath.Base(os.Args[0])
		if d := status.Door; d.Open || d.Port != usual || !strings.Contains(d.Message, d.Holder) || !strings.HasPrefix(d.Holder, me[:10]) {
			t.Errorf("the door is %+v, want it closed by %s", d, me)
		}
		s.row(fmt.Sprintf("Port %d is used by ", usual))
		other.Close()
		s.ask("relay.open", &status)
		if !status.Door.Open || status.Door.Port != usual {
			t.Errorf("the door is %+v, want it open at %d", status.Door, usual)
		}
		s.row(fmt.Sprintf("Running on 127.0.0.1:%d", usual))
		s.quit()
	})
}

// TestKeychainThatNeverAnswers: a keyring that waits for somebody to type holds up nothing.
func TestKeychainThatNeverAnswers(t *testing.T) {
	s := open(t, true)
	home := s.home
	s.home.Dir = t.TempDir()
	usual := s.startedIn()
	s.quit()
	s.home = home
	silent, err := s.screen.Join()
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if _, err := silent.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	silent.Eavesdrop(make(chan *dbus.Message, 64)) // what comes here is never answered
	s.home.Env = append(slices.Clone(s.screen.Env), "WEIR_KEYCHAIN=")
	if took := s.startedIn(); took > usual+2500*time.Millisecond {
		t.Errorf("the start took %s, and without a keychain %s: as if it waited for the keychain", took, usual)
	}
	var status struct{ Secrets struct{ Locked bool } }
	s.status(&status)
	if !status.Secrets.Locked {
		t.Error("the status does not say that the keychain is locked")
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.agent.Relay+"/v1/chat/completions", strings.NewReader(`{"model":"sandbox/gpt-5","messages":[{"role":"user","content":"Hello"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.key("sandbox").Secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("a call to the sandbox: %s, want it to work meanwhile", resp.Status)
	}
	if err := s.agent.Stop(); err != nil {
		t.Error(err)
	}
}

func TestClosingWithoutTray(t *testing.T) {
	t.Run("asks first, and a second time closes", func(t *testing.T) {
		s := open(t, false)
		s.run("--port", "0")
		w := s.window()
		s.painted()
		if err := s.screen.Press(s.ctx, w, "alt+F4"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(700 * time.Millisecond) // for a window that would vanish to do so
		if found := s.screen.Windows(s.ctx, title); len(found) != 1 {
			t.Fatal("the window closed without a word, and there is no tray to open it from")
		}
		if err := s.screen.Shot(s.ctx, s.shot("question")); err != nil {
			t.Log(err)
		}
		s.close(w)
		if !s.agent.Alive() {
			t.Error("Weir ended with its window")
		}
		if err := s.agent.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Run("ends Weir where a person chose that", func(t *testing.T) {
		s := open(t, false)
		s.run("--port", "0")
		s.do("settings.set", `{"on_close":"quit"}`, nil)
		w := s.window()
		s.painted()
		s.close(w)
		s.ended()
	})
}

// TestIcons: each state has its own picture.
func TestIcons(t *testing.T) {
	s := open(t, true)
	s.start("--hidden")
	shows := func(state string) func() bool {
		want, err := os.ReadFile(filepath.Join(root(), "backend", "tray", "icons", state+".png"))
		if err != nil {
			t.Fatal(err)
		}
		return func() bool {
			path, err := s.tray.Icon()
			if err != nil {
				t.Fatal(err)
			}
			have, err := os.ReadFile(path)
			return err == nil && bytes.Equal(have, want)
		}
	}
	s.until("normal", shows("normal"))
	s.upstream()
	key := s.key("Codex", "--limit", "10calls/day").Secret
	for range 8 {
		s.chat(key, "ok", false)
	}
	s.until("near its limit", shows("near"))
	s.row("Codex — past 80%: 8 of 10 calls today")
	for range 2 {
		s.chat(key, "ok", false)
	}
	s.until("blocked", shows("blocked"))
	s.row("Codex — limit reached: 10 of 10 calls today")
	s.click("Pause the relay")
	s.until("paused", shows("paused"))
	s.quit()
}

// A listener is the desktop's place for notifications.
type listener struct {
	mu   sync.Mutex
	told []string
}

// Notify is what programs call: an application's name, an id, an icon, a title, a text…
func (l *listener) Notify(app string, _ uint32, _, title, text string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, app+": "+title+" — "+text)
	return uint32(len(l.told)), nil
}

func (l *listener) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.told)
}

func TestNotifications(t *testing.T) {
	s := open(t, true)
	heard := &listener{}
	if err := s.screen.Bus.Export(heard, "/org/freedesktop/Notifications", "org.freedesktop.Notifications"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.screen.Bus.RequestName("org.freedesktop.Notifications", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	s.start("--hidden")
	s.upstream()
	key := s.key("Codex", "--limit", "10calls/day").Secret
	for range 8 {
		s.chat(key, "ok", false)
	}
	told := func(n int) func() bool { return func() bool { return len(heard.all()) >= n } }
	s.until("80% is told", told(1))
	s.row("Codex — past 80%: 8 of 10")
	for range 2 {
		s.chat(key, "ok", false)
	}
	s.until("100% is told", told(2))
	s.quit()
	s.start("--hidden") // what was told stays told
	s.row("Codex — limit reached")
	time.Sleep(time.Second)
	s.quit()
	want := []string{
		"Weir: Codex has used 80% of its limit — 8 calls of 10 calls today.",
		"Weir: Codex has reached its limit — 10 calls of 10 calls today. New calls are refused until it resets or you raise it.",
	}
	if have := heard.all(); !slices.Equal(have, want) {
		t.Errorf("told:\n%s\nwant:\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

// TestWindowThatCannotRun: where WebKit is missing, the page opens in a browser, logged in.
func TestWindowThatCannotRun(t *testing.T) {
	for _, tt := range []struct{ name, window string }{
		{"the window's program ends at once", "#!/bin/sh\nexit 127\n"},
		{"there is no such program", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, true)
			dir := t.TempDir()
			program, err := os.ReadFile(s.home.Bin)
			if err != nil {
				t.Fatal(err)
			}
			s.home.Bin = filepath.Join(dir, "weir")
			opened := filepath.Join(dir, "opened")
			for path, content := range map[string][]byte{
				s.home.Bin:                        program,
				filepath.Join(dir, "weir-window"): []byte(tt.window),
				filepath.Join(dir, "xdg-open"):    []byte("#!/bin/sh\necho \"$1\" >" + opened + "\n"),
			} {
				if len(content) == 0 {
					continue
				}
				if err := os.WriteFile(path, content, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			s.home.Env = append(slices.Clone(s.screen.Env), "PATH="+dir+":"+os.Getenv("PATH"))
			s.start()
			var link string
			s.until("a browser is opened", func() bool {
				text, err := os.ReadFile(opened)
				link = strings.TrimSpace(string(text))
				return err == nil && link != ""
			})
			if !strings.Contains(link, "/#login=") {
				t.Errorf("the browser was sent to %q", link)
			}
			resp, err := http.Get(strings.Split(link, "#")[0])
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("the page: %s", resp.Status)
			}
			s.quit()
		})
	}
}

// TestTenStartsAtOnce: one stays, the others show its window and exit with 0.
func TestTenStartsAtOnce(t *testing.T) {
	s := open(t, true)
	start := func() *exec.Cmd {
		cmd := s.screen.Command(s.ctx, s.home.Bin, "--port", "0", "--hidden")
		cmd.Env = append(slices.Clone(s.screen.Env), "WEIR_HOME="+s.home.Dir, "WEIR_KEYCHAIN=off")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		return cmd
	}
	const starts = 10
	ended := make(chan error, starts)
	for range starts {
		cmd := start()
		go func() { ended <- cmd.Wait() }()
	}
	for range starts - 1 {
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("a start that came second ended with %v", err)
			}
		case <-time.After(patience):
			t.Fatal("a second start neither ended nor showed the window")
		}
	}
	s.window()
	select {
	case err := <-ended:
		t.Fatalf("the first one ended too: %v", err)
	default:
	}
	tray, err := s.panel.Tray(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := tray.Click("Quit Weir"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestWindowThatHangs: it is asked to show itself until nobody can write to it any more; then another takes its place.
func TestWindowThatHangs(t *testing.T) {
	s := open(t, true)
	s.start()
	w := s.window()
	if err := syscall.Kill(w.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	page := strings.Repeat("a", 1900)
	for range 40 {
		s.do("window.show", `{"page":"/`+page+`"}`, nil)
	}
	s.until("another window took its place", func() bool {
		found := s.screen.Windows(s.ctx, title)
		return len(found) == 1 && found[0].PID != w.PID
	})
	s.click("Quit Weir")
	if err := s.agent.Ended(patience); err != nil {
		t.Fatal(err)
	}
}
