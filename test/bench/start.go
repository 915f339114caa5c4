package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // reads the ledger once the program has ended

	"weir/test/standin/program"
)

// A target is where calls are sent.
type target struct {
	name   string
	addr   string
	pid    int    // 0: its CPU and memory are not measured
	sender string // the first part of the path at the upstream; empty: the relay finds the path
	secret string
}

// A bench is the processes that run while it measures.
type bench struct {
	opts    options
	dir     string
	targets []target // the upstream itself, the bare proxy, the relay
	relay   *program.Server
	helpers []*helper
	starts  map[string]time.Duration // from exec to the first answer, by target
	fsync   time.Duration
}

// A helper is a process of the bench itself; it ends when its stdin does.
type helper struct {
	cmd   *exec.Cmd
	stdin io.Closer
	addr  string
}

// launch starts this program in a role.
func launch(role, target string) (*helper, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	h := &helper{cmd: exec.Command(self, "-role", role, "-target", target)}
	h.cmd.Stderr = os.Stderr
	if h.stdin, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		h.stop()
		return nil, fmt.Errorf("start the %s: %w", role, err)
	}
	h.addr = strings.TrimSpace(line)
	return h, nil
}

func (h *helper) stop() {
	_ = h.stdin.Close()      // tells it to end
	_ = h.cmd.Process.Kill() // in case it does not listen; that it has ended already is fine
	_ = h.cmd.Wait()
}

// start brings up the upstream, the bare proxy and the relay, each in its own process. The proxy and the relay are
// started five times, to see how long they take until their first answer; the last ones stay.
func start(ctx context.Context, opts options) (*bench, error) {
	b := &bench{opts: opts, starts: map[string]time.Duration{}}
	if err := b.up(ctx); err != nil {
		b.stop()
		return nil, err
	}
	return b, nil
}

const restarts = 5

func (b *bench) up(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "weir-bench-"); err != nil {
		return err
	}
	if b.fsync, err = measureSync(b.dir); err != nil {
		return err
	}
	upstream, err := launch("upstream", "")
	if err != nil {
		return err
	}
	b.helpers = append(b.helpers, upstream)
	b.targets = []target{{name: "direct", addr: upstream.addr, sender: "direct"}}
	if err := b.startProxy(ctx, upstream.addr); err != nil {
		return err
	}
	return b.startRelay(ctx, upstream.addr)
}

// startProxy starts the bare proxy.
func (b *bench) startProxy(ctx context.Context, upstream string) error {
	var took []time.Duration
	for n := range restarts {
		began := time.Now()
		h, err := launch("proxy", "http://"+upstream)
		if err != nil {
			return err
		}
		t := target{name: "bare proxy", addr: h.addr, pid: h.cmd.Process.Pid, sender: "bare"}
		_, err = load(ctx, t.addr, scenarios[0].request(t), 1, 0)
		took = append(took, time.Since(began))
		if n < restarts-1 {
			h.stop()
		} else {
			b.helpers = append(b.helpers, h)
			b.targets = append(b.targets, t)
		}
		if err != nil {
			return err
		}
	}
	b.starts["bare proxy"] = median(took, func(d time.Duration) time.Duration { return d })
	return nil
}

// startRelay prepares a home with a channel for each lane and a limited key, and starts the relay on it.
func (b *bench) startRelay(ctx context.Context, upstream string) error {
	bin, err := program.Binary(ctx, b.dir)
	if err != nil {
		return err
	}
	home := program.Home{Bin: bin, Dir: filepath.Join(b.dir, "home")}
	if b.relay, err = home.Serve(ctx); err != nil {
		return err
	}
	lanes := map[string]string{}
	for _, sc := range scenarios {
		lanes[sc.model()] = sc.lane()
	}
	for model, lane := range lanes {
		base := fmt.Sprintf("http://%s/weir/%s/v1", upstream, lane)
		if err := home.AddProvider(ctx, "custom-openai", base, "--models", model, "--price-as", "openai"); err != nil {
			return err
		}
	}
	key, err := home.AddKey(ctx, "bench", "--limit", "1000000usd/total")
	if err != nil {
		return err
	}
	var took []time.Duration
	for range restarts {
		if err := b.relay.Stop(); err != nil {
			return err
		}
		began := time.Now()
		if b.relay, err = home.Serve(ctx); err != nil {
			return err
		}
		t := target{name: "weir", addr: strings.TrimPrefix(b.relay.Relay, "http://"), pid: b.relay.PID, secret: key.Secret}
		if _, err := load(ctx, t.addr, scenarios[0].request(t), 1, 0); err != nil {
			return err
		}
		took = append(took, time.Since(began))
		b.targets = append(b.targets[:2], t)
	}
	b.starts["weir"] = median(took, func(d time.Duration) time.Duration { return d })
	return nil
}

// stop ends every process and removes what they wrote.
func (b *bench) stop() {
	if b.relay != nil && b.relay.Alive() {
		if err := b.relay.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	for _, h := range b.helpers {
		h.stop()
	}
	if err := os.RemoveAll(b.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// A book compares the ledger with the upstream's own count.
type book struct {
	upstream, rows, exact int64
}

// complete returns an error unless each call of the upstream has its row, settled exactly.
func (k book) complete() error {
	if k.upstream != k.rows || k.rows != k.exact {
		return fmt.Errorf("the upstream saw %d calls, the ledger has %d, %d of them exact", k.upstream, k.rows, k.exact)
	}
	return nil
}

// book asks the upstream what it saw, ends the relay and counts its rows.
func (b *bench) book(ctx context.Context) (book, error) {
	var k book
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.targets[0].addr+"/census", nil)
	if err != nil {
		return k, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return k, err
	}
	census, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return k, err
	}
	for line := range strings.Lines(string(census)) {
		if n, ok := strings.CutPrefix(line, "weir "); ok {
			if _, err := fmt.Sscan(n, &k.upstream); err != nil {
				return k, err
			}
		}
	}
	if err := b.relay.Stop(); err != nil {
		return k, err
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, "home", "ledger.db")+"?mode=ro")
	if err != nil {
		return k, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(state = 'settled' AND basis = 'exact'), 0) FROM call`).
		Scan(&k.rows, &k.exact)
	return k, err
}
