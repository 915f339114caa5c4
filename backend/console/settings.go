package console

import (
	"context"
	"slices"
	"time"

	"weir/backend/balance"
	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// Settings are what a person chose. Their texts are one word each.
type Settings struct {
	Appearance       string    `json:"appearance" ts:"'auto' | 'light' | 'dark'"`
	OnClose          string    `json:"on_close" ts:"'ask' | 'keep' | 'quit'"` // what closing the window does to Weir where there is no tray
	Notify           bool      `json:"notify"`
	AskBalances      bool      `json:"ask_balances"`   // providers are asked now and then what is left
	ExplainMisses    bool      `json:"explain_misses"` // prompts are compared by salted hashes, to say why a cache was missed
	Port             int       `json:"port"`           // of the relay
	LoginItem        LoginItem `json:"login_item"`
	FirstStepsDoneAt *string   `json:"first_steps_done_at"` // when a person put the checklist away
}

// A LoginItem says whether Weir starts when its user logs in.
type LoginItem struct {
	Supported bool    `json:"supported"`
	Enabled   bool    `json:"enabled"`
	Offered   bool    `json:"offered"` // a person was asked once
	Message   *string `json:"message"` // why it is not what it was asked to be
}

// The names under which settings are stored, and the port's. A setting that nobody made has
// no value, and the first of its choices counts.
const (
	appearanceSetting = "appearance"
	onCloseSetting    = "on_close"
	notifySetting     = "notify"
	offeredSetting    = "login_item_offered"
	firstStepsSetting = "first_steps_done_at"

	no  = "no"
	yes = "yes"
)

// choices are what settings of one word may be, the usual one first.
var choices = map[string][]string{
	appearanceSetting: {"auto", "light", "dark"},
	onCloseSetting:    {"ask", "keep", "quit"},
}

const (
	lowestPort  = 1024
	highestPort = 65535
)

// A stored reads settings until the first error.
type stored struct {
	c   *Console
	ctx context.Context
	err error
}

func (s *stored) text(name string) string {
	if s.err != nil {
		return ""
	}
	var value string
	value, s.err = s.c.Store.Setting(s.ctx, name)
	return value
}

// choice reads a setting of one word. What an older or newer Weir may have stored is the usual.
func (s *stored) choice(name string) string {
	if value := s.text(name); slices.Contains(choices[name], value) {
		return value
	}
	return choices[name][0]
}

func (c *Console) settings(ctx context.Context, _ none) (Settings, error) {
	read := stored{c: c, ctx: ctx}
	v := Settings{Appearance: read.choice(appearanceSetting), OnClose: read.choice(onCloseSetting), Notify: read.text(notifySetting) != no, AskBalances: c.Balances.Asks(), ExplainMisses: c.Reuse.On(),
		FirstStepsDoneAt: orNull(read.text(firstStepsSetting)), LoginItem: c.loginItem(read.text(offeredSetting) == yes)}
	if read.err != nil {
		return Settings{}, read.err
	}
	var err error
	v.Port, err = StoredPort(ctx, c.Store)
	return v, err
}

func (c *Console) loginItem(offered bool) LoginItem {
	supported, enabled, message := c.LoginItem.State()
	return LoginItem{Supported: supported, Enabled: enabled, Offered: offered, Message: orNull(message)}
}

// SetSettings is what settings.set takes. What is left out stays as it is.
type SetSettings struct {
	Appearance       *string `json:"appearance,omitempty"`
	OnClose          *string `json:"on_close,omitempty"`
	Notify           *bool   `json:"notify,omitempty"`
	AskBalances      *bool   `json:"ask_balances,omitempty"`
	ExplainMisses    *bool   `json:"explain_misses,omitempty"` // false deletes what was stored for it
	Port             *int    `json:"port,omitempty"`
	StartAtLogin     *bool   `json:"start_at_login,omitempty"`
	LoginItemOffered *bool   `json:"login_item_offered,omitempty"`
	FirstStepsDone   *bool   `json:"first_steps_done,omitempty"`
}

// texts are the settings as they are stored, or what is wrong with one of them.
func (a SetSettings) texts(now time.Time) (map[string]string, error) {
	texts := map[string]string{}
	for name, value := range map[string]*string{appearanceSetting: a.Appearance, onCloseSetting: a.OnClose} {
		if value == nil {
			continue
		}
		if !slices.Contains(choices[name], *value) {
			return nil, invalid(name, i18n.T("error.console.choice", "value", *value, "choices", listed(choices[name])))
		}
		texts[name] = *value
	}
	if a.Port != nil && (*a.Port < lowestPort || *a.Port > highestPort) {
		return nil, badPort()
	}
	if a.Notify != nil {
		texts[notifySetting] = word(*a.Notify)
	}
	if a.AskBalances != nil {
		texts[balance.Setting] = word(*a.AskBalances)
	}
	if a.LoginItemOffered != nil {
		texts[offeredSetting] = word(*a.LoginItemOffered)
	}
	if a.StartAtLogin != nil {
		texts[offeredSetting] = yes // whoever decides needs no offer
	}
	if a.FirstStepsDone != nil {
		texts[firstStepsSetting] = ""
		if *a.FirstStepsDone {
			texts[firstStepsSetting] = stamp(now)
		}
	}
	return texts, nil
}

func word(on bool) string {
	if on {
		return yes
	}
	return no
}

func badPort() error {
	return invalid("port", i18n.T("error.console.port", "lowest", lowestPort, "highest", highestPort))
}

// listed writes choices as people do.
func listed(words []string) string {
	text := words[0]
	for i, w := range words[1:] {
		if i == len(words)-2 {
			text = i18n.T("error.console.and", "some", text, "last", w)
		} else {
			text += ", " + w
		}
	}
	return text
}

// setSettings first does what may fail and then remembers the rest.
func (c *Console) setSettings(ctx context.Context, a SetSettings) (Settings, error) {
	texts, err := a.texts(c.Now())
	if err != nil {
		return Settings{}, err
	}
	if a.Port != nil {
		if err := c.movePort(ctx, *a.Port); err != nil {
			return Settings{}, err
		}
	}
	if a.StartAtLogin != nil {
		if err := c.startAtLogin(*a.StartAtLogin); err != nil {
			return Settings{}, err
		}
	}
	if a.ExplainMisses != nil {
		if err := c.Reuse.Set(ctx, *a.ExplainMisses); err != nil {
			return Settings{}, err
		}
	}
	for name, text := range texts {
		if err := c.Store.Set(ctx, name, text); err != nil {
			return Settings{}, err
		}
	}
	if a.AskBalances != nil {
		c.Balances.SetAsks(*a.AskBalances)
	}
	c.changes.tell("settings")
	return c.settings(ctx, none{})
}

func (c *Console) startAtLogin(on bool) error {
	if on {
		return c.LoginItem.Enable()
	}
	return c.LoginItem.Disable()
}

// movePort opens the relay's door at a port from now on. Where that fails the old one stays.
func (c *Console) movePort(ctx context.Context, port int) error {
	if port < lowestPort || port > highestPort {
		return badPort()
	}
	c.stepwise.Lock()
	defer c.stepwise.Unlock()
	if err := c.openDoor(ctx, port); err != nil {
		return err
	}
	return StorePort(ctx, c.Store, port)
}

func (c *Console) openDoor(ctx context.Context, port int) error {
	if c.OpenDoor == nil {
		return &gateway.Error{Kind: gateway.Conflict, Field: "port", Message: i18n.T("error.console.fixed_door")}
	}
	err := c.OpenDoor(ctx, port)
	c.changes.tell("status") // a door that cannot be opened has something new to say, too
	return err
}
