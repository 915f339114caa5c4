// Package notify tells a person, through the system's notifications, that a limit is nearly or
// wholly used, that something spends much faster than usual, and that a provider refuses its key:
// once each, and only while they want it.
package notify

import (
	"context"
	"encoding/json"
	"html"
	"log/slog"
	"maps"
	"runtime"
	"strconv"
	"strings"
	"unicode"

	"github.com/gen2brain/beeep"

	"weir/backend/console"
	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// A Memory keeps what was told, so that a restart does not tell it again.
type Memory interface {
	Setting(ctx context.Context, name string) (string, error)
	Set(ctx context.Context, name, value string) error
}

// memoryName is the setting that holds what was told, as JSON.
const memoryName = "told"

// Now shows a notification. It is best effort: a system without a place for them drops it.
func Now(title, text string) error {
	beeep.AppName = i18n.T("app")
	return beeep.Notify(plain(title), markup(plain(text)), "")
}

// unsafe are the characters that Windows' way of showing a notification, a script, would read as
// its own, and the end of the block that its text stands in.
var unsafe = strings.NewReplacer("$", "＄", "`", "'", "]]>", "")

// plain makes a text one line, which is no option of a program either.
func plain(text string) string {
	text = strings.TrimLeft(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), " "), "-")
	if runtime.GOOS == "windows" {
		return unsafe.Replace(text)
	}
	return text
}

// markup keeps a text from being read as markup, which Linux desktops allow in a notification's body.
func markup(text string) string {
	if runtime.GOOS != "linux" {
		return text
	}
	return html.EscapeString(text)
}

// Notices knows what was told.
type Notices struct {
	console *console.Console
	memory  Memory
	log     *slog.Logger
	show    func(title, text string) error
	told    map[string]mark
}

// A mark is what was told last of one thing.
type mark struct {
	Window   string `json:"window,omitempty"` // when the limit's window ends
	Permille int    `json:"permille,omitempty"`
}

// New returns notices of a console, which show themselves with show, usually Now.
func New(c *console.Console, memory Memory, log *slog.Logger, show func(title, text string) error) *Notices {
	return &Notices{console: c, memory: memory, log: log, show: show}
}

// A notice is one thing to tell, and how it is remembered.
type notice struct {
	id, title, text string
	mark            mark
}

// Look tells what is new since the last time. It is cheap enough to be called after each change.
func (n *Notices) Look(ctx context.Context) {
	if n.told == nil {
		n.told = n.recall(ctx)
	}
	settings, ok := n.console.Call(ctx, "settings.get", nil).Data.(console.Settings)
	if !ok || !settings.Notify {
		return
	}
	now := maps.Clone(n.told)
	due := dueLimits(now, n.limits(ctx))
	due = append(due, dueBurns(now, n.burning(ctx))...)
	due = append(due, dueProviders(now, n.console.Channels.All())...)
	for _, what := range due {
		now[what.id] = what.mark
		if err := n.show(what.title, what.text); err != nil {
			n.log.Info("a notification was not shown", "title", what.title, "err", err)
		}
	}
	if !maps.Equal(now, n.told) {
		n.told = now
		n.remember(ctx)
	}
}

// limits are those of all keys that are accepted, of the groups and of the account; none while all calls are simulated.
func (n *Notices) limits(ctx context.Context) []console.KeyLimit {
	quota, ok := n.console.Call(ctx, "quota.get", nil).Data.(console.Quota)
	keys, listed := n.console.Call(ctx, "keys.list", nil).Data.([]console.Key)
	groups, shared := n.console.Call(ctx, "groups.list", nil).Data.([]console.Group)
	if !ok || !listed || !shared || quota.Simulated {
		return nil
	}
	all := []console.KeyLimit{}
	add := func(name string, limits []console.Limit) {
		for _, l := range limits {
			all = append(all, console.KeyLimit{Name: name, Limit: l})
		}
	}
	add(i18n.T("tray.account"), quota.Limits)
	for _, g := range groups {
		add(g.Name, g.Limits)
	}
	for _, k := range keys {
		if k.State == string(gateway.KeyActive) {
			add(k.Name, k.Limits)
		}
	}
	return all
}

