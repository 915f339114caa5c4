package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
)

type refusalCase struct {
	name   string
	key    []string // limits of the key
	shared []string // and of the account
	spent  string
	held   string
	ask    string
	want   string
	retry  time.Duration
}

func TestRefusals(t *testing.T) {
	for _, tt := range []refusalCase{
		{"a day's dollars, partly held", []string{"5usd/day"}, nil, "4.9812", "0.01", "0.02",
			`The limit of $5 per day on key "Codex" leaves too little for this call: $4.9812 spent, $0.01 held by running calls, and the call could take $0.02.` +
				` It resets at 2026-11-22 00:00 (Europe/Berlin).`, 11 * time.Hour},
		{"what is used up is not compared with the call", []string{"5usd/day"}, nil, "5", "", "0.02",
			`The limit of $5 per day on key "Codex" is reached: $5 spent. It resets at 2026-11-22 00:00 (Europe/Berlin).`, 11 * time.Hour},
		{"a total does not reset", []string{"1calls/total"}, nil, "1", "", "1",
			`The limit of 1 call in total on key "Codex" is reached: 1 call spent.`, 0},
		{"tokens a month", []string{"250tokens/month"}, nil, "1", "1", "1",
			`The limit of 250 tokens per month on key "Codex" leaves too little for this call: 100 tokens spent, 100 tokens held by running calls,` +
				` and the call could take 100 tokens. It resets at 2026-12-01 00:00 (Europe/Berlin).`, 227 * time.Hour},
		{"the account's limit says so", nil, []string{"2calls/week"}, "1", "1", "1",
			`The limit of 2 calls per week on the account is reached: 1 call spent, 1 call held by running calls.` +
				` It resets at 2026-11-23 00:00 (Europe/Berlin).`, 35 * time.Hour},
		{"the key's own limit is named before the account's", []string{"1calls/total"}, []string{"1calls/total"}, "1", "", "1",
			`The limit of 1 call in total on key "Codex" is reached: 1 call spent.`, 0},
		{"a limit behind one that could bear it", []string{"100usd/day", "1calls/total"}, nil, "1", "", "1",
			`The limit of 1 call in total on key "Codex" is reached: 1 call spent.`, 0},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRefusal(t, tt) })
	}
}

func wantRefusal(t *testing.T, tt refusalCase) {
	h := newHouse(t)
	h.limit("key_a", tt.key...)
	h.limit("", tt.shared...)
	h.spend("key_a", dollars(tt.spent))
	if tt.held != "" {
		defer func(hold *Hold) { hold.End(settled(hold.call, dollars(tt.held))) }(h.mustHold("key_a", dollars(tt.held)))
	}
	before := append(h.uses("key_a", false), h.uses("", false)...)
	_, err := h.hold("key_a", dollars(tt.ask))
	var e *gateway.Error
	if !errors.As(err, &e) || e.Kind != gateway.QuotaExceeded {
		t.Fatalf("Hold = %v, want a refusal", err)
	}
	if e.Message != tt.want+" Raise it, top it up or reset it in Weir under Keys & limits." || e.RetryAfter != tt.retry || e.LimitID == "" {
		t.Errorf("refusal = %q, retry %v, limit %q\nwant      %q, retry %v", e.Message, e.RetryAfter, e.LimitID, tt.want, tt.retry)
	}
	for i, use := range append(h.uses("key_a", false), h.uses("", false)...) {
		if use != before[i] {
			t.Errorf("after the refusal the limit is %+v, want %+v", use, before[i])
		}
	}
	calls, err := h.Calls(bg, Filter{State: gateway.Refused})
	if err != nil || len(calls) != 1 {
		t.Fatalf("refused calls = %+v, %v", calls, err)
	}
	c := calls[0]
	if c.End != gateway.WasRefused || c.HTTPStatus != 402 || c.Err == nil || c.Err.Message != e.Message || c.EndedAt.IsZero() {
		t.Errorf("the refused call's row = %+v", c)
	}
	h.check()
}

func TestWhatIsNotRefused(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "1usd/day", "1calls/day")
	over := h.mustHold("key_a", dollars("1"))
	over.End(settled(over.call, dollars("1.5")))
	if _, err := h.hold("key_a", gateway.Amounts{}); err != nil {
		t.Errorf("a call that asks for nothing = %v, want none", err)
	}
	simulated := Start{Call: h.call("key_a"), Hold: dollars("1")}
	simulated.Call.Simulated = true
	if _, err := h.Hold(bg, simulated); err != nil {
		t.Errorf("a simulated call at an exhausted real limit = %v, want none", err)
	}
	h.turn(noon.Add(11 * time.Hour))
	if _, err := h.hold("key_a", dollars("1")); err != nil {
		t.Errorf("a call after midnight = %v, want none", err)
	}
	soft := gateway.Limit{Unit: gateway.Calls, Window: gateway.Day, Amount: 1}
	if err := h.SetLimits(bg, gateway.ScopeKey, "key_b", []gateway.Limit{soft}); err != nil {
		t.Fatal(err)
	}
	h.spend("key_b", dollars("1"))
	h.spend("key_b", dollars("1"))
	if got := h.uses("key_b", false)[0]; got.Spent != 2 || got.Left() != 0 {
		t.Errorf("a soft limit of 1 call after two = %+v, want 2 spent", got)
	}
	h.check()
}

