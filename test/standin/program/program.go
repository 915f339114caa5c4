// Package program builds the program, starts it on loopback and talks to it as a script would: by its command line, its
// JSON and its doors, and in no other way.
package program

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Binary returns the program under test: $WEIR_BIN, or one that it builds into dir.
func Binary(ctx context.Context, dir string) (string, error) {
	if bin := os.Getenv("WEIR_BIN"); bin != "" {
		return bin, nil
	}
	bin := filepath.Join(dir, "weir")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", bin, "weir")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return bin, nil
}

// A Home is one folder of the program's data, and the program that works on it.
type Home struct {
	Bin string
	Dir string
	Env []string // what the program is told besides, a desktop for example
}

// environ is all that the program is told: nothing of the tester's own.
func (h Home) environ() []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + h.Dir, "WEIR_HOME=" + h.Dir, "WEIR_KEYCHAIN=off", "TZ=UTC"}, h.Env...)
}

// Run runs one command with --json and reads its answer into out, unless that is nil.
func (h Home) Run(ctx context.Context, out any, stdin string, args ...string) error {
	cmd := exec.CommandContext(ctx, h.Bin, append(args, "--json")...)
	cmd.Env = h.environ()
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("weir %s: %w\n%s%s", strings.Join(args, " "), err, stdout.Bytes(), stderr.Bytes())
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(stdout.Bytes(), out); err != nil {
		return fmt.Errorf("weir %s: %w\n%s", strings.Join(args, " "), err, stdout.Bytes())
	}
	return nil
}

// A Server is a running `weir serve`.
type Server struct {
	Relay   string
	Console string
	PID     int
	Started time.Duration // from exec to the ready line

	cmd    *exec.Cmd
	exited chan struct{}
	err    error // how the process ended; set before exited is closed
	stderr *tail
}

// Serve starts the server and waits until both doors accept.
func (h Home) Serve(ctx context.Context) (*Server, error) {
	return h.Start(ctx, "serve", "--port", "0", "--console-port", "0")
}

// Start starts the program in a role that keeps a home and waits for its ready line.
func (h Home) Start(ctx context.Context, args ...string) (*Server, error) {
	s := &Server{exited: make(chan struct{}), stderr: &tail{}}
	s.cmd = exec.Command(h.Bin, append(args, "--json")...)
	s.cmd.Env = h.environ()
	s.cmd.Stderr = s.stderr
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	line := make(chan []byte, 1)
	go func() {
		r := bufio.NewReader(stdout)
		first, _ := r.ReadBytes('\n') // an early end leaves a line that is no JSON
		line <- first
		_, _ = r.WriteTo(&tail{}) // until the program closes it
		s.err = s.cmd.Wait()
		close(s.exited)
	}()
	select {
	case first := <-line:
		s.Started = time.Since(began)
		if err := s.ready(first); err != nil {
			return nil, errors.Join(err, s.Kill(), errors.New(s.stderr.String()))
		}
		return s, nil
	case <-ctx.Done():
		return nil, errors.Join(fmt.Errorf("wait for the ready line: %w", ctx.Err()), s.Kill(), errors.New(s.stderr.String()))
	}
}

// ready reads the first line that the program prints.
func (s *Server) ready(line []byte) error {
	var facts struct {
		Ready   bool   `json:"ready"`
		Relay   string `json:"relay"`
		Console string `json:"console"`
		PID     int    `json:"pid"`
	}
	if err := json.Unmarshal(line, &facts); err != nil {
		return fmt.Errorf("ready line %q: %w", line, err)
	}
	if !facts.Ready || facts.PID != s.cmd.Process.Pid {
		return fmt.Errorf("ready line %q: not ready, or not of process %d", line, s.cmd.Process.Pid)
	}
	s.Relay, s.Console, s.PID = facts.Relay, facts.Console, facts.PID
	return nil
}

// Kill ends the program with SIGKILL and waits until it is gone.
func (s *Server) Kill() error {
	err := s.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-s.exited
	return err
}

// Stop asks the program to end, and kills it when it does not within 20 seconds. The error says how it ended.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return s.Ended(20 * time.Second)
}

// Ended waits until the program has ended by itself, and kills it when that takes longer. The error says how it ended.
func (s *Server) Ended(within time.Duration) error {
	select {
	case <-s.exited:
	case <-time.After(within):
		return errors.Join(fmt.Errorf("the program did not end within %s", within), s.Kill())
	}
	if s.err != nil {
		return fmt.Errorf("end of the program: %w\n%s", s.err, s.stderr)
	}
	return nil
}

// Alive tells whether the process still runs.
func (s *Server) Alive() bool {
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// Stderr returns the end of what the program logged.
func (s *Server) Stderr() string { return s.stderr.String() }
