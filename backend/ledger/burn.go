package ledger

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// An Alarm says how fast spending must be that a person should know of it.
type Alarm struct {
	On    bool
	Times int64         // so many times what is usual
	Least billing.Money // and at least this much
}

// BurnSpan is the time in which the alarm adds up what is spent.
const BurnSpan = burnMinutes * time.Minute

const (
	burnMinutes = 10
	burnDays    = 14 // in which it is looked for what is usual
	burnSlots   = 3  // active quarter hours, below which nothing is usual yet
	usualFor    = time.Hour
)

// UsualAlarm is the alarm as long as nobody chose another.
func UsualAlarm() Alarm { return Alarm{On: true, Times: 5, Least: billing.Pico(1e12)} }

// A Burn is spending that is much faster than usual.
type Burn struct {
	KeyID string        // empty: the account's
	Spent billing.Money // within BurnSpan
	Usual billing.Money // what an active span of that length costs, by the median of the last days
	At    time.Time     // when the alarm rang
}

// Times is how many times what is usual is spent, in tenths.
func (b Burn) Times() int64 {
	if b.Usual.Pico() <= 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(b.Spent.Pico()), big.NewInt(10))
	return n.Div(n, big.NewInt(b.Usual.Pico())).Int64()
}

// burns are how fast each key, and under an empty id the account, spends. They are kept in memory
// alone: a start begins with nothing spent.
type burns struct {
	mu      sync.Mutex
	alarm   Alarm
	hear    func(Burn)
	speeds  map[string]*speed
	ringing map[string]Burn
}

// A speed is what was spent in each of the last minutes.
type speed struct {
	minute [burnMinutes]int64 // since 1970
	pico   [burnMinutes]int64

	usual   int64 // within BurnSpan; negative: too little is known
	usualAt time.Time
}

// add counts money that was spent in a minute.
func (s *speed) add(minute, pico int64) {
	i := minute % burnMinutes
	if s.minute[i] != minute {
		s.minute[i], s.pico[i] = minute, 0
	}
	s.pico[i] += pico
}

// sum is what was spent in the span that ends with a minute.
func (s *speed) sum(minute int64) (pico int64) {
	for i, m := range s.minute {
		if m > minute-burnMinutes {
			pico += s.pico[i]
		}
	}
	return pico
}

func minuteOf(at time.Time) int64 { return at.Unix() / 60 }

// burn notes what a settled call was charged.
func (l *Ledger) burn(c *gateway.Call) {
	pico := c.Charge.Pico()
	if pico <= 0 || c.Simulated || c.State != gateway.Settled {
		return
	}
	minute := minuteOf(l.clock())
	b := &l.burns
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.alarm.On {
		return
	}
	for _, id := range [...]string{c.KeyID, ""} {
		s := b.speeds[id]
		if s == nil {
			s = &speed{}
			b.speeds[id] = s
		}
		s.add(minute, pico)
	}
}

// Alarm returns the alarm in force.
func (l *Ledger) Alarm() Alarm {
	l.burns.mu.Lock()
	defer l.burns.mu.Unlock()
	return l.burns.alarm
}

// SetAlarm replaces the alarm; what rings falls silent until it is found again.
func (l *Ledger) SetAlarm(a Alarm) {
	b := &l.burns
	b.mu.Lock()
	b.alarm = a
	clear(b.ringing)
	if !a.On {
		clear(b.speeds)
	}
	b.mu.Unlock()
	l.feed.publish(Event{Kind: BurnChanged})
}

// HearBurns has a function called whenever the alarm begins to ring. There is one at most.
func (l *Ledger) HearBurns(hear func(Burn)) {
	l.burns.mu.Lock()
	defer l.burns.mu.Unlock()
	l.burns.hear = hear
}

// Burning returns what the alarm rings for, the account first.
func (l *Ledger) Burning() []Burn {
	b := &l.burns
	b.mu.Lock()
	defer b.mu.Unlock()
	minute := minuteOf(l.clock())
	all := make([]Burn, 0, len(b.ringing))
	for id, burn := range b.ringing {
		if s := b.speeds[id]; s != nil {
			burn.Spent = billing.Pico(s.sum(minute))
		}
		all = append(all, burn)
	}
	slices.SortFunc(all, func(a, b Burn) int {
		if a.KeyID < b.KeyID {
			return -1
		}
		return 1
	})
	return all
}

