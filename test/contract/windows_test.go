package contract

import "testing"

// TestWindows: a limit is topped up and reset with a reason, and remembers it; the alarm is shown and changed.
func TestWindows(t *testing.T) {
	a := serve(t)
	group := a.do(t, "groups", "add", "--name", "Team", "--limit", "5usd/day", "--rpm", "60").object(t)
	has(t, group, "id", "name", "limits", "pace", "key_ids", "spent_usd", "created_at")
	limits, _ := group["limits"].([]any)
	limit, _ := limits[0].(map[string]any)
	id := prefixed(t, limit, "lim_")
	is(t, a.do(t, "limits", "topup", id, "2.5", "--reason", "a demo").object(t), object{"id": id, "amount": "5", "extra": "2.5", "left": "7.5"})
	is(t, a.do(t, "limits", "reset", id, "--reason", "anew").object(t), object{"id": id, "spent": "0", "extra": "2.5"})
	log := a.do(t, "limits", "log", id).list(t)
	if len(log) != 2 {
		t.Fatalf("the log has %d rows, want 2", len(log))
	}
	is(t, log[0], object{"kind": "reset", "reason": "anew"})
	is(t, log[1], object{"kind": "topup", "amount": "2.5", "reason": "a demo"})
	weir(t, a.home, "", "limits", "reset", id, "--json").exits(t, 2)
	is(t, weir(t, a.home, "", "limits", "reset", "lim_none", "--reason", "x", "--json").exits(t, 1).failure(t), object{"kind": "not_found", "field": "id"})
	is(t, a.do(t, "alarm").object(t), object{"on": true, "least_usd": "1", "burning": []any{}})
	is(t, a.do(t, "alarm", "--on=false").object(t), object{"on": false})
	is(t, a.do(t, "account", "show").object(t), object{"limits": []any{}, "spent_usd": "0"})
	is(t, a.do(t, "groups", "remove", text(t, group, "id")).object(t), object{"id": text(t, group, "id")})
}
