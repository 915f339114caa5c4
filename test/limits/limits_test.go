// Package limits sends 500 calls at once against a limit that bears 50, and counts what passed.
package limits

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"weir/billing"
	"weir/test/standin"
	"weir/test/standin/program"
)

const (
	sent   = 500
	passes = 50
)

// A stage is the running program in front of a stand-in.
type stage struct {
	up     *standin.Server
	home   program.Home
	server *program.Server
	client *http.Client

	dollars, tokens string // what one call holds
	group           string // the newest
}

func TestLimitsHoldUnderConcurrency(t *testing.T) {
	s := open(t)
	mixed := []string{"openai", "anthropic"}
	t.Run("calls", func(t *testing.T) {
		key := s.key(t, fmt.Sprintf("%dcalls/total", passes))
		s.crowd(t, key, mixed)
	})
	t.Run("calls in a day, beside limits that bear more", func(t *testing.T) {
		key := s.key(t, "1000usd/month", fmt.Sprintf("%dcalls/day", passes), "100000000tokens/week")
		s.crowd(t, key, mixed)
	})
	for _, dialect := range mixed {
		t.Run("dollars of exactly so many holds, "+dialect, func(t *testing.T) {
			hold := s.hold(t, dialect)
			key := s.key(t, billing.Pico(passes*hold.Pico()).String()+"usd/total")
			s.crowd(t, key, []string{dialect})
		})
	}
}

