package gateway

import "time"

// A Limit bounds what a key, a group of keys or the account may spend in a window.
// Amounts are pico-dollars, tokens or calls, by Unit.
type Limit struct {
	ID      string // lim_…
	Scope   Scope
	ScopeID string // the key's or group's id; empty for the account
	Unit    Unit
	Window  Window
	TZ      string // IANA zone in which the window starts
	Amount  int64
	Hard    bool // it refuses; else it only warns
}

// A LimitUse is a limit with what its running window has spent and holds.
type LimitUse struct {
	Limit
	Start    time.Time // zero for Total
	ResetsAt time.Time // zero for Total
	Spent    int64
	Held     int64
	Extra    int64 // what was added to this window alone
}

// Ceiling is what the running window may reach.
func (u LimitUse) Ceiling() int64 { return u.Amount + u.Extra }

// Left is what new calls may still hold, never less than zero.
func (u LimitUse) Left() int64 { return max(u.Ceiling()-u.Spent-u.Held, 0) }

// marks are the parts of a limit, in hundredths, that people are told of, the last first.
var marks = [...]int64{100, 90, 80}

// Mark is the last of 80, 90 and 100 hundredths that the running window has spent, 0 before the first.
// What running calls hold does not count: it mostly comes back.
func (u LimitUse) Mark() int {
	most := u.Ceiling()
	whole, rest := most/100, most%100 // no amount times hundred must overflow
	for _, m := range marks {
		if u.Spent >= whole*m+(rest*m+99)/100 {
			return int(m)
		}
	}
	return 0
}

// A Pace bounds how much may begin within a minute, and run at once. Zero: no bound.
type Pace struct {
	Requests int64
	Tokens   int64 // of prompts and answers, as far as they are known
	Running  int64
}

// A Group is keys that share limits.
type Group struct {
	ID        string // grp_…
	Name      string
	Pace      Pace
	CreatedAt time.Time
}
