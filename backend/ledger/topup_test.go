package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

func TestAWindowIsToppedUpAndReset(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "1usd/day")
	h.spend("key_a", dollars("0.75"))
	held := h.mustHold("key_a", dollars("0.25"))
	id := h.uses("key_a", false)[0].ID
	more := gateway.Amounts{Pico: 5e11}
	if _, err := h.hold("key_a", more); err == nil {
		t.Fatal("a call passed at an exhausted limit")
	}
	use, err := h.TopUp(bg, id, 5e11, "a demo", false)
	if err != nil || use.Extra != 5e11 || use.Left() != 5e11 || use.Ceiling() != 15e11 {
		t.Fatalf("TopUp = %+v, %v", use, err)
	}
	h.mustHold("key_a", more)
	_, err = h.hold("key_a", more)
	if err == nil || !strings.Contains(err.Error(), "$1 and $0.5 added") {
		t.Errorf("the refusal says %v", err)
	}
	use, err = h.Reset(bg, id, "the demo is over", false)
	if err != nil || use.Spent != 0 || use.Held != 75e10 || use.Extra != 5e11 {
		t.Fatalf("Reset = %+v, %v", use, err)
	}
	held.End(settled(held.call, dollars("0.3")))
	if use := h.uses("key_a", false)[0]; use.Spent != 3e11 || use.Held != 5e11 {
		t.Errorf("a call from before the reset left %+v", use)
	}
	h.check()
	h.turn(noon.AddDate(0, 0, 1))
	if use := h.uses("key_a", false)[0]; use.Extra != 0 || use.Left() != 1e12 {
		t.Errorf("the next day has %+v", use)
	}
	changes, err := h.WindowChanges(bg, id)
	if err != nil || len(changes) != 2 || changes[0].Kind != Reset || changes[0].Amount != 75e10 || changes[0].Reason != "the demo is over" ||
		changes[1].Kind != TopUp || changes[1].Amount != 5e11 || !changes[1].At.Truncate(time.Second).Equal(noon) || changes[1].Start.IsZero() {
		t.Errorf("WindowChanges = %+v, %v", changes, err)
	}
}

func TestChangesThatAreRefused(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "1calls/total")
	id := h.uses("key_a", false)[0].ID
	for _, tt := range []struct {
		name, field string
		do          func() error
	}{
		{"a top-up adds something", "amount", func() error { _, err := h.TopUp(bg, id, 0, "why", false); return err }},
		{"it takes nothing away", "amount", func() error { _, err := h.TopUp(bg, id, -1, "why", false); return err }},
		{"it adds no more than can be counted", "amount", func() error { _, err := h.TopUp(bg, id, 1<<61, "why", false); return err }},
		{"a top-up has a reason", "reason", func() error { _, err := h.TopUp(bg, id, 1, "", false); return err }},
		{"of one line", "reason", func() error { _, err := h.TopUp(bg, id, 1, "a\nb", false); return err }},
		{"a reset too", "reason", func() error { _, err := h.Reset(bg, id, "", false); return err }},
		{"its limit is in force", "id", func() error { _, err := h.Reset(bg, "lim_none", "why", false); return err }},
	} {
		var e *gateway.Error
		if err := tt.do(); !errors.As(err, &e) || e.Field != tt.field {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := h.TopUp(bg, id, 1<<60, "a lot", false); err != nil {
		t.Fatal(err)
	}
	if _, err := h.TopUp(bg, id, 1<<60, "and again", false); err == nil {
		t.Error("top-ups added up to more than can be counted")
	}
	for _, query := range []string{"UPDATE limit_change SET reason = ''", "DELETE FROM limit_change"} {
		if err := h.st.Do(bg, func(tx *store.Tx) error { _, err := tx.Exec(query); return err }); err == nil {
			t.Errorf("%s was carried out", query)
		}
	}
	h.check()
}

// TestResetAmongRunningCalls: whatever runs meanwhile, the window has spent what was settled after the last reset.
func TestResetAmongRunningCalls(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "1000000calls/total")
	id := h.uses("key_a", false)[0].ID
	done := make(chan error)
	for range 8 {
		go func() {
			for range 25 {
				hold, err := h.hold("key_a", gateway.Amounts{Calls: 1})
				if err != nil {
					done <- err
					return
				}
				hold.End(settled(hold.call, gateway.Amounts{Calls: 1}))
			}
			done <- nil
		}()
	}
	go func() {
		var err error
		for range 10 {
			_, reset := h.Reset(bg, id, "once more", false)
			err = errors.Join(err, reset)
		}
		done <- err
	}()
	for range 9 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	changes, err := h.WindowChanges(bg, id)
	if err != nil {
		t.Fatal(err)
	}
	use, sum := h.uses("key_a", false)[0], int64(0)
	for _, c := range changes {
		sum += c.Amount
	}
	if use.Held != 0 || use.Spent+sum != 200 {
		t.Errorf("%d spent and %d reset, %d held; want 200 and 0", use.Spent, sum, use.Held)
	}
	h.check()
}

func TestWhoAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits map[string]string
		payer  Payer
		want   scope
	}{
		{"nobody set a limit: the account", nil, Payer{KeyID: "key_a", GroupID: "grp_x"}, accountScope},
		{"a key's own limit", map[string]string{"key_a": "1calls/day", "grp_x": "2calls/day", "": "3calls/day"}, Payer{KeyID: "key_a", GroupID: "grp_x"}, scope{gateway.ScopeKey, "key_a"}},
		{"without one the group's", map[string]string{"grp_x": "2calls/day", "": "3calls/day"}, Payer{KeyID: "key_a", GroupID: "grp_x"}, scope{gateway.ScopeGroup, "grp_x"}},
		{"a group without one leaves it to the account", map[string]string{"": "3calls/day"}, Payer{KeyID: "key_a", GroupID: "grp_x"}, accountScope},
		{"another group's limit is nobody else's", map[string]string{"grp_y": "2calls/day"}, Payer{KeyID: "key_a", GroupID: "grp_x"}, accountScope},
		{"a key in no group", map[string]string{"grp_x": "2calls/day", "": "3calls/day"}, Payer{KeyID: "key_a"}, accountScope},
		{"a limit that only warns answers too", map[string]string{"key_a": "1calls/day:warn"}, Payer{KeyID: "key_a", GroupID: "grp_x"}, scope{gateway.ScopeKey, "key_a"}},
		{"nobody in particular", map[string]string{"key_a": "1calls/day", "grp_x": "2calls/day"}, Payer{}, accountScope},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			for id, text := range tt.limits {
				h.limit(id, text)
			}
			q, err := h.Quota(bg, tt.payer)
			if err != nil || q.AnswersFor != tt.want.kind || q.KeyID+q.GroupID != tt.want.id || q.Unlimited != (tt.limits[tt.want.id] == "") {
				t.Errorf("Quota = %+v, %v, want %+v", q, err, tt.want)
			}
			hold, err := h.Hold(bg, Start{Call: h.call(tt.payer.KeyID), Payer: tt.payer, Hold: gateway.Amounts{Calls: 1}})
			if err != nil {
				t.Fatal(err)
			}
			wantTold := tt.want.kind != gateway.ScopeAccount
			if uses := hold.Uses(); (len(uses) > 0) != wantTold || wantTold && uses[0].ScopeID != tt.want.id {
				t.Errorf("the client is told of %+v", uses)
			}
		})
	}
}

// TestAGroupKnowsWhatItsKeysSpent: a new limit begins with what those spent that are in the group then.
func TestAGroupKnowsWhatItsKeysSpent(t *testing.T) {
	h := newHouse(t)
	h.join("key_a", "grp_x")
	h.join("key_b", "grp_x")
	h.join("key_c", "")
	for key, usd := range map[string]string{"key_a": "1", "key_b": "2", "key_c": "4"} {
		h.spend(key, dollars(usd))
	}
	h.limit("grp_x", "10usd/day")
	if use := h.uses("grp_x", false)[0]; use.Spent != 3e12 {
		t.Errorf("the group's day has spent %d", use.Spent)
	}
	h.join("key_b", "")
	if use := h.uses("grp_x", false)[0]; use.Spent != 3e12 {
		t.Errorf("a key that left took %d with it", 3e12-use.Spent)
	}
	q, err := h.Quota(bg, Payer{KeyID: "key_a", GroupID: "grp_x"})
	if err != nil || q.Spent.String() != "1" {
		t.Errorf("the keys that are in it now have spent %s, %v", q.Spent, err)
	}
	charged, err := h.ChargedTo(bg, gateway.ScopeGroup, "grp_x", Slot{noon.Add(-time.Hour), noon.Add(time.Hour)}, false)
	if err != nil || charged.String() != "1" {
		t.Errorf("ChargedTo = %s, %v", charged, err)
	}
	_, err = h.Hold(bg, Start{Call: h.call("key_a"), Payer: Payer{GroupID: "grp_x", GroupName: "Team"}, Hold: dollars("8")})
	if err == nil || !strings.Contains(err.Error(), `on the group "Team"`) {
		t.Errorf("the refusal says %v", err)
	}
	h.check()
}

func TestALimitThatOnlyWarns(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "1usd/day:warn")
	h.spend("key_a", dollars("1"))
	hold := h.mustHold("key_a", dollars("5"))
	if uses := hold.Uses(); len(uses) != 1 || uses[0].Mark() != 100 || uses[0].Hard {
		t.Errorf("Uses = %+v", uses)
	}
	hold.End(settled(hold.call, dollars("5")))
	if text := limitText(h.uses("key_a", false)[0].Limit); text != "1usd/day:warn" {
		t.Errorf("it is written %s", text)
	}
	h.check()
}