// watchBurns rings for what is spent too fast, and falls silent where it no longer is. It looks for
// what is usual only where enough was spent to care.
func (l *Ledger) watchBurns(ctx context.Context) error {
	now := l.clock()
	for _, id := range l.burns.worth(minuteOf(now), now) {
		usual, err := l.usualBurn(ctx, id, now)
		if err != nil {
			return err
		}
		l.burns.remember(id, usual, now)
	}
	rang, changed, hear := l.burns.judge(now)
	if changed {
		l.feed.publish(Event{Kind: BurnChanged})
	}
	for _, burn := range rang {
		if hear != nil {
			hear(burn)
		}
	}
	return nil
}

// worth returns those who spent enough for the alarm and of whom it is not known what is usual. It
// forgets those who spent nothing.
func (b *burns) worth(minute int64, now time.Time) (ids []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, s := range b.speeds {
		switch spent := s.sum(minute); {
		case spent == 0:
			delete(b.speeds, id)
		case spent >= b.alarm.Least.Pico() && now.Sub(s.usualAt) >= usualFor:
			ids = append(ids, id)
		}
	}
	return ids
}

func (b *burns) remember(id string, usual int64, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.speeds[id]; s != nil {
		s.usual, s.usualAt = usual, now
	}
}

// judge returns what rings anew, and whether anything rings or fell silent that did not before. What
// rings does so until no more than half of what made it ring is spent.
func (b *burns) judge(now time.Time) (rang []Burn, changed bool, hear func(Burn)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.ringing {
		if s := b.speeds[id]; s == nil || s.sum(minuteOf(now)) <= b.threshold(s)/2 {
			delete(b.ringing, id)
			changed = true
		}
	}
	for id, s := range b.speeds {
		_, rings := b.ringing[id]
		spent := s.sum(minuteOf(now))
		if rings || !b.alarm.On || s.usualAt.IsZero() || s.usual < 0 || spent < b.threshold(s) {
			continue
		}
		burn := Burn{KeyID: id, Spent: billing.Pico(spent), Usual: billing.Pico(s.usual), At: now.UTC()}
		b.ringing[id] = burn
		rang, changed = append(rang, burn), true
	}
	return rang, changed, b.hear
}

// threshold is what must be spent for the alarm to ring.
func (b *burns) threshold(s *speed) int64 {
	return max(b.alarm.Least.Pico(), min(s.usual, maxAmount/b.alarm.Times)*b.alarm.Times)
}

const spentBySlot = `SELECT sum(charge_pico) FROM rollup WHERE slot >= ?1 AND slot < ?2 AND simulated = ?3 AND %s
	GROUP BY slot HAVING sum(charge_pico) > 0 ORDER BY sum(charge_pico)`

// usualBurn is what an active span costs usually: the median of the quarter hours in which anything was
// spent, scaled. The last ones are left out, which may be those that ring.
func (l *Ledger) usualBurn(ctx context.Context, keyID string, now time.Time) (int64, error) {
	kind := gateway.ScopeAccount
	if keyID != "" {
		kind = gateway.ScopeKey
	}
	to := slotAt(now.Add(-BurnSpan).UnixMilli())
	from := now.AddDate(0, 0, -burnDays).UnixMilli()
	rows, err := l.st.Read().QueryContext(ctx, fmt.Sprintf(spentBySlot, whose[kind]), from, to, false, keyID)
	if err != nil {
		return 0, fmt.Errorf("find what is usually spent: %w", err)
	}
	defer rows.Close()
	var slots []int64
	for rows.Next() {
		var pico int64
		if err := rows.Scan(&pico); err != nil {
			return 0, fmt.Errorf("find what is usually spent: %w", err)
		}
		slots = append(slots, pico)
	}
	if len(slots) < burnSlots {
		return -1, rows.Err()
	}
	return slots[len(slots)/2] / int64(slot/time.Minute) * burnMinutes, rows.Err()
}
