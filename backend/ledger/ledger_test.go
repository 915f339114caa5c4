package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
)

// A house is a ledger in a folder of its own, with a clock that tests turn.
type house struct {
	*Ledger
	t    testing.TB
	st   *store.Store
	home string
	zone string
	out  io.Writer // where its log goes; nil: nowhere

	mu  sync.Mutex
	now time.Time
	ids int

	lastRepricing string // of furnished
}

// noon is where the tests' clock begins.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newHouse(t testing.TB) *house { return newHouseIn(t, "Europe/Berlin") }

func newHouseIn(t testing.TB, zone string) *house {
	t.Helper()
	h := &house{t: t, home: t.TempDir(), zone: zone, now: noon}
	h.start()
	t.Cleanup(h.stop)
	return h
}

func (h *house) start() {
	h.t.Helper()
	st, err := store.Open(context.Background(), h.home)
	if err != nil {
		h.t.Fatal(err)
	}
	h.st = st
	if h.out == nil {
		h.out = io.Discard
	}
	h.Ledger, err = Open(context.Background(), st, Options{
		Home: h.home,
		Zone: h.zone,
		Now:  h.time,
		Log:  slog.New(slog.NewTextHandler(h.out, nil)),
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) stop() {
	h.t.Helper()
	if err := errors.Join(h.Ledger.Close(), h.st.Close()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) time() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) turn(to time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = to
}

// limit sets limits of a key or group, or of the account for an empty one.
func (h *house) limit(keyID string, texts ...string) {
	h.t.Helper()
	var limits []gateway.Limit
	for _, text := range texts {
		lim, err := ParseLimit(text, "Europe/Berlin")
		if err != nil {
			h.t.Fatal(err)
		}
		limits = append(limits, lim)
	}
	if err := h.SetLimits(context.Background(), scopeKind(keyID), keyID, limits); err != nil {
		h.t.Fatal(err)
	}
}

// scopeKind says what an id is of: a key, a group or, where it is empty, the account.
func scopeKind(id string) gateway.Scope {
	switch {
	case id == "":
		return gateway.ScopeAccount
	case strings.HasPrefix(id, "grp_"):
		return gateway.ScopeGroup
	}
	return gateway.ScopeKey
}

// join puts a key into a group, or out of any.
func (h *house) join(keyID, groupID string) {
	h.t.Helper()
	err := h.st.Do(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO access_key (id, name, prefix, state, created_at, group_id) VALUES (?, '', '', 'active', 0, ?)
			ON CONFLICT DO UPDATE SET group_id = excluded.group_id`, keyID, groupID)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// call makes the next call of a key.
func (h *house) call(keyID string) gateway.Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ids++
	return gateway.Call{
		ID: fmt.Sprintf("call_%06d", h.ids), StartedAt: h.now, KeyID: keyID, KeyName: "Codex",
		Dialect: "openai-chat", Op: gateway.Chat, Model: "gpt-5", Stream: true,
	}
}

func (h *house) hold(keyID string, a gateway.Amounts) (*Hold, error) {
	return h.Hold(context.Background(), Start{Call: h.call(keyID), Hold: a, RefusedStatus: 402})
}

func (h *house) mustHold(keyID string, a gateway.Amounts) *Hold {
	h.t.Helper()
	hold, err := h.hold(keyID, a)
	if err != nil {
		h.t.Fatal(err)
	}
	return hold
}

// settled is a finished call that costs so much.
func settled(c gateway.Call, spent gateway.Amounts) Outcome {
	total := billing.Pico(spent.Pico)
	c.State, c.Basis, c.End, c.HTTPStatus = gateway.Settled, gateway.Exact, gateway.Finished, 200
	c.Charge = total
	c.Bill = billing.Bill{Status: billing.Priced, Total: &total}
	return Outcome{c, spent}
}

func (h *house) check() {
	h.t.Helper()
	if err := h.Check(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

func dollars(s string) gateway.Amounts {
	m, err := billing.ParseMoney(s)
	if err != nil {
		panic(err)
	}
	return gateway.Amounts{Pico: m.Pico(), Tokens: 100, Calls: 1}
}

func TestACallIsHeldAndSettled(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day", "10calls/total")
	h.limit("", "100usd/month")
	hold := h.mustHold("key_a", dollars("0.5"))
	h.check()
	uses, err := h.Uses(context.Background(), gateway.ScopeKey, "key_a", false)
	if err != nil || len(uses) != 2 || uses[0].Held != 500_000_000_000 || uses[1].Held != 1 {
		t.Fatalf("Uses while open = %+v, %v", uses, err)
	}
	if !hold.End(settled(hold.call, dollars("0.25"))) {
		t.Fatal("End was not durable")
	}
	h.check()
	q, err := h.Quota(context.Background(), Payer{KeyID: "key_a"})
	if err != nil || q.Spent.String() != "0.25" || q.AnswersFor != gateway.ScopeKey || q.Limits[0].Held != 0 {
		t.Fatalf("Quota = %+v, %v", q, err)
	}
}
