package pace

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"weir/backend/gateway"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func key(p gateway.Pace) Scope { return Scope{Kind: gateway.ScopeKey, ID: "key_a", Pace: p} }

// A step is one call at a time, in seconds after noon.
type step struct {
	at          float64
	least, most int64
	want        Bound         // empty: it passes
	wait        time.Duration // until it may
	then        func(m *Meter, t *Ticket)
}

func ends(tokens int64) func(*Meter, *Ticket) {
	return func(_ *Meter, t *Ticket) { t.End(tokens) }
}

func TestEnter(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pace  gateway.Pace
		steps []step
	}{
		{"so many requests begin in a minute", gateway.Pace{Requests: 2}, []step{
			{at: 0}, {at: 10}, {at: 20, want: Requests, wait: 41 * time.Second}, {at: 61}, {at: 62, want: Requests, wait: 9 * time.Second}, {at: 71}}},
		{"a call that ended still began", gateway.Pace{Requests: 1}, []step{{at: 0, then: ends(0)}, {at: 1, want: Requests, wait: 60 * time.Second}}},
		{"one that was not sent did not", gateway.Pace{Requests: 1}, []step{{at: 0, then: func(_ *Meter, t *Ticket) { t.Cancel() }}, {at: 1}}},
		{"so many run at once", gateway.Pace{Running: 1}, []step{{at: 0}, {at: 300, want: Running, wait: time.Second}}},
		{"one that ended runs no more", gateway.Pace{Running: 1}, []step{{at: 0, then: ends(0)}, {at: 0}}},
		{"so many tokens begin in a minute", gateway.Pace{Tokens: 100}, []step{
			{at: 0, least: 60, most: 60}, {at: 1, least: 40, most: 40}, {at: 2, least: 1, most: 1, want: Tokens, wait: 59 * time.Second}, {at: 61, least: 60, most: 60}}},
		{"an estimate is corrected downwards at the end", gateway.Pace{Tokens: 100}, []step{{at: 0, least: 10, most: 90, then: ends(20)}, {at: 1, least: 80, most: 80}}},
		{"and upwards", gateway.Pace{Tokens: 100}, []step{{at: 0, least: 10, most: 20, then: ends(95)}, {at: 1, least: 6, most: 6, want: Tokens, wait: 60 * time.Second}}},
		{"an answer of unknown length passes alone", gateway.Pace{Tokens: 100}, []step{{at: 0, least: 10, most: 5000}, {at: 1, least: 1, most: 1, want: Tokens, wait: 60 * time.Second}}},
		{"a prompt that is longer never passes", gateway.Pace{Tokens: 100}, []step{{at: 0, least: 101, most: 101, want: Tokens}}},
		{"what begins after a clock was set back is counted too", gateway.Pace{Requests: 2}, []step{{at: 1000}, {at: 0}, {at: 1, want: Requests, wait: 1060 * time.Second}}},
		{"and its tokens are corrected at the end", gateway.Pace{Tokens: 100}, []step{
			{at: 1000, least: 10, most: 10, then: ends(10)}, {at: 0, least: 10, most: 90, then: ends(20)}, {at: 1, least: 70, most: 70}, {at: 2, least: 1, most: 1, want: Tokens, wait: 1059 * time.Second}}},
		{"a clock that is set back lets nobody in", gateway.Pace{Requests: 1}, []step{{at: 100}, {at: 0, want: Requests, wait: 161 * time.Second}}},
		{"after a long sleep all is forgotten", gateway.Pace{Requests: 1, Tokens: 5}, []step{{at: 0, least: 5, most: 5}, {at: 100000, least: 5, most: 5}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var m Meter
			for i, s := range tt.steps {
				ticket, no := m.Enter(noon.Add(time.Duration(s.at*1000)*time.Millisecond), s.least, s.most, key(tt.pace))
				if no == nil && s.want != "" || no != nil && (no.Bound != s.want || no.Wait != s.wait) {
					t.Fatalf("step %d = %+v, want %q after %v", i, no, s.want, s.wait)
				}
				if no != nil && no.Forever != (s.least > no.Limit && no.Bound == Tokens) {
					t.Errorf("step %d: forever %v of %+v", i, no.Forever, no)
				}
				if s.then != nil {
					s.then(&m, &ticket)
				}
			}
		})
	}
}

// TestAllScopesOrNone: a call that one scope refuses is counted in none.
func TestAllScopesOrNone(t *testing.T) {
	var m Meter
	group := Scope{Kind: gateway.ScopeGroup, ID: "grp_a", Pace: gateway.Pace{Requests: 5, Running: 5}}
	account := Scope{Kind: gateway.ScopeAccount, Pace: gateway.Pace{Requests: 1}}
	first, no := m.Enter(noon, 0, 0, key(gateway.Pace{Running: 9}), group, account)
	if no != nil {
		t.Fatalf("Enter = %+v", no)
	}
	for range 20 {
		if _, no := m.Enter(noon, 0, 0, key(gateway.Pace{Running: 9}), group, account); no == nil || no.Scope.Kind != gateway.ScopeAccount {
			t.Fatalf("Enter = %+v, want the account's refusal", no)
		}
	}
	if n := m.Running(gateway.ScopeGroup, "grp_a", false); n != 1 {
		t.Errorf("%d run in the group, want 1", n)
	}
	first.End(0)
	first.End(0)
	first.Cancel()
	for _, s := range []Scope{key(gateway.Pace{}), group, account} {
		if n := m.Running(s.Kind, s.ID, false); n != 0 {
			t.Errorf("%d run for %s after the end", n, s.Kind)
		}
	}
	simulated := account
	simulated.Simulated = true
	if _, no := m.Enter(noon, 0, 0, simulated); no != nil {
		t.Errorf("simulated calls are held back by real ones: %+v", no)
	}
}

