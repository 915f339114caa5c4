// Package wine runs the Windows program under Wine: it starts, takes a call, prices it to the last
// digit, and ends. It needs $WEIR_EXE, Wine and a C compiler for Windows, and is skipped elsewhere.
package wine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// home is where the program keeps its data; the space belongs to the test.
const home = `C:\a weir\data`

// compiler makes the library that Wine lacks.
const compiler = "x86_64-w64-mingw32-gcc"

// A bottle is a Windows of its own, with nothing in it but the program.
type bottle struct {
	exe    string
	prefix string
}

func TestTheWindowsProgram(t *testing.T) {
	b := open(t)
	relay := b.serve(t)

	var key struct{ Secret string }
	b.run(t, &key, "keys", "add", "--name", "wine", "--limit", "1usd/day")
	post(t, relay+"/v1/chat/completions", key.Secret)

	t.Run("the call is in the ledger once, exactly priced", func(t *testing.T) {
		var calls []call
		b.run(t, &calls, "calls")
		if len(calls) != 1 {
			t.Fatalf("calls = %v, want one", calls)
		}
		c := calls[0]
		if c.State != "settled" || c.Basis != "exact" || c.PriceStatus != "priced" {
			t.Errorf("call = %+v, want it settled, exact and priced", c)
		}
		if got, want := rat(t, c.Cost), c.sum(t); got.Sign() <= 0 || got.Cmp(want) != 0 {
			t.Errorf("cost = %s, want %s, the sum of its lines", c.Cost, want.FloatString(12))
		}
	})
	t.Run("the key's limit has spent as much", func(t *testing.T) {
		var calls []call
		b.run(t, &calls, "calls")
		var keys []struct{ Limits []struct{ Spent string } }
		b.run(t, &keys, "keys", "list")
		if len(keys) != 1 || len(keys[0].Limits) != 1 || keys[0].Limits[0].Spent != calls[0].Cost {
			t.Errorf("keys = %+v, want %s spent", keys, calls[0].Cost)
		}
	})
}

// open makes the bottle, or skips the test where there is nothing to make it of.
func open(t *testing.T) bottle {
	t.Helper()
	exe := os.Getenv("WEIR_EXE")
	if exe == "" {
		t.Skip("WEIR_EXE names no Windows program; make test-wine builds one")
	}
	for _, name := range []string{"wine", "wineserver", compiler} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed; make test-wine installs it", name)
		}
	}
	b := bottle{exe: exe, prefix: t.TempDir()}
	t.Cleanup(func() {
		_ = b.command(context.Background(), "wineserver", "-k").Run() // it fails where nothing runs any more
		if out, err := b.command(context.Background(), "wineserver", "-w").CombinedOutput(); err != nil {
			t.Errorf("wait for Wine's end: %v\n%s", err, out)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if out, err := b.command(ctx, "wineboot", "--init").CombinedOutput(); err != nil {
		t.Fatalf("make a bottle: %v\n%s", err, out)
	}
	library := filepath.Join(b.prefix, "drive_c/windows/system32/bcryptprimitives.dll")
	if _, err := os.Stat(library); errors.Is(err, os.ErrNotExist) {
		out, err := exec.Command(compiler, "-shared", "-O1", "-s", "-o", library, "testdata/bcryptprimitives.c", "-ladvapi32").CombinedOutput()
		if err != nil {
			t.Fatalf("make %s: %v\n%s", filepath.Base(library), err, out)
		}
	}
	return b
}

// command runs something in the bottle, without a display and with nothing of the tester's own.
func (b bottle) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.prefix, "WINEPREFIX=" + b.prefix, "WINEDEBUG=-all",
		"WEIR_HOME=" + home, "WEIR_KEYCHAIN=off", "TZ=UTC"}
	return cmd
}

// serve starts the program, returns where its relay is, and has it end, cleanly, with the test.
func (b bottle) serve(t *testing.T) (relay string) {
	t.Helper()
	cmd := b.command(context.Background(), "wine", b.exe, "serve", "--json", "--port", "0", "--console-port", "0")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() }) // one that has ended needs none
	t.Cleanup(func() {
		defer late.Stop()
		// Wine makes Ctrl-C of it.
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Errorf("stop the program: %v", err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program's end: %v\n%s", err, stderr.String())
		}
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatalf("read the ready line: %v\n%s", err, stderr.String())
	}
	var ready struct {
		Ready       bool
		Relay, Home string
	}
	if err := json.Unmarshal(line, &ready); err != nil || !ready.Ready || ready.Home != home {
		t.Fatalf("ready line %s: %v, want a home %s", line, err, home)
	}
	b.knock(t)
	return ready.Relay
}

// knock makes connections to the console's named pipe until one is answered. A listener's first
// instance of a pipe never accepts; Windows keeps clients off it, Wine 8 lets one through.
func (b bottle) knock(t *testing.T) {
	t.Helper()
	var err error
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		for range 4 {
			if err = b.command(ctx, "wine", b.exe, "quota", "--json").Run(); err != nil {
				break
			}
		}
		cancel()
		if err == nil {
			return
		}
	}
	t.Fatalf("the console does not answer: %v", err)
}

// run runs one command with --json and reads its answer.
func (b bottle) run(t *testing.T, out any, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	text, err := b.command(ctx, "wine", append([]string{b.exe, "--json"}, args...)...).Output()
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		t.Fatalf("weir.exe %s: %v\n%s", strings.Join(args, " "), err, text)
	}
}

func post(t *testing.T, url, secret string) {
	t.Helper()
	body := `{"model":"sandbox/gpt-5","messages":[{"role":"user","content":"Say hello."}]}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("POST %s = %s, %v\n%s", url, resp.Status, err, answer)
	}
}

// A call is a row of the ledger, as far as it says what was charged.
type call struct {
	State       string
	Basis       string
	PriceStatus string `json:"price_status"`
	Cost        string `json:"cost_usd"`
	Lines       []struct {
		Quantity, Per string
		Rate          string `json:"rate_usd"`
	}
}

// sum adds the lines up by hand.
func (c call) sum(t *testing.T) *big.Rat {
	t.Helper()
	total := new(big.Rat)
	for _, l := range c.Lines {
		line := new(big.Rat).Mul(rat(t, l.Quantity), rat(t, l.Rate))
		total.Add(total, line.Quo(line, rat(t, l.Per)))
	}
	return total
}

func rat(t *testing.T, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatal(fmt.Errorf("%q is no number", s))
	}
	return r
}
