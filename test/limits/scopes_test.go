package limits

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"weir/billing"
	"weir/test/standin/program"
)

// members are the keys that share a group's or the account's bound.
const members = 4

// A bound is one kind of limit on one kind of scope, set so that it fits exactly as many calls as shall pass.
type bound struct {
	name, scope string
	flags       func(s *stage, spent map[string]string) []string // of the command that sets it
	status      int
	says        string
}

// fits is a limit of a unit that bears what is spent and so many calls.
func fits(unit string) func(*stage, map[string]string) []string {
	return func(s *stage, spent map[string]string) []string {
		amount := billing.Pico(0)
		if text := spent[unit]; text != "" {
			amount = mustMoney(text)
		}
		each := map[string]billing.Money{"calls": mustMoney("1"), "tokens": mustMoney(s.tokens), "usd": mustMoney(s.dollars)}[unit]
		for range passes {
			amount = amount.Add(each)
		}
		return []string{"--limit", amount.String() + unit + "/total"}
	}
}

func mustMoney(text string) billing.Money {
	m, err := billing.ParseMoney(text)
	if err != nil {
		panic(err)
	}
	return m
}

// TestEveryKindOfLimitHolds: of 500 calls at once exactly as many pass as a limit bears, whatever it counts and
// whomever it covers.
func TestEveryKindOfLimitHolds(t *testing.T) {
	s := open(t)
	s.measure(t)
	var bounds []bound
	for _, scope := range []string{"key", "group", "account"} {
		for _, unit := range []string{"usd", "tokens", "calls"} {
			bounds = append(bounds, bound{unit, scope, fits(unit), http.StatusPaymentRequired, "is reached"})
		}
		pace := func(flag, each string) func(*stage, map[string]string) []string {
			return func(s *stage, _ map[string]string) []string {
				n := int64(passes)
				if each == "tokens" {
					tokens, err := strconv.ParseInt(s.tokens, 10, 64)
					if err != nil {
						panic(err)
					}
					n *= tokens
				}
				return []string{flag, strconv.FormatInt(n, 10)}
			}
		}
		bounds = append(bounds,
			bound{"requests a minute", scope, pace("--rpm", ""), http.StatusTooManyRequests, "requests a minute"},
			bound{"tokens a minute", scope, pace("--tpm", "tokens"), http.StatusTooManyRequests, "tokens a minute"},
			bound{"calls at once", scope, pace("--concurrent", ""), http.StatusTooManyRequests, "at once"})
	}
	for _, b := range bounds {
		t.Run(b.name+" of a "+b.scope, func(t *testing.T) {
			at := s
			if b.scope == "account" && b.status == http.StatusTooManyRequests {
				at = open(t) // the account has one minute for all
				at.dollars, at.tokens = s.dollars, s.tokens
			}
			at.holds(t, b)
		})
	}
	t.Run("the most of one call", s.mostOfOneCall)
}

// measure notes what one call holds.
func (s *stage) measure(t *testing.T) {
	s.dollars = s.hold(t, "anthropic").String()
	s.tokens = s.holds1(t, "1000000tokens/total")
}

