package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A trial has a package's test program with all mutants in it.
type trial struct {
	pkg      *pkg
	work     string
	patience time.Duration
	only     *regexp.Regexp   // of the files whose mutants are tried; nil: all
	left     map[*mutant]bool // they would not compile
	took     map[string]time.Duration
	failing  []string // tests that fail without any mutant
}

const (
	builds = 12       // tries to leave out what does not compile
	memory = 24 << 20 // KB of addresses that a test program may take
	quick  = time.Second
)

// build compiles the program, without those mutants that do not compile.
func (t *trial) build(ctx context.Context) error {
	t.left = map[*mutant]bool{}
	for range builds {
		if err := t.write(); err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-gcflags=-e", "-ldflags=-s -w",
			"-overlay", t.at("overlay.json"), "-o", t.at("tests"), t.pkg.path)
		out, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		if !t.leave(out) {
			return fmt.Errorf("build the tests: %w\n%s", err, out)
		}
	}
	return fmt.Errorf("after %d tries something does still not compile", builds)
}

func (t *trial) at(name string) string { return filepath.Join(t.work, name) }

// write writes the woven sources and the overlay that names them.
func (t *trial) write() error {
	replace := map[string]string{}
	put := func(of, name string, text []byte) error {
		replace[of] = t.at(name)
		return os.WriteFile(t.at(name), text, 0o600)
	}
	for _, f := range t.pkg.files {
		if err := put(f.path, filepath.Base(f.path), t.pkg.woven(f, t.left)); err != nil {
			return err
		}
	}
	if err := put(filepath.Join(t.pkg.dir, "weir_mutants.go"), "weir_mutants.go", switchboard(t.pkg.name, len(t.pkg.mutants))); err != nil {
		return err
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(t.at("overlay.json"), text, 0o600)
}

var complaint = regexp.MustCompile(`(?m)([^\s/]+\.go):(\d+):\d+: `)

// leave gives up the mutants of the lines that the compiler complains about. It says whether there were any.
func (t *trial) leave(out []byte) (some bool) {
	for _, found := range complaint.FindAllSubmatch(out, -1) {
		line, err := strconv.Atoi(string(found[2]))
		if err != nil {
			continue
		}
		for _, f := range t.pkg.files {
			if filepath.Base(f.path) != string(found[1]) {
				continue
			}
			for _, m := range f.mutants {
				if end := t.pkg.fset.Position(m.node.End()).Line; m.line <= line && line <= end && !t.left[m] {
					t.left[m], some = true, true
				}
			}
		}
	}
	return some
}

// learn runs each test alone: how long it takes, and which mutants it comes by.
func (t *trial) learn(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, t.at("tests"), "-test.list", "^(Test|Fuzz|Example)")
	cmd.Dir = t.pkg.dir
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("list the tests: %w", err)
	}
	t.took = map[string]time.Duration{}
	for _, name := range strings.Fields(string(out)) {
		log := t.at("log-" + name)
		began := time.Now()
		ok, err := t.tests(ctx, []string{name}, 10*time.Minute, "WEIR_MUTANT_LOG="+log)
		if err != nil {
			return err
		}
		if t.took[name] = time.Since(began); !ok {
			t.failing = append(t.failing, name)
			continue
		}
		seen, err := os.ReadFile(log)
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		for _, word := range strings.Fields(string(seen)) {
			id, err := strconv.Atoi(word)
			if err != nil {
				return fmt.Errorf("read what %s came by: %w", name, err)
			}
			t.pkg.mutants[id].tests = append(t.pkg.mutants[id].tests, name)
		}
	}
	return nil
}

// parted returns the mutants that some test comes by, and the others.
func (t *trial) parted() (reached, unreached []*mutant) {
	for _, m := range t.pkg.mutants {
		switch {
		case t.left[m], t.only != nil && !t.only.MatchString(m.file):
		case len(m.tests) > 0:
			reached = append(reached, m)
		default:
			unreached = append(unreached, m)
		}
	}
	return reached, unreached
}

// tests runs tests of the program and says whether they passed.
func (t *trial) tests(ctx context.Context, names []string, most time.Duration, env ...string) (ok bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tmp, err := os.MkdirTemp(t.work, "tmp-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(tmp) // it lies in the folder that is removed at the end
	pattern := "^(" + strings.Join(names, "|") + ")$"
	cmd := exec.CommandContext(bounded, "sh", "-c", fmt.Sprintf(`ulimit -v %d; exec "$0" "$@"`, memory),
		t.at("tests"), "-test.run", pattern, "-test.failfast", "-test.timeout", "30m")
	cmd.Dir, cmd.WaitDelay = t.pkg.dir, 5*time.Second
	cmd.Env = append(append(os.Environ(), env...), "TMPDIR="+tmp, "GOMAXPROCS=2")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return err == nil, ctx.Err()
}

// run tries mutants, some at once.
func (t *trial) run(ctx context.Context, mutants []*mutant, at int) ([]verdict, error) {
	verdicts := make([]verdict, len(mutants))
	errs := make([]error, at)
	next := make(chan int)
	var wg sync.WaitGroup
	for worker := range at {
		wg.Go(func() {
			for i := range next {
				if errs[worker] == nil {
					verdicts[i], errs[worker] = t.try(ctx, mutants[i])
				}
			}
		})
	}
	for i := range mutants {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

// try runs the tests that come by a mutant, the quick ones first, until one fails.
func (t *trial) try(ctx context.Context, m *mutant) (verdict, error) {
	slices.SortFunc(m.tests, func(a, b string) int { return cmp.Compare(t.took[a], t.took[b]) })
	for left, bound := m.tests, quick; len(left) > 0; bound *= 2 {
		n, usual := 1, t.took[left[0]]
		for n < len(left) && usual+t.took[left[n]] <= bound {
			usual += t.took[left[n]]
			n++
		}
		began, most := time.Now(), t.patience+5*usual
		ok, err := t.tests(ctx, left[:n], most, fmt.Sprintf("WEIR_MUTANT=%d", m.id))
		if err != nil {
			return verdict{}, err
		}
		if !ok {
			return verdict{m, true, time.Since(began) >= most}, nil
		}
		left = left[n:]
	}
	return verdict{m, false, false}, nil
}
