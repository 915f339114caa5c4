// Package crash kills the program at random moments under load and compares what its ledger says afterwards with what
// the upstream saw and what the clients read.
package crash

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"weir/test/standin"
	"weir/test/standin/program"
)

var (
	kills = flag.Int("kills", 5, "how many times the program is killed")
	seed  = flag.Uint64("seed", 0, "seed of all random choices; 0 takes one from the clock")
)

const workers = 16

// A stage is one home, its keys, the stand-in behind it and what is known of its ledger so far.
type stage struct {
	up     *standin.Server
	home   program.Home
	keys   []key
	seed   uint64
	ledger tally
}

// A key is an access key with what the workers may send by it.
type key struct {
	program.Key
	named bool // models that carry the call's nonce: known one by one, without a price
}

func TestKill(t *testing.T) {
	s := open(t)
	server, acked := s.serve(t), 0
	for n := range *kills {
		random := rand.New(rand.NewPCG(s.seed, uint64(n)))
		after := time.Duration(20+random.IntN(281)) * time.Millisecond
		calls := s.load(t, server, n, after, server.Kill)
		acked += calls.acked()
		if server = s.restart(t, calls); t.Failed() {
			t.Fatalf("after kill %d of %d, %v into the load, -seed %d", n+1, *kills, after, s.seed)
		}
	}
	calls := s.load(t, server, *kills, 200*time.Millisecond, server.Stop)
	acked += calls.acked()
	if err := s.restart(t, calls).Stop(); err != nil {
		t.Error(err)
	}
	s.book(t)
	t.Logf("%d kills and one orderly end: %d calls in the ledger, %d answers read to their end", *kills, s.ledger.rows, acked)
	if acked == 0 {
		t.Error("no answer was read to its end: the test showed nothing")
	}
}

// restart starts the program again and checks its ledger against the calls of the last load.
func (s *stage) restart(t *testing.T, sent calls) *program.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), program.Patience)
	defer cancel()
	if err := s.up.Journal.WaitIdle(ctx, 0); err != nil {
		t.Fatalf("the stand-in still answers: %v", err)
	}
	server := s.serve(t)
	s.verify(t, sent)
	return server
}

// open prepares a home with one channel for each dialect and keys of every kind.
func open(t *testing.T) *stage {
	t.Helper()
	bin, err := program.Binary(t.Context(), t.TempDir())
	if err != nil {
		t.Skipf("there is no program to test: %v", err)
	}
	s := &stage{
		up:   standin.Start(t, standin.Options{DiscardBytes: true}),
		home: program.Home{Bin: bin, Dir: t.TempDir()},
		seed: *seed,
	}
	if s.seed == 0 {
		s.seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-seed %d", s.seed)
	server := s.serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for dialect, base := range map[string]string{"openai": s.up.OpenAI(), "anthropic": s.up.Anthropic()} {
		if err := s.home.AddProvider(ctx, "custom-"+dialect, base, "--price-as", dialect); err != nil {
			t.Fatal(err)
		}
	}
	rounds := *kills
	for _, k := range []struct {
		name  string
		named bool
		more  []string
	}{
		{"without limits", false, nil},
		{"dollars and calls", false, []string{"--limit", "100000usd/total", "--limit", "100000000calls/total"}},
		{"used up on the way", false, []string{"--limit", fmt.Sprintf("%dcalls/total", 20+10*rounds)}},
		{"without limits, named", true, nil},
		{"tokens and calls, named", true, []string{"--limit", "1000000000000tokens/total", "--limit", "100000000calls/total"}},
		{"dollars, named", true, []string{"--limit", "100000usd/total", "--allow-unpriced"}},
	} {
		made, err := s.home.AddKey(ctx, k.name, k.more...)
		if err != nil {
			t.Fatal(err)
		}
		s.keys = append(s.keys, key{made, k.named})
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	return s
}

// serve starts the program; what is still running at the end of the test is killed.
func (s *stage) serve(t *testing.T) *program.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	server, err := s.home.Serve(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Kill() }) // most are gone by then
	return server
}

// load runs the workers until the program was ended some time into it, and returns what they sent.
func (s *stage) load(t *testing.T, server *program.Server, round int, after time.Duration, end func() error) calls {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	sent := make([][]*call, workers)
	for w := range workers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(s.seed, uint64(round+1)<<8|uint64(w)))
			sent[w] = s.work(ctx, server.Relay, fmt.Sprintf("r%d-w%d", round, w), random)
		})
	}
	select {
	case <-time.After(after):
	case <-ctx.Done():
	}
	if err := end(); err != nil {
		t.Errorf("end of the program: %v", err)
	}
	cancel()
	wg.Wait()
	all := calls{}
	for _, list := range sent {
		for _, c := range list {
			all[c.nonce] = c
		}
	}
	return all
}