func TestWithoutAPaceNothingIsCounted(t *testing.T) {
	var m Meter
	ticket, no := m.Enter(noon, 1, 2, key(gateway.Pace{}))
	if no != nil || len(m.counts) != 0 {
		t.Errorf("Enter = %+v with %d counts", no, len(m.counts))
	}
	ticket.End(3)
}

// TestNoMinuteHasMore sends calls at random times and looks at every span of a minute.
func TestNoMinuteHasMore(t *testing.T) {
	const bound = 7
	rnd, at := rand.New(rand.NewPCG(1, 2)), noon
	var m Meter
	var passed []time.Time
	for range 5000 {
		at = at.Add(time.Duration(rnd.Int64N(int64(8 * time.Second))))
		if ticket, no := m.Enter(at, 0, 0, key(gateway.Pace{Requests: bound})); no == nil {
			passed = append(passed, at)
			ticket.End(0)
		} else if _, early := m.Enter(at.Add(no.Wait-time.Second-time.Millisecond), 0, 0, key(gateway.Pace{Requests: bound})); no.Wait > 2*time.Second && early == nil {
			t.Fatalf("it was told to wait %v, and passed before", no.Wait)
		} else if at = at.Add(no.Wait); rnd.IntN(2) == 0 {
			ticket, no := m.Enter(at, 0, 0, key(gateway.Pace{Requests: bound}))
			if no != nil {
				t.Fatalf("it waited as it was told, and was told to wait %v", no.Wait)
			}
			passed = append(passed, at)
			ticket.End(0)
		}
	}
	for i := bound; i < len(passed); i++ {
		if passed[i].Sub(passed[i-bound]) < time.Minute {
			t.Fatalf("%d calls began within %v", bound+1, passed[i].Sub(passed[i-bound]))
		}
	}
	if len(passed) < 300 {
		t.Errorf("only %d passed", len(passed))
	}
}

// TestACrowd: of 500 at once exactly as many pass as the bound of any kind, on any scope, bears.
func TestACrowd(t *testing.T) {
	const crowd, passes = 500, 50
	for name, pace := range map[string]gateway.Pace{"requests": {Requests: passes}, "tokens": {Tokens: passes * 10}, "at once": {Running: passes}} {
		for _, kind := range []gateway.Scope{gateway.ScopeKey, gateway.ScopeGroup, gateway.ScopeAccount} {
			t.Run(name+" of a "+string(kind), func(t *testing.T) {
				var m Meter
				var passed atomic.Int64
				var all sync.WaitGroup
				tickets := make(chan Ticket, crowd)
				for i := range crowd {
					all.Go(func() {
						scopes := []Scope{{Kind: gateway.ScopeKey, ID: string(rune('a' + i%5)), Pace: gateway.Pace{Requests: crowd}}, {Kind: kind, ID: "x", Pace: pace}}
						if ticket, no := m.Enter(noon, 10, 10, scopes...); no == nil {
							passed.Add(1)
							tickets <- ticket
						}
					})
				}
				all.Wait()
				close(tickets)
				if passed.Load() != passes {
					t.Errorf("%d passed, want %d", passed.Load(), passes)
				}
				for ticket := range tickets {
					ticket.Cancel()
				}
				for at, c := range m.counts {
					if !c.idle() {
						t.Errorf("%+v counts %d requests, %d tokens and %d running after all were cancelled", at, c.sumOfRequests, c.sumOfTokens, c.running)
					}
				}
			})
		}
	}
}

// TestIdleScopesAreForgotten: keys that come and go leave nothing behind for ever.
func TestIdleScopesAreForgotten(t *testing.T) {
	var m Meter
	at := noon
	for i := range 5 * mostIdle {
		at = at.Add(time.Second)
		s := Scope{Kind: gateway.ScopeKey, ID: string(rune(i)), Pace: gateway.Pace{Requests: 1}}
		ticket, no := m.Enter(at, 0, 0, s)
		if no != nil {
			t.Fatal(no)
		}
		ticket.End(0)
	}
	if len(m.counts) > mostIdle {
		t.Errorf("%d scopes are counted", len(m.counts))
	}
}

func BenchmarkEnter(b *testing.B) {
	var m Meter
	for name, scopes := range map[string][]Scope{
		"unused": {key(gateway.Pace{}), {Kind: gateway.ScopeGroup}, {Kind: gateway.ScopeAccount}},
		"used":   {key(gateway.Pace{Requests: 1 << 40, Tokens: 1 << 50}), {Kind: gateway.ScopeGroup}, {Kind: gateway.ScopeAccount, Pace: gateway.Pace{Running: 9}}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ticket, _ := m.Enter(noon, 1, 2, scopes...)
				ticket.End(3)
			}
		})
	}
}