// open starts the stand-in and the program, with one channel for each dialect.
func open(t *testing.T) *stage {
	t.Helper()
	bin, err := program.Binary(t.Context(), t.TempDir())
	if err != nil {
		t.Skipf("there is no program to test: %v", err)
	}
	s := &stage{
		up:   standin.Start(t, standin.Options{DiscardBytes: true}),
		home: program.Home{Bin: bin, Dir: t.TempDir()},
	}
	transport := &http.Transport{MaxIdleConnsPerHost: sent, DisableCompression: true}
	s.client = &http.Client{Transport: transport, Timeout: 2 * time.Minute}
	t.Cleanup(transport.CloseIdleConnections)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if s.server, err = s.home.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.server.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(s.up.Gate.Open) // before the program is asked to end
	for kind, base := range map[string]string{"custom-openai": s.up.OpenAI(), "custom-anthropic": s.up.Anthropic()} {
		vendor := strings.TrimPrefix(kind, "custom-")
		if err := s.home.AddProvider(ctx, kind, base, "--models", models[vendor], "--price-as", vendor); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// models are those that the calls name, by dialect.
var models = map[string]string{"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5"}

// key makes an access key with limits.
func (s *stage) key(t *testing.T, limits ...string) program.Key {
	t.Helper()
	var args []string
	for _, l := range limits {
		args = append(args, "--limit", l)
	}
	k, err := s.home.AddKey(t.Context(), t.Name()+" "+strings.Join(limits, " "), args...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// limits reads the limits of a key.
func (s *stage) limits(ctx context.Context, key program.Key) ([]program.Limit, error) {
	keys, err := s.home.Keys(ctx)
	for _, k := range keys {
		if k.ID == key.ID {
			return k.Limits, err
		}
	}
	return nil, err
}

// hold returns the dollars that one call of a dialect holds.
func (s *stage) hold(t *testing.T, dialect string) billing.Money {
	t.Helper()
	key := s.key(t, "1000usd/total")
	s.up.Gate.Shut()
	defer s.up.Gate.Open()
	answers := make(chan answer, 1)
	go func() { answers <- s.call(t.Context(), key, dialect, 0) }()
	ctx, cancel := context.WithTimeout(t.Context(), program.Patience)
	defer cancel()
	if err := s.up.Gate.Wait(ctx, 1); err != nil {
		t.Fatalf("the call did not arrive: %v", err)
	}
	limits, err := s.limits(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	held, err := billing.ParseMoney(limits[0].Held)
	if err != nil || held.Pico() <= 0 {
		t.Fatalf("held = %q, %v, want an amount", limits[0].Held, err)
	}
	s.up.Gate.Open()
	if a := <-answers; a.err != nil || a.status != http.StatusOK {
		t.Fatalf("the call = %d %s, %v", a.status, a.body, a.err)
	}
	return held
}

// crowd sends all calls at once while the upstream answers none, and checks who passed.
func (s *stage) crowd(t *testing.T, key program.Key, dialects []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s.up.Gate.Shut()
	defer s.up.Gate.Open()
	answers, over := make(chan answer, sent), make(chan struct{})
	go func() {
		if s.up.Gate.Wait(ctx, passes+1) == nil {
			close(over)
		}
	}()
	for i := range sent {
		go func() { answers <- s.call(ctx, key, dialects[i%len(dialects)], i) }()
	}
	for n := range sent - passes {
		select {
		case a := <-answers:
			a.isRefusal(t)
		case <-over:
			t.Fatalf("more than %d calls reached the upstream", passes)
		case <-ctx.Done():
			t.Fatalf("%d calls were refused and %d reached the upstream, want %d and %d", n, s.up.Gate.Arrived(), sent-passes, passes)
		}
	}
	if err := s.up.Gate.Wait(ctx, passes); err != nil {
		t.Fatalf("%d calls reached the upstream, want %d", s.up.Gate.Arrived(), passes)
	}
	s.balance(t, key, false)
	s.up.Gate.Open()
	for range passes {
		if a := <-answers; a.err != nil || a.status != http.StatusOK || !a.whole() {
			t.Errorf("a call that passed = %d %.200s, %v, want a whole answer", a.status, a.body, a.err)
		}
	}
	if n := s.up.Gate.Arrived(); n != passes {
		t.Errorf("%d calls reached the upstream, want %d", n, passes)
	}
	s.balance(t, key, true)
	s.rows(t, key)
	if limits, err := s.limits(ctx, key); err == nil && limits[0].Unit == "calls" {
		s.call(ctx, key, dialects[0], sent).isRefusal(t)
	}
}

// balance checks what the limits hold and have spent, while all calls run or at their end.
func (s *stage) balance(t *testing.T, key program.Key, ended bool) {
	t.Helper()
	var last []program.Limit
	ok, err := program.Until(t.Context(), program.Patience, func() (bool, error) {
		var err error
		last, err = s.limits(t.Context(), key)
		for _, l := range last {
			if ended && l.Held != "0" || !ended && (l.Held == "0" || l.Spent != "0") {
				return false, err
			}
			calls := l.Held
			if ended {
				calls = l.Spent
			}
			if l.Unit == "calls" && calls != fmt.Sprint(passes) {
				return false, err
			}
		}
		return true, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Errorf("limits with the calls ended: %v = %+v, want %d calls held, or spent and nothing held", ended, last, passes)
	}
}

// rows checks the ledger: each call is there once, refused or settled, and the settled ones are what was spent.
func (s *stage) rows(t *testing.T, key program.Key) {
	t.Helper()
	calls, err := s.home.Calls(t.Context(), func(program.Call) bool { return false }, "--key", key.ID)
	if err != nil {
		t.Fatal(err)
	}
	states, ids := map[string]int{}, map[string]bool{}
	var charged billing.Money
	for _, c := range calls {
		states[c.State]++
		ids[c.ID] = true
		charge, err := billing.ParseMoney(c.ChargeUSD)
		if err != nil {
			t.Fatalf("call %s: charge %q: %v", c.ID, c.ChargeUSD, err)
		}
		charged = charged.Add(charge)
		if c.State == "settled" && c.Basis != "exact" || c.State == "refused" && (c.End != "refused" || charge.Pico() != 0) {
			t.Errorf("call %s = %s, %s, %s, charge %s, want settled exact or refused without a charge",
				c.ID, c.State, c.Basis, c.End, c.ChargeUSD)
		}
	}
	if states["settled"] != passes || states["refused"] != sent-passes || len(ids) != sent {
		t.Errorf("rows = %v, %d ids, want %d settled and %d refused", states, len(ids), passes, sent-passes)
	}
	limits, err := s.limits(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range limits {
		if l.Unit == "usd" && l.Spent != charged.String() {
			t.Errorf("spent = %s, want the sum of the charges, %s", l.Spent, charged)
		}
	}
}

// An answer is what a client got.
type answer struct {
	dialect string
	status  int
	header  http.Header
	body    []byte
	err     error
}

// call sends one call; all bodies have one length, so that all calls of a dialect hold the same.
func (s *stage) call(ctx context.Context, key program.Key, dialect string, i int) answer {
	stream := "false"
	if i/2%2 == 1 {
		stream = "true "
	}
	path := "/v1/messages"
	if dialect == "openai" {
		path = "/v1/chat/completions"
	}
	most := 64
	if dialect == "dear" {
		dialect, most = "anthropic", 65
	}
	body := fmt.Sprintf(`{"model":%q,"max_tokens":%d,"stream":%s,"messages":[{"role":"user","content":"[[call-%04d]] How high is the water?"}]}`,
		models[dialect], most, stream, i)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.server.Relay+path, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	if dialect == "openai" {
		req.Header.Set("Authorization", "Bearer "+key.Secret)
	} else {
		req.Header.Set("X-Api-Key", key.Secret)
		req.Header.Set("Anthropic-Version", "2023-06-01")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{dialect, resp.StatusCode, resp.Header, b, err}
}

// whole tells whether the answer came to its end.
func (a answer) whole() bool {
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/event-stream") {
		return strings.HasSuffix(string(a.body), map[string]string{
			"openai":    "data: [DONE]\n\n",
			"anthropic": "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
		}[a.dialect])
	}
	return json.Valid(a.body)
}

// isRefusal checks that the answer is a 402 in the client's dialect that says why.
func (a answer) isRefusal(t *testing.T) {
	t.Helper()
	var got struct {
		Type  string `json:"type"`
		Error struct {
			Message string          `json:"message"`
			Type    string          `json:"type"`
			Param   json.RawMessage `json:"param"`
			Code    json.RawMessage `json:"code"`
		} `json:"error"`
	}
	if a.err != nil || a.status != http.StatusPaymentRequired || json.Unmarshal(a.body, &got) != nil {
		t.Errorf("a call over the limit = %d %.200s, %v, want 402 and JSON", a.status, a.body, a.err)
		return
	}
	shaped := got.Type == "error" && got.Error.Param == nil
	if a.dialect == "openai" {
		shaped = got.Type == "" && got.Error.Param != nil && got.Error.Code != nil
	}
	if !shaped || got.Error.Type == "" || got.Error.Message == "" {
		t.Errorf("refusal in %s = %s, want the dialect's shape", a.dialect, a.body)
	}
	if retry := a.header.Get("X-Should-Retry"); retry != "false" {
		t.Errorf("x-should-retry = %q, want false", retry)
	}
}