// burning is what spends much faster than usual.
func (n *Notices) burning(ctx context.Context) []console.Burn {
	alarm, _ := n.console.Call(ctx, "alarm.get", nil).Data.(console.Alarm) // none where nobody knows
	return alarm.Burning
}

// dueLimits returns what is to be told of limits: the mark that what was spent has passed, each once
// in a window. What a limit has fallen below, since it was raised, may be told again.
func dueLimits(told map[string]mark, limits []console.KeyLimit) (due []notice) {
	for _, l := range limits {
		window := ""
		if l.Limit.ResetsAt != nil {
			window = *l.Limit.ResetsAt
		}
		before, ok := told[l.Limit.ID]
		if !ok || before.Window != window {
			before = mark{}
		}
		switch now := (mark{window, 10 * l.Limit.Mark}); {
		case now.Permille > before.Permille:
			due = append(due, limitNotice(l, now))
		case now.Permille < before.Permille:
			told[l.Limit.ID] = now
		}
	}
	return due
}

func limitNotice(l console.KeyLimit, m mark) notice {
	title, text := "notify.limit", "notify.limit.text"
	switch {
	case m.Permille == 1000 && l.Limit.Hard:
		title, text = "notify.limit.reached", "notify.limit.reached.text"
	case m.Permille == 1000:
		title = "notify.limit.warned"
	}
	write := func(amount string) string {
		if l.Limit.Unit == string(gateway.USD) {
			return i18n.USD(amount)
		}
		return i18n.T("notify.amount."+l.Limit.Unit, "n", i18n.Quantity(amount))
	}
	return notice{id: l.Limit.ID, mark: m,
		title: i18n.T(title, "name", l.Name, "percent", strconv.Itoa(m.Permille/10)+"%"),
		text:  i18n.T(text, "spent", write(l.Limit.Spent), "amount", write(l.Limit.Ceiling()), "window", i18n.T("tray.window."+l.Limit.Window))}
}

// burnMark begins the id of what was told of a key's spending, or without a key of the account's.
const burnMark = "burn "

// dueBurns returns what is to be told of spending that is much faster than usual, and forgets what is so no more.
func dueBurns(told map[string]mark, burns []console.Burn) (due []notice) {
	burning := map[string]bool{}
	for _, b := range burns {
		id := burnMark
		if b.KeyID != nil {
			id += *b.KeyID
		}
		burning[id] = true
		if _, known := told[id]; known {
			continue
		}
		text := "notify.burn.text"
		if b.Paused {
			text = "notify.burn.paused"
		}
		due = append(due, notice{id: id, mark: mark{Permille: 1000}, title: i18n.T("notify.burn", "name", b.Name), text: i18n.T(text, "pace", b.Words())})
	}
	maps.DeleteFunc(told, func(id string, _ mark) bool { return strings.HasPrefix(id, burnMark) && !burning[id] })
	return due
}

// dueProviders returns what is to be told of providers, and forgets those that take their key again.
func dueProviders(told map[string]mark, channels []gateway.Channel) (due []notice) {
	for _, ch := range channels {
		if ch.State != gateway.ChannelBadKey {
			delete(told, ch.ID)
			continue
		}
		if _, known := told[ch.ID]; !known && ch.Enabled {
			due = append(due, notice{id: ch.ID, mark: mark{Permille: 1000}, title: i18n.T("notify.provider", "name", ch.Name), text: i18n.T("notify.provider.text")})
		}
	}
	return due
}

func (n *Notices) recall(ctx context.Context) map[string]mark {
	told := map[string]mark{}
	text, err := n.memory.Setting(ctx, memoryName)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &told)
	}
	if err != nil {
		n.log.Warn("what was told before is not known", "err", err)
	}
	return told
}

func (n *Notices) remember(ctx context.Context) {
	text, err := json.Marshal(n.told)
	if err == nil {
		err = n.memory.Set(ctx, memoryName, string(text))
	}
	if err != nil {
		n.log.Warn("what was told cannot be remembered", "err", err)
	}
}
