package console

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// An Alarm says how fast spending must be to be told of, and what is that fast now.
type Alarm struct {
	On       bool   `json:"on"`
	Times    int64  `json:"times"`     // so many times what is usual
	LeastUSD string `json:"least_usd"` // and at least this much within its minutes
	Burning  []Burn `json:"burning"`
}

// A Burn is spending that is much faster than usual.
type Burn struct {
	KeyID    *string `json:"key_id"` // null: the account's
	Name     string  `json:"name"`
	SpentUSD string  `json:"spent_usd"` // within so many minutes
	Minutes  int     `json:"minutes"`
	UsualUSD string  `json:"usual_usd"` // what an active span of that length costs usually
	Times    string  `json:"times"`     // what is usual, with one decimal
	At       string  `json:"at"`
	Paused   bool    `json:"paused"` // the key is paused
}

// Words say how fast it spends, and what is usual.
func (b Burn) Words() string {
	spent, minutes := i18n.USD(b.SpentUSD), b.Minutes
	if b.Times == "0.0" {
		return i18n.T("tray.burning.new", "spent", spent, "minutes", minutes)
	}
	return i18n.T("tray.burning", "spent", spent, "minutes", minutes, "times", strings.TrimSuffix(b.Times, ".0"))
}

// SetAlarm is what alarm.set takes. What is left out stays as it is.
type SetAlarm struct {
	On       *bool   `json:"on,omitempty"`
	Times    *int64  `json:"times,omitempty"`
	LeastUSD *string `json:"least_usd,omitempty"`
}

// alarmSetting is the name under which the alarm is stored, as SetAlarm's JSON; nothing is the usual one.
const alarmSetting = "burn_alarm"

const mostTimes = 1000

// apply returns an alarm with the change made.
func (a SetAlarm) apply(to ledger.Alarm) (ledger.Alarm, error) {
	if a.On != nil {
		to.On = *a.On
	}
	if a.Times != nil {
		if to.Times = *a.Times; to.Times < 2 || to.Times > mostTimes {
			return to, invalid("times", i18n.T("error.console.alarm_times", "most", mostTimes))
		}
	}
	if a.LeastUSD != nil {
		least, err := billing.ParseMoney(strings.TrimSpace(*a.LeastUSD))
		if err != nil || least.Pico() <= 0 {
			return to, invalid("least_usd", i18n.T("error.console.alarm_least"))
		}
		to.Least = least
	}
	return to, nil
}

func (c *Console) setAlarm(ctx context.Context, a SetAlarm) (Alarm, error) {
	c.stepwise.Lock()
	defer c.stepwise.Unlock()
	alarm, err := a.apply(c.Ledger.Alarm())
	if err != nil {
		return Alarm{}, err
	}
	least := alarm.Least.String()
	text, err := json.Marshal(SetAlarm{&alarm.On, &alarm.Times, &least})
	if err != nil {
		return Alarm{}, err
	}
	if err := c.Store.Set(ctx, alarmSetting, string(text)); err != nil {
		return Alarm{}, err
	}
	c.Ledger.SetAlarm(alarm)
	c.changes.tell("settings")
	return c.alarm(ctx, none{})
}

// restoreAlarm brings back the alarm that a person chose, and pauses keys that shall be paused when it rings.
func (c *Console) restoreAlarm(ctx context.Context) error {
	text, err := c.Store.Setting(ctx, alarmSetting)
	if err != nil {
		return err
	}
	if text != "" {
		var a SetAlarm
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			return fmt.Errorf("read the burn alarm: %w", err)
		}
		alarm, err := a.apply(ledger.UsualAlarm())
		if err != nil {
			return err
		}
		c.Ledger.SetAlarm(alarm)
	}
	c.Ledger.HearBurns(c.hearBurn)
	return nil
}

// pausePatience is how long pausing a key may take: the ledger's upkeep waits for it.
const pausePatience = 5 * time.Second

// hearBurn pauses a key that wants it when the alarm rings.
func (c *Console) hearBurn(b ledger.Burn) {
	k, err := c.Access.Key(b.KeyID)
	if err != nil || !k.PauseOnBurn || k.State != gateway.KeyActive {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pausePatience)
	defer cancel()
	if _, err := c.Access.SetState(ctx, k.ID, gateway.KeyPaused); err != nil {
		c.Log.Error("a key that spends too fast could not be paused", "key", k.ID, "err", err)
		return
	}
	c.Log.Warn("a key was paused: it spends much faster than usual", "key", k.ID, "spent", b.Spent.String(), "usual", b.Usual.String())
	c.changes.tell("keys")
}

func (c *Console) alarm(context.Context, none) (Alarm, error) {
	a := c.Ledger.Alarm()
	return Alarm{On: a.On, Times: a.Times, LeastUSD: a.Least.String(), Burning: c.burning()}, nil
}

// burning are what the alarm rings for now.
func (c *Console) burning() []Burn {
	out := []Burn{}
	for _, b := range c.Ledger.Burning() {
		tenths := b.Times()
		v := Burn{KeyID: orNull(b.KeyID), Name: i18n.T("account"), SpentUSD: b.Spent.String(), Minutes: int(ledger.BurnSpan / time.Minute),
			UsualUSD: b.Usual.String(), Times: fmt.Sprintf("%d.%d", tenths/10, tenths%10), At: stamp(b.At)}
		if b.KeyID != "" {
			k, err := c.Access.Key(b.KeyID)
			if err != nil {
				continue
			}
			v.Name, v.Paused = k.Name, k.State == gateway.KeyPaused
		}
		out = append(out, v)
	}
	return out
}
