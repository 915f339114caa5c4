//go:build linux

package desktop

import (
	"bufio"

	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"weir/test/desktop/screen"
)

// chat asks for a reply of gpt-4o that the stand-in makes as mode says.
func (s *stage) chat(secret, mode string, stream bool) *http.Response {
	s.Helper()
	body := `{"model":"gpt-4o","messages":[{"role":"user","content":"Hello [[chaos:` + mode + `]]"}]}`
	if stream {
		body = strings.Replace(body, "{", `{"stream":true,`, 1)
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.agent.Relay+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { resp.Body.Close() })
	return resp
}

// TestAgentTrayWindow is a day in the life of Weir: it starts, is looked at, is used, its
// window dies and comes back, and somebody quits.
func TestAgentTrayWindow(t *testing.T) {
	s := open(t, true)
	s.start()
	s.row("Running on " + strings.TrimPrefix(s.agent.Relay, "http://"))
	s.row("No calls yet")
	s.row("Account — $0 this month, no budget set")
	first := s.window()
	if n := len(screen.Group(first.PID)); n < 2 {
		t.Fatalf("the window's group has %d processes, want it and WebKit's", n)
	}
	key := func() string {
		s.upstream()
		return s.key("Claude Code", "--limit", "5usd/day").Secret
	}()
	s.row("Claude Code — $0 of $5 today, resets 00:00")

	// 100,000 fresh tokens and 50,000 of output at gpt-4o's list price: $0.25 and $0.50.
	if resp := s.chat(key, "ok?in=100000&out=50000", false); resp.StatusCode != http.StatusOK {
		t.Fatalf("a call: %s", resp.Status)
	}
	s.row("Claude Code — $0.75 of $5 today, resets 00:00")
	s.row("Last call — gpt-4o $0.75")
	s.row("$0.75 today · $0.75 this month")

	t.Run("a window that is killed in mid-stream costs no event", func(t *testing.T) {
		resp := s.chat(key, "ok?chunks=40&delay=25ms", true)
		lines := bufio.NewScanner(resp.Body)
		events := 0
		for lines.Scan() {
			if !strings.HasPrefix(lines.Text(), "data: ") {
				continue
			}
			if events++; events == 5 {
				if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		if events < 41 {
			t.Errorf("%d events arrived, want at least 40 and [DONE]", events)
		}
		s.noWindow()
		s.until("nothing of WebKit is left", func() bool { return len(screen.Group(first.PID)) == 0 })
	})
	s.click("Open Weir")
	second := s.window()
	if second.PID == first.PID {
		t.Error("the window that was killed is still there")
	}

	t.Run("closing the window ends its process, and the relay does not notice", func(t *testing.T) {
		s.close(second)
		s.until("its processes are gone", func() bool { return !alive(second.PID) && len(screen.Group(second.PID)) == 0 })
		if resp := s.chat(key, "ok", false); resp.StatusCode != http.StatusOK {
			t.Errorf("a call without a window: %s", resp.Status)
		}
	})

	t.Run("a second start shows the first one's window and exits with 0", func(t *testing.T) {
		cmd := exec.CommandContext(s.ctx, s.home.Bin)
		cmd.Env = append(s.screen.Env, "WEIR_HOME="+s.home.Dir, "WEIR_KEYCHAIN=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		s.window()
	})

	t.Run("the address is copied", func(t *testing.T) {
		s.click("Running on")
		s.row("Copied: Base URL")
		if text, err := s.screen.Clipboard(s.ctx); err != nil || text != s.agent.Relay {
			t.Errorf("the clipboard has %q (%v), want %q", text, err, s.agent.Relay)
		}
		s.row("Running on")
	})

	t.Run("a pause refuses calls until it is taken back", func(t *testing.T) {
		paused := func(want bool) func() bool {
			return func() bool {
				var status struct{ Paused bool }
				s.status(&status)
				return status.Paused == want && s.row("Pause the relay").Checked == want
			}
		}
		s.click("Pause the relay")
		s.until("it is paused", paused(true))
		if resp := s.chat(key, "ok", false); resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a call while paused: %s, want 503", resp.Status)
		}
		s.click("Pause the relay")
		s.until("it is no longer paused", paused(false))
		if resp := s.chat(key, "ok", false); resp.StatusCode != http.StatusOK {
			t.Errorf("a call afterwards: %s", resp.Status)
		}
	})
	s.click("Claude Code —")
	third := s.window()
	s.quit()
	if alive(third.PID) {
		t.Error("the window outlived the agent")
	}
}

func TestSignalDrains(t *testing.T) {
	s := open(t, true)
	s.start()
	s.window()
	s.upstream()
	key := s.key("shell").Secret
	resp := s.chat(key, "ok?chunks=30&delay=30ms", true)
	done := make(chan int)
	go func() {
		lines, n := bufio.NewScanner(resp.Body), 0
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "data: ") {
				n++
			}
		}
		done <- n
	}()
	if err := s.agent.Stop(); err != nil {
		t.Fatal(err)
	}
	if n := <-done; n < 31 {
		t.Errorf("%d events arrived, want all of them", n)
	}
	s.noWindow()
	s.quiet()
}

func TestAnAgentThatDiesTakesItsWindowAlong(t *testing.T) {
	s := open(t, true)
	s.start()
	w := s.window()
	if err := s.agent.Kill(); err != nil {
		t.Fatal(err)
	}
	s.noWindow()
	s.until("its process is gone", func() bool { return !alive(w.PID) && len(screen.Group(w.PID)) == 0 })
	s.start() // the home is free at once
	s.window()
	s.quit()
}

func TestHidden(t *testing.T) {
	t.Run("with a tray there is no window at the start", func(t *testing.T) {
		s := open(t, true)
		s.start("--hidden")
		s.row("Running on")
		if found := s.screen.Windows(s.ctx, title); len(found) > 0 {
			t.Errorf("windows %v", found)
		}
		s.click("Open Weir")
		s.window()
		s.quit()
	})
	t.Run("without a tray there is one all the same", func(t *testing.T) {
		s := open(t, false)
		s.start("--hidden")
		s.window()
		var status struct{ Tray bool }
		s.status(&status)
		if status.Tray {
			t.Error("the status tells of a tray that is not there")
		}
		if err := s.agent.Stop(); err != nil {
			t.Fatal(err)
		}
		s.noWindow()
	})
}

func TestNoDisplay(t *testing.T) {
	s := open(t, true)
	s.home.Env = nil
	server, err := s.home.Start(s.ctx, "--port", "0", "--console-port", "0")
	if err != nil {
		t.Fatal(err)
	}
	if server.Console == "" {
		t.Error("where there is no display, Weir is a server with its console's address")
	}
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
}
