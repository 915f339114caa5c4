// Package contract drives the built program as a script would, and keeps what scripts may rely on.
package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/test/standin/program"
)

// An object is a decoded JSON object; its numbers are json.Number.
type object = map[string]any

// bin is the path of the program under test, set once by TestMain.
var bin string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run finds or builds the program, and runs the tests against it.
func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "weir-contract-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if bin, err = program.Binary(context.Background(), dir); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// A result is what one run of the program left behind.
type result struct {
	args   []string
	stdout string
	stderr string
	code   int
}

// weir runs one command on a home.
func weir(t *testing.T, home, stdin string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Env = environment(home)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("weir %s: %v", strings.Join(args, " "), err)
	}
	return result{args, stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// environment is all that the program is told: nothing of the tester's own.
func environment(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + filepath.Dir(home),
		"WEIR_HOME=" + home,
		"WEIR_KEYCHAIN=off",
	}
}

// newHome returns the path of a home that does not exist yet.
func newHome(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "home")
}

// exits fails the test unless the run ended with the code.
func (r result) exits(t *testing.T, code int) result {
	t.Helper()
	if r.code != code {
		t.Fatalf("weir %s: exit %d, want %d\nstdout: %s\nstderr: %s", strings.Join(r.args, " "), r.code, code, r.stdout, r.stderr)
	}
	return r
}

// value returns the one JSON value on stdout, after looking at its shape.
func (r result) value(t *testing.T) any {
	t.Helper()
	v := decode(t, []byte(r.stdout))
	checkShape(t, "weir "+strings.Join(r.args, " "), v)
	return v
}

// object returns the one JSON object on stdout.
func (r result) object(t *testing.T) object {
	t.Helper()
	o, ok := r.value(t).(object)
	if !ok {
		t.Fatalf("weir %s: stdout is no object: %s", strings.Join(r.args, " "), r.stdout)
	}
	return o
}

// list returns the JSON array of objects on stdout.
func (r result) list(t *testing.T) []object {
	t.Helper()
	return objects(t, r.value(t))
}

// failure returns the error that a failed command prints.
func (r result) failure(t *testing.T) object {
	t.Helper()
	e := child(t, r.object(t), "error")
	if text(t, e, "kind") == "" || text(t, e, "message") == "" {
		t.Errorf("weir %s: error %v has an empty kind or message", strings.Join(r.args, " "), e)
	}
	has(t, e, "field")
	return e
}

// decode reads exactly one JSON value.
func decode(t *testing.T, b []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("no JSON value: %v\n%s", err, b)
	}
	if rest := strings.TrimSpace(string(b[d.InputOffset():])); rest != "" {
		t.Fatalf("more than one JSON value: %s", b)
	}
	return v
}
