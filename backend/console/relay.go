package console

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// pausedSetting is the name under which a pause outlives the program.
const pausedSetting = "paused"

// Restore brings back what outlives the program, a pause and the burn alarm, and begins to tell the feed of
// providers that change. It is called before the relay's door opens.
func (c *Console) Restore(ctx context.Context) error {
	c.Channels.Hear(func() { c.changes.tell("providers") })
	c.Balances.Hear(func() { c.changes.tell("providers") })
	if err := c.restoreAlarm(ctx); err != nil {
		return err
	}
	text, err := c.Store.Setting(ctx, pausedSetting)
	if err != nil {
		return err
	}
	c.Relay.Pause(text == yes)
	return nil
}

func (c *Console) pauseRelay(ctx context.Context, _ none) (Status, error) {
	return c.setPaused(ctx, true, yes)
}

func (c *Console) resumeRelay(ctx context.Context, _ none) (Status, error) {
	return c.setPaused(ctx, false, "")
}

// setPaused pauses or resumes the relay, now and after the next start.
func (c *Console) setPaused(ctx context.Context, on bool, text string) (Status, error) {
	c.stepwise.Lock()
	defer c.stepwise.Unlock()
	if err := c.Store.Set(ctx, pausedSetting, text); err != nil {
		return Status{}, err
	}
	c.Relay.Pause(on)
	c.changes.tell("status")
	return c.status(ctx, none{})
}

// OpenRelay is what relay.open takes. Without a port the door opens where it was wanted.
type OpenRelay struct {
	Port int `json:"port,omitempty"`
}

func (c *Console) openRelay(ctx context.Context, a OpenRelay) (Status, error) {
	do := c.movePort
	if a.Port == 0 {
		do, a.Port = c.openDoor, c.door().Port
	}
	if err := do(ctx, a.Port); err != nil {
		return Status{}, err
	}
	c.changes.tell("settings")
	return c.status(ctx, none{})
}

// door says where the relay listens.
func (c *Console) door() Door {
	if c.Door != nil {
		return c.Door()
	}
	u, err := url.Parse(c.Relay.Address())
	if err != nil || u.Port() == "" {
		return Door{Port: UsualPort}
	}
	port, err := strconv.Atoi(u.Port())
	return Door{Open: err == nil, Port: port}
}

// ShowWindow is what window.show takes: the page to begin with, as in /keys.
type ShowWindow struct {
	Page string `json:"page,omitempty"`
}

// Shown says that the window is there.
type Shown struct {
	Shown bool `json:"shown"`
}

// longestPage is more than any page's address has.
const longestPage = 2000

func (c *Console) showWindow(_ context.Context, a ShowWindow) (Shown, error) {
	// Agent and window speak in lines: an address is a part of one.
	if a.Page != "" && (a.Page[0] != '/' || len(a.Page) > longestPage || strings.ContainsFunc(a.Page, unicode.IsControl)) {
		return Shown{}, invalid("page", i18n.T("error.console.page"))
	}
	if c.ShowWindow == nil {
		return Shown{}, &gateway.Error{Kind: gateway.NotFound, Message: i18n.T("error.console.no_window")}
	}
	return Shown{true}, c.ShowWindow(a.Page)
}
