// Package notify tells a person, through the system's notifications, that a limit is nearly or
// wholly used and that a provider refuses its key: once each, and only while they want it.
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
	"github.com/shopspring/decimal"

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
	limits, providers := n.limits(ctx), n.console.Channels.All()
	for _, what := range append(dueLimits(now, limits), dueProviders(now, providers)...) {
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

// limits are those of all keys that are accepted and of the account; none while all calls are simulated.
func (n *Notices) limits(ctx context.Context) []console.KeyLimit {
	quota, ok := n.console.Call(ctx, "quota.get", nil).Data.(console.Quota)
	keys, listed := n.console.Call(ctx, "keys.list", nil).Data.([]console.Key)
	if !ok || !listed || quota.Simulated {
		return nil
	}
	all := []console.KeyLimit{}
	for _, l := range quota.Limits {
		all = append(all, console.KeyLimit{Name: i18n.T("tray.account"), Limit: l, Permille: used(l)})
	}
	for _, k := range keys {
		for _, l := range k.Limits {
			if k.State == string(gateway.KeyActive) {
				all = append(all, console.KeyLimit{Name: k.Name, Limit: l, Permille: used(l)})
			}
		}
	}
	return all
}

// used is the part of a limit that is spent, in thousandths. What running calls hold does not
// count: it mostly comes back.
func used(l console.Limit) int {
	spent, err := decimal.NewFromString(l.Spent)
	amount, aerr := decimal.NewFromString(l.Amount)
	if err != nil || aerr != nil || amount.Sign() <= 0 {
		return 0
	}
	return int(spent.Shift(3).Div(amount).IntPart())
}

// thresholds are told each once in a window, the highest that is reached.
var thresholds = [...]int{1000, 900, 800}

// reached is the highest threshold that a limit has come to, 0 before the first.
func reached(permille int) int {
	for _, at := range thresholds {
		if permille >= at {
			return at
		}
	}
	return 0
}

// dueLimits returns what is to be told of limits. What a limit has fallen below, since it was
// raised, may be told again.
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
		switch now := (mark{window, reached(l.Permille)}); {
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
	if m.Permille == 1000 {
		title, text = "notify.limit.reached", "notify.limit.reached.text"
	}
	write := func(amount string) string {
		if l.Limit.Unit == string(gateway.USD) {
			return i18n.USD(amount)
		}
		return i18n.T("notify.amount."+l.Limit.Unit, "n", i18n.Quantity(amount))
	}
	return notice{id: l.Limit.ID, mark: m,
		title: i18n.T(title, "name", l.Name, "percent", strconv.Itoa(m.Permille/10)+"%"),
		text:  i18n.T(text, "spent", write(l.Limit.Spent), "amount", write(l.Limit.Amount), "window", i18n.T("tray.window."+l.Limit.Window))}
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
