package contract

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// An agent is a running `weir serve` and what it said first.
type agent struct {
	home   string
	ready  object
	relay  string
	cmd    *exec.Cmd
	stderr *logs
	gone   chan struct{} // closed when the process has ended
	keys   int           // made by addKey
}

// logs collects a process's stderr while it runs.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts an agent on a new home; it is gone when the test ends.
func serve(t *testing.T) *agent {
	t.Helper()
	return serveOn(t, newHome(t))
}

// serveOn starts an agent on a home.
func serveOn(t *testing.T, home string) *agent {
	t.Helper()
	a := &agent{home: home}
	line := a.start(t, "serve", "--port", "0", "--console-port", "0", "--json")
	a.ready = decode(t, []byte(line)).(object)
	a.relay = text(t, a.ready, "relay")
	return a
}

// start runs the program until its first line on stdout and returns that line.
func (a *agent) start(t *testing.T, args ...string) string {
	t.Helper()
	a.cmd = exec.Command(bin, args...)
	a.cmd.Env = environment(a.home)
	a.stderr = &logs{}
	a.cmd.Stderr = a.stderr
	stdout, err := a.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 1)
	a.gone = make(chan struct{})
	go func() {
		defer close(a.gone)
		r := bufio.NewReader(stdout)
		line, _ := r.ReadString('\n')
		lines <- line
		_, _ = io.Copy(io.Discard, r)
		_ = a.cmd.Wait()
	}()
	t.Cleanup(a.kill)
	select {
	case line := <-lines:
		if line == "" {
			t.Fatalf("weir %s said nothing\n%s", strings.Join(args, " "), a.stderr)
		}
		return line
	case <-time.After(20 * time.Second):
		t.Fatalf("weir %s is not ready\n%s", strings.Join(args, " "), a.stderr)
	}
	return ""
}

// kill ends the process at once.
func (a *agent) kill() {
	_ = a.cmd.Process.Kill()
	<-a.gone
}

// terminate asks the process to end.
func (a *agent) terminate(t *testing.T) {
	t.Helper()
	if err := a.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// exitCode waits for the end of a process that was asked to end.
func (a *agent) exitCode(t *testing.T) int {
	t.Helper()
	select {
	case <-a.gone:
	case <-time.After(20 * time.Second):
		t.Fatalf("still running 20 s after SIGTERM\n%s", a.stderr)
	}
	return a.cmd.ProcessState.ExitCode()
}

// do runs a command that must succeed.
func (a *agent) do(t *testing.T, args ...string) result {
	t.Helper()
	return weir(t, a.home, "", append(args, "--json")...).exits(t, 0)
}

// addKey makes an access key, the first with the name laptop, and returns it with its secret.
func (a *agent) addKey(t *testing.T, args ...string) object {
	t.Helper()
	name := "laptop"
	if a.keys++; a.keys > 1 {
		name = fmt.Sprintf("laptop %d", a.keys)
	}
	return a.do(t, append([]string{"keys", "add", "--name", name}, args...)...).object(t)
}

// addChannel adds a channel of the kind at the upstream, priced as the provider.
func (a *agent) addChannel(t *testing.T, kind, baseURL, priceAs string, args ...string) object {
	t.Helper()
	args = append([]string{"providers", "add", "--type", kind, "--name", kind, "--base-url", baseURL,
		"--price-as", priceAs, "--secret-stdin", "--json"}, args...)
	return weir(t, a.home, upstreamSecret+"\n", args...).exits(t, 0).object(t)
}

// A reply is a whole HTTP response.
type reply struct {
	status int
	header http.Header
	body   string
}

// post sends a body to the relay with an access key.
func (a *agent) post(t *testing.T, path, secret, body string) reply {
	t.Helper()
	req, err := http.NewRequest("POST", a.relay+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Header.Set("Content-Type", "application/json")
	return send(t, req)
}

func send(t *testing.T, req *http.Request) reply {
	t.Helper()
	client := http.Client{Timeout: 30 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", req.URL, err)
	}
	return reply{resp.StatusCode, resp.Header, string(body)}
}

// answers fails the test unless the reply has the status.
func (r reply) answers(t *testing.T, status int) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	return r
}

const (
	chatPath     = "/v1/chat/completions"
	messagesPath = "/v1/messages"
	sandboxChat  = `{"model":"sandbox/gpt-5","messages":[{"role":"user","content":"Say hello."}]}`
	sandboxTalk  = `{"model":"sandbox/claude-sonnet-4-6","max_tokens":64,"messages":[{"role":"user","content":"Say hello."}]}`
)
