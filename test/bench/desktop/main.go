//go:build linux

// Command desktop measures the agent, its tray and its window on a display that nobody sees:
// how long they take to appear, and what they keep in memory; then all that with a ledger of
// 100,000 calls, which a browser scrolls. It calls loopback alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"weir/test/desktop/screen"
	"weir/test/standin/program"
)

func main() {
	turns := flag.Int("turns", 7, "how often each is measured")
	calls := flag.Int("calls", 300, "calls in the ledger")
	many := flag.Int("many", 100_000, "calls in a large ledger; 0: none is measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 8*time.Minute)
	defer cancel()
	if err := run(ctx, *turns, *calls, *many); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// sums are what was measured, by name, in the order of the table.
type sums struct {
	title  string
	names  []string
	values map[string][]float64
	units  map[string]string
}

func (s *sums) add(name, unit string, value float64) {
	if s.values == nil {
		s.values, s.units = map[string][]float64{}, map[string]string{}
	}
	if _, known := s.values[name]; !known {
		s.names = append(s.names, name)
	}
	s.values[name], s.units[name] = append(s.values[name], value), unit
}

func (s *sums) print() {
	fmt.Printf("\n%-58s %9s %9s %9s\n", s.title, "median", "least", "most")
	for _, name := range s.names {
		v := s.values[name]
		slices.Sort(v)
		fmt.Printf("%-58s %9.1f %9.1f %9.1f %s\n", name, v[len(v)/2], v[0], v[len(v)-1], s.units[name])
	}
}

func run(ctx context.Context, turns, calls, many int) error {
	bin, err := program.Binary(ctx, os.TempDir())
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "weir-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	home := program.Home{Bin: bin, Dir: dir + "/home"}
	if err := fill(ctx, home, calls); err != nil {
		return err
	}
	large := program.Home{Bin: bin, Dir: dir + "/large"}
	s := sums{title: fmt.Sprintf("a ledger of %d calls", many)}
	if many > 0 {
		err := errors.Join(fillMany(ctx, large.Dir, many), askMany(ctx, large, &s))
		if err != nil {
			return err
		}
	}
	sc, err := screen.Open(ctx, dir)
	if errors.Is(err, screen.ErrMissing) {
		s.print()
		fmt.Println("the desktop was not measured:", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer sc.Close()
	panel, err := sc.OpenPanel()
	if err != nil {
		return err
	}
	d := sums{title: "the desktop"}
	for range turns {
		if err := turn(ctx, home, sc, panel, "bench — ", &d); err != nil {
			return err
		}
	}
	d.print()
	for range min(turns, 3, many) {
		if err := turn(ctx, large, sc, panel, "Open Weir", &s); err != nil {
			return err
		}
	}
	s.print()
	return nil
}

// fill makes simulated calls, which cost nothing and fill the pages with numbers.
func fill(ctx context.Context, home program.Home, calls int) error {
	server, err := home.Serve(ctx)
	if err != nil {
		return err
	}
	key, err := home.AddKey(ctx, "bench", "--limit", "5usd/day")
	if err != nil {
		return errors.Join(err, server.Stop())
	}
	for range calls {
		if err := call(ctx, server.Relay, key.Secret); err != nil {
			return errors.Join(err, server.Stop())
		}
	}
	return server.Stop()
}

var paintedLine = regexp.MustCompile(`the window is painted" ms=(\d+)`)

// turn starts the agent once, waits for a row of its menu, opens its window, closes it, and ends it.
func turn(ctx context.Context, home program.Home, sc *screen.Screen, panel *screen.Panel, row string, s *sums) error {
	home.Env = sc.Env
	began := time.Now()
	agent, err := home.Start(ctx, "--port", "0", "--hidden")
	if err != nil {
		return err
	}
	defer func() {
		if agent.Alive() {
			_ = agent.Kill()
		}
	}()
	s.add("start to relay accepting", "ms", ms(agent.Started))
	tray, err := panel.Tray(ctx)
	if err != nil {
		return err
	}
	s.add("start to icon in the tray", "ms", ms(time.Since(began)))
	if _, err := tray.Wait(ctx, row); err != nil {
		return err
	}
	settle(ctx)
	s.add("agent at rest, no window", "MB PSS", pss(agent.PID))
	if err := tray.Click("Open Weir"); err != nil {
		return err
	}
	text, err := wait(ctx, agent, paintedLine)
	if err != nil {
		return err
	}
	painted, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return err
	}
	s.add("click to window painted with the ledger's numbers", "ms", painted)
	settle(ctx)
	windows := sc.Windows(ctx, `Weir$`)
	if len(windows) != 1 {
		return fmt.Errorf("%d windows, want one", len(windows))
	}
	group := screen.Group(windows[0].PID)
	s.add("agent, window open", "MB PSS", pss(agent.PID))
	s.add("window and its WebKit processes ("+strconv.Itoa(len(group))+")", "MB PSS", pss(group...))
	if err := shut(ctx, sc, windows[0]); err != nil {
		return err
	}
	settle(ctx)
	s.add("agent at rest, window closed", "MB PSS", pss(agent.PID))
	return agent.Stop()
}

// shut closes a window as a person does, and waits until nothing of it is left. A key that is
// pressed while the window manager is busy may be lost: then it is pressed again.
func shut(ctx context.Context, sc *screen.Screen, w screen.Window) error {
	for range 3 {
		if err := sc.Press(ctx, w, "alt+F4"); err != nil && len(screen.Group(w.PID)) > 0 {
			return err
		}
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if len(screen.Group(w.PID)) == 0 {
				return nil
			}
		}
	}
	return errors.New("something of the window is left")
}

// settle lets what was started come to rest: memory is read at rest.
func settle(ctx context.Context) {
	select {
	case <-time.After(1500 * time.Millisecond):
	case <-ctx.Done():
	}
}

func wait(ctx context.Context, agent *program.Server, line *regexp.Regexp) (string, error) {
	for {
		if m := line.FindStringSubmatch(agent.Stderr()); m != nil {
			return m[1], nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("the agent never said %s: %s", line, agent.Stderr())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// pss sums up what processes have in memory, shared pages in their part.
func pss(pids ...int) (megabytes float64) {
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue // it has ended
		}
		for line := range strings.Lines(string(text)) {
			var kb float64
			if n, _ := fmt.Sscanf(line, "Pss: %f kB", &kb); n == 1 {
				megabytes += kb / 1024
			}
		}
	}
	return megabytes
}
