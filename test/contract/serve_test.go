package contract

import (
	"bufio"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestReadyLine(t *testing.T) {
	t.Run("with --json it is one object with every fact", func(t *testing.T) {
		a := serve(t)
		has(t, a.ready, "ready", "relay", "console", "login_url", "home", "pid", "version")
		is(t, a.ready, object{"ready": true, "home": a.home, "pid": a.cmd.Process.Pid})
		if console := text(t, a.ready, "console"); !strings.HasPrefix(text(t, a.ready, "login_url"), console+"/#login=") {
			t.Errorf("login_url = %v, want %s/#login=…", a.ready["login_url"], console)
		}
		for _, door := range []string{"relay", "console"} {
			if url := text(t, a.ready, door); !strings.HasPrefix(url, "http://127.0.0.1:") || strings.HasSuffix(url, ":0") {
				t.Errorf("%s = %q, want a loopback URL with its real port", door, url)
			}
		}
		if text(t, a.ready, "version") == "" {
			t.Error("version is empty")
		}
	})
	t.Run("without it a person reads where to go", func(t *testing.T) {
		a := &agent{home: newHome(t)}
		line := a.start(t, "serve", "--port", "0", "--console-port", "0")
		if !strings.Contains(line, "http://127.0.0.1:") {
			t.Errorf("first line = %q, want an address in it", line)
		}
	})
}

func TestHealth(t *testing.T) {
	a := serve(t)
	req, _ := http.NewRequest("GET", a.relay+"/healthz", nil)
	got := send(t, req).answers(t, 200)
	if strings.TrimSpace(got.body) != `{"app":"weir"}` {
		t.Errorf("healthz = %s", got.body)
	}
}

func TestOneAgentPerHome(t *testing.T) {
	a := serve(t)
	second := weir(t, a.home, "", "serve", "--port", "0", "--console-port", "0", "--json").exits(t, 4)
	second.failure(t)
	is(t, weir(t, a.home, "", "quota", "--json").exits(t, 0).object(t), object{"answers_for": "account"})

	a.terminate(t)
	if code := a.exitCode(t); code != 0 {
		t.Errorf("exit after SIGTERM = %d, want 0\n%s", code, a.stderr)
	}
	serveOn(t, a.home) // the home is free again
}

func TestNoAgent(t *testing.T) {
	home := newHome(t)
	commands := []string{"providers list", "keys list", "quota", "calls", "calls show call_x", "keys add --name n"}
	for _, command := range commands {
		weir(t, home, "", append(strings.Fields(command), "--json")...).exits(t, 3).failure(t)
	}
	t.Run("also when one was killed and left its agent.json", func(t *testing.T) {
		a := serve(t)
		a.kill()
		weir(t, a.home, "", "keys", "list", "--json").exits(t, 3).failure(t)
		serveOn(t, a.home)
	})
}

func TestUsage(t *testing.T) {
	home := newHome(t)
	for _, command := range []string{
		"frobnicate", "keys frobnicate", "providers frobnicate", "keys list --frobnicate",
		"serve --port many", "calls --limit many", "keys add", "providers add --name n",
	} {
		r := weir(t, home, "", append(strings.Fields(command), "--json")...).exits(t, 2)
		if r.stderr == "" && r.stdout == "" {
			t.Errorf("weir %s: nothing says what is wrong", command)
		}
	}
	if _, err := os.Stat(home); err == nil {
		t.Error("a usage error made a home")
	}
}

func TestHome(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // permissions are access lists there
	}
	u := newUpstream(t)
	a := serve(t)
	a.addChannel(t, "custom-openai", u.base(), "openai")
	key := a.addKey(t)
	a.post(t, chatPath, text(t, key, "secret"), `{"model":"gpt-5","messages":[]}`).answers(t, 200)

	err := filepath.WalkDir(a.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() && info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %o, want 700", path, info.Mode().Perm())
		}
		if !info.Mode().IsRegular() {
			return nil
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", path, info.Mode().Perm())
		}
		b, err := os.ReadFile(path)
		for _, secret := range []string{upstreamSecret, text(t, key, "secret")} {
			if strings.Contains(string(b), secret) {
				t.Errorf("%s holds a secret in clear", path)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(a.home, "agent.json")); err != nil {
		t.Error(err)
	}
	for _, secret := range []string{upstreamSecret, text(t, key, "secret")} {
		if strings.Contains(a.stderr.String(), secret) {
			t.Error("the log holds a secret")
		}
	}
}

func TestDrain(t *testing.T) {
	u := newUpstream(t)
	a := serve(t)
	a.addChannel(t, "custom-openai", u.base(), "openai", "--map", "gpt-5=slow")
	secret := text(t, a.addKey(t), "secret")

	req, _ := http.NewRequest("POST", a.relay+chatPath, strings.NewReader(`{"model":"gpt-5","stream":true,"messages":[]}`))
	req.Header.Set("Authorization", "Bearer "+secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	r := bufio.NewReader(resp.Body)
	first, err := r.ReadString('\n')
	if err != nil || !strings.Contains(first, `"Hel"`) {
		t.Fatalf("first line = %q, %v", first, err)
	}
	open := a.do(t, "calls", "--state", "open").list(t)
	if len(open) != 1 {
		t.Fatalf("%d calls are open, want 1", len(open))
	}
	is(t, open[0], object{"ended_at": nil, "basis": nil, "end": nil, "cost_usd": nil, "cost_pico_usd": nil, "stream": true})

	a.terminate(t)
	a.refuses(t, secret)
	u.finish()
	rest, err := io.ReadAll(r)
	if err != nil || !strings.HasSuffix(string(rest), "data: [DONE]\n\n") {
		t.Errorf("the reply ends with %q, %v, want [DONE]", tail(string(rest)), err)
	}
	if code := a.exitCode(t); code != 0 {
		t.Errorf("exit after SIGTERM = %d, want 0\n%s", code, a.stderr)
	}

	b := serveOn(t, a.home)
	is(t, b.do(t, "calls", "show", text(t, open[0], "id")).object(t), object{"state": "settled", "basis": "exact", "end": "finished"})
}

// refuses waits until the relay takes no new call.
func (a *agent) refuses(t *testing.T, secret string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		req, _ := http.NewRequest("POST", a.relay+chatPath, strings.NewReader(sandboxChat))
		req.Header.Set("Authorization", "Bearer "+secret)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable {
			return
		}
	}
	t.Error("the relay takes new calls 30 s after SIGTERM")
}

// tail returns the last part of a text, for messages.
func tail(s string) string { return s[max(0, len(s)-80):] }

func TestLoginLink(t *testing.T) {
	a := serve(t)
	_, token, _ := strings.Cut(text(t, a.ready, "login_url"), "#login=")
	login := func() reply { return a.console(t, "login", "", `{"token":"`+token+`"}`) }

	session := text(t, child(t, decode(t, []byte(login().answers(t, 200).body)).(object), "data"), "session")
	a.console(t, "status.get", session, "{}").answers(t, 200)
	login().answers(t, 401)
	a.console(t, "status.get", "", "{}").answers(t, 401)
	a.console(t, "status.get", token, "{}").answers(t, 401)
}

// console calls one operation over HTTP.
func (a *agent) console(t *testing.T, op, session, args string) reply {
	t.Helper()
	req, err := http.NewRequest("POST", text(t, a.ready, "console")+"/console/"+op, strings.NewReader(args))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if session != "" {
		req.Header.Set("Authorization", "Bearer "+session)
	}
	return send(t, req)
}