func TestExtend(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "10usd/day")
	h.limit("", "3usd/day")
	hold := h.mustHold("key_a", dollars("1"))
	if err := hold.Extend(bg, gateway.Amounts{Pico: 1_500_000_000_000}); err != nil {
		t.Fatal(err)
	}
	h.check()
	err := hold.Extend(bg, gateway.Amounts{Pico: 1_000_000_000_000})
	var e *gateway.Error
	if !errors.As(err, &e) || e.Kind != gateway.QuotaExceeded || e.LimitID != h.uses("", false)[0].ID {
		t.Errorf("Extend = %v, want the account's refusal", err)
	}
	h.check()
	if got := h.uses("key_a", false)[0].Held; got != 2_500_000_000_000 {
		t.Errorf("held after the refusal = %d, want $2.50", got)
	}
	hold.End(settled(hold.call, dollars("4"))) // the overrun is booked
	h.check()
	if got := h.uses("", false)[0]; got.Spent != 4_000_000_000_000 || got.Held != 0 {
		t.Errorf("after the end = %+v, want $4 spent and nothing held", got)
	}
	if err := hold.Extend(bg, gateway.Amounts{Tokens: 1}); !errors.As(err, &e) || e.Kind != gateway.Conflict {
		t.Errorf("Extend after the end = %v, want a conflict", err)
	}
	h.check()
}

func TestACallThatEndsAfterMidnightIsChargedToItsOwnDay(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	hold := h.mustHold("key_a", dollars("1"))
	h.turn(noon.Add(12 * time.Hour))
	if err := hold.Extend(bg, dollars("1")); err != nil {
		t.Fatal(err)
	}
	hold.End(settled(hold.call, dollars("1.5")))
	h.check()
	if got := h.uses("key_a", false)[0]; got.Spent != 0 || got.Held != 0 {
		t.Errorf("the new day = %+v, want nothing spent", got)
	}
	h.turn(noon) // the clock does not go back, so the old day is read from its rows
	var spent int64
	if err := h.st.Read().QueryRow("SELECT spent FROM limit_window").Scan(&spent); err != nil || spent != 1_500_000_000_000 {
		t.Errorf("the old day spent %d, %v, want $1.50", spent, err)
	}
}

func TestRefuse(t *testing.T) {
	h := newHouse(t)
	c := h.call("key_a")
	c.HTTPStatus, c.Err = 404, &gateway.CallError{Kind: gateway.NotFound, Message: "There is no model x."}
	if err := h.Refuse(bg, c); err != nil {
		t.Fatal(err)
	}
	got, err := h.Ledger.Call(bg, c.ID)
	if err != nil || got.State != gateway.Refused || got.HTTPStatus != 404 || *got.Err != *c.Err {
		t.Errorf("the refused call = %+v, %v", got, err)
	}
	h.check()
}

func TestAmountsThatNoLedgerHolds(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	for _, a := range []gateway.Amounts{{Pico: -1}, {Tokens: 1 << 61}, {Calls: -5}} {
		if _, err := h.hold("key_a", a); err == nil {
			t.Errorf("Hold(%+v) was granted", a)
		}
	}
	hold := h.mustHold("key_a", dollars("1"))
	if !hold.End(settled(hold.call, gateway.Amounts{Pico: -5, Tokens: 1 << 62})) {
		t.Error("an absurd outcome was not written")
	}
	if got := h.uses("key_a", false)[0]; got.Held != 0 || got.Spent != 0 {
		t.Errorf("after an absurd outcome = %+v", got)
	}
}

// TestARefusalNamesWhatWasAdded, however little.
func TestARefusalNamesWhatWasAdded(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "1calls/total")
	for extra, want := range []string{`limit of 1 call in total`, `limit of 1 call and 1 call added in total`, `limit of 1 call and 2 calls added in total`} {
		if extra > 0 {
			if _, err := h.TopUp(bg, h.firstLimit(), 1, "more work", false); err != nil {
				t.Fatal(err)
			}
		}
		h.spend("key_a", dollars("1"))
		if _, err := h.hold("key_a", dollars("1")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with %d added: %v, want it to say %q", extra, err, want)
		}
	}
	h.check()
}