// holds1 returns what a call holds in a limit.
func (s *stage) holds1(t *testing.T, limit string) string {
	t.Helper()
	key := s.key(t, limit)
	s.up.Gate.Shut()
	defer s.up.Gate.Open()
	answers := make(chan answer, 1)
	go func() { answers <- s.call(t.Context(), key, "anthropic", 0) }()
	if err := s.up.Gate.Wait(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	limits, err := s.limits(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	s.up.Gate.Open()
	<-answers
	return limits[0].Held
}

// holds sets a bound, sends the crowd and takes the bound away again.
func (s *stage) holds(t *testing.T, b bound) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := members
	if b.scope == "key" {
		n = 1
	}
	keys := make([]program.Key, n)
	for i := range keys {
		keys[i] = s.key(t)
	}
	set, unset, limits := s.commands(t, b, keys)
	s.run(t, append(set, b.flags(s, limits())...)...)
	defer s.run(t, unset...)
	s.crowdOf(t, ctx, keys, b)
	var held map[string]string
	ok, err := program.Until(ctx, program.Patience, func() (bool, error) {
		held = s.held(t, b, keys)
		for _, n := range held {
			if n != "0" {
				return false, nil
			}
		}
		return true, nil
	})
	if !ok || err != nil {
		t.Errorf("after the last call is held %v, %v", held, err)
	}
	states := map[string]int{}
	for _, k := range keys {
		calls, err := s.home.Calls(ctx, func(program.Call) bool { return false }, "--key", k.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range calls {
			states[c.State]++
		}
	}
	if states["settled"] != passes || states["refused"] != sent-passes {
		t.Errorf("the rows are %v", states)
	}
}

// commands are those that set a bound and take it away, and what tells what its limits have spent.
func (s *stage) commands(t *testing.T, b bound, keys []program.Key) (set, unset []string, spent func() map[string]string) {
	pace := b.status == http.StatusTooManyRequests
	none := func() map[string]string { return nil }
	switch {
	case b.scope == "key" && pace:
		return []string{"keys", "update", keys[0].ID}, []string{"keys", "update", keys[0].ID, "--rpm", "0"}, none
	case b.scope == "key":
		return []string{"keys", "limit", keys[0].ID}, []string{"keys", "limit", keys[0].ID}, none
	case b.scope == "group":
		var g struct{ ID string }
		ids := make([]string, len(keys))
		for i, k := range keys {
			ids[i] = k.ID
		}
		if err := s.home.Run(t.Context(), &g, "", "groups", "add", "--name", t.Name(), "--keys", strings.Join(ids, ",")); err != nil {
			t.Fatal(err)
		}
		s.group = g.ID
		verb := "limit"
		if pace {
			verb = "update"
		}
		return []string{"groups", verb, g.ID}, []string{"groups", "remove", g.ID}, none
	case pace:
		return []string{"account", "pace"}, []string{"account", "pace"}, none
	}
	return []string{"account", "limit"}, []string{"account", "limit"}, func() map[string]string {
		s.run(t, "account", "limit", "--limit", "1000000usd/total", "--limit", "1000000000000tokens/total", "--limit", "1000000000calls/total")
		spent := map[string]string{}
		for _, l := range s.show(t, "account", "show").Limits {
			spent[l.Unit] = l.Spent
		}
		return spent
	}
}

// shown is what group and account tell of their limits.
type shown struct{ Limits []program.Limit }

func (s *stage) show(t *testing.T, args ...string) (v shown) {
	t.Helper()
	if err := s.home.Run(t.Context(), &v, "", args...); err != nil {
		t.Fatal(err)
	}
	return v
}

func (s *stage) run(t *testing.T, args ...string) {
	t.Helper()
	var out json.RawMessage
	if err := s.home.Run(context.WithoutCancel(t.Context()), &out, "", args...); err != nil {
		t.Fatal(err)
	}
}

// held is what the limits of a bound's scope hold, by unit.
func (s *stage) held(t *testing.T, b bound, keys []program.Key) map[string]string {
	t.Helper()
	var limits []program.Limit
	switch b.scope {
	case "key":
		var err error
		if limits, err = s.limits(t.Context(), keys[0]); err != nil {
			t.Fatal(err)
		}
	case "account":
		limits = s.show(t, "account", "show").Limits
	default:
		var groups []struct {
			ID     string
			Limits []program.Limit
		}
		if err := s.home.Run(t.Context(), &groups, "", "groups", "list"); err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			if g.ID == s.group {
				limits = g.Limits
			}
		}
	}
	held := map[string]string{}
	for _, l := range limits {
		held[l.Unit] = l.Held
	}
	return held
}

// crowdOf sends all calls at once, over all keys, while the upstream answers none, and checks who passed.
func (s *stage) crowdOf(t *testing.T, ctx context.Context, keys []program.Key, b bound) {
	t.Helper()
	s.up.Gate.Shut()
	defer s.up.Gate.Open()
	answers := make(chan answer, sent)
	for i := range sent {
		go func() { answers <- s.call(ctx, keys[i%len(keys)], "anthropic", i) }()
	}
	for n := range sent - passes {
		select {
		case a := <-answers:
			if a.err != nil || a.status != b.status || !strings.Contains(string(a.body), b.says) || (a.header.Get("Retry-After") == "") != (b.status == http.StatusPaymentRequired) {
				t.Fatalf("a call over the limit = %d, %v, retry after %q: %s", a.status, a.err, a.header.Get("Retry-After"), a.body)
			}
		case <-ctx.Done():
			t.Fatalf("%d calls were refused and %d reached the upstream, want %d and %d", n, s.up.Gate.Arrived(), sent-passes, passes)
		}
	}
	if err := s.up.Gate.Wait(ctx, passes); err != nil {
		t.Fatalf("%d calls reached the upstream, want %d", s.up.Gate.Arrived(), passes)
	}
	s.up.Gate.Open()
	for range passes {
		if a := <-answers; a.err != nil || a.status != http.StatusOK || !a.whole() {
			t.Errorf("a call that passed = %d %.200s, %v, want a whole answer", a.status, a.body, a.err)
		}
	}
	if n := s.up.Gate.Arrived(); n != passes {
		t.Errorf("%d calls reached the upstream, want %d", n, passes)
	}
}

// mostOfOneCall: of a crowd those pass that cost no more than the key may spend on one.
func (s *stage) mostOfOneCall(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	key := s.key(t)
	s.run(t, "keys", "update", key.ID, "--most-per-call", s.dollars)
	answers := make(chan answer, sent)
	for i := range sent {
		dialect := "anthropic"
		if i%(sent/passes) != 0 {
			dialect = "dear"
		}
		go func() { answers <- s.call(ctx, key, dialect, i) }()
	}
	statuses := map[int]int{}
	for range sent {
		a := <-answers
		statuses[a.status]++
		if a.status != http.StatusOK && !strings.Contains(string(a.body), "on one call") {
			t.Fatalf("a call = %d, %v: %s", a.status, a.err, a.body)
		}
	}
	if statuses[http.StatusOK] != passes || statuses[http.StatusPaymentRequired] != sent-passes {
		t.Errorf("the answers are %v", statuses)
	}
}
