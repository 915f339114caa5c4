//go:build tray

package tray

import (
	"sync"
	"time"

	"github.com/getlantern/systray"

	"weir/frontend/src/i18n"
)

const (
	quotaRows = 5  // in the menu itself
	moreRows  = 20 // in its submenu
	copyRows  = 4
	shownFor  = 2 * time.Second // how long "Copied" stays
)

// A Menu is the tray's menu. Its rows are made once and only their labels change: the library
// cannot remove one.
type Menu struct {
	actions chan Action

	spent, saved, unpriced, burning, last, address *line
	quotas, more, copies                           []*line
	copyMenu, moreMenu                             *line
	pause, open, quit                              *line

	mu    sync.Mutex
	view  View
	icon  State
	drawn bool

	ticked bool // the system ticked the row of the pause by itself, whatever came of the click
}

// A line is one row as it stands.
type line struct {
	item   *systray.MenuItem
	row    Row
	hidden bool
}

// Run shows the icon and blocks, on the main goroutine, until Stop. ready is called on a
// goroutine of its own once the menu can be drawn.
func Run(ready func(*Menu)) {
	systray.Run(func() {
		m := &Menu{actions: make(chan Action, 64)}
		m.build()
		ready(m)
	}, nil)
}

// Stop ends Run.
func Stop() { systray.Quit() }

// Actions are what people click.
func (m *Menu) Actions() <-chan Action { return m.actions }

// build makes every row. Until the first view comes, the menu can open the window and quit.
func (m *Menu) build() {
	systray.SetTemplateIcon(icon(Normal), icon(Normal))
	top := func() *line { return m.line(systray.AddMenuItem("", "")) }
	m.spent, m.saved, m.unpriced, m.burning = top(), top(), top(), top()
	systray.AddSeparator()
	for range quotaRows {
		m.quotas = append(m.quotas, top())
	}
	m.moreMenu, m.more = m.submenu(i18n.T("tray.more"), moreRows)
	systray.AddSeparator()
	m.last, m.address = top(), top()
	m.copyMenu, m.copies = m.submenu(i18n.T("tray.copy"), copyRows)
	m.pause = m.line(systray.AddMenuItemCheckbox(i18n.T("tray.pause"), "", false))
	systray.AddSeparator()
	m.open, m.quit = top(), top()
	m.spent.show(Row{Text: i18n.T("tray.starting")})
	m.open.show(Row{i18n.T("tray.open"), Action{Verb: Open}})
	m.quit.show(Row{i18n.T("tray.quit"), Action{Verb: Quit}})
}

// submenu makes a hidden submenu with its rows. They come first: Windows adds none to a row that is hidden.
func (m *Menu) submenu(title string, rows int) (parent *line, lines []*line) {
	item := systray.AddMenuItem(title, "")
	for range rows {
		lines = append(lines, m.line(item.AddSubMenuItem("", "")))
	}
	return m.line(item), lines
}

// line makes a hidden row and listens to it from now on: the library drops a click that nobody waits for.
func (m *Menu) line(item *systray.MenuItem) *line {
	l := &line{item: item, hidden: true}
	item.Hide()
	go func() {
		for range item.ClickedCh {
			m.mu.Lock()
			do := l.row.Do
			m.ticked = m.ticked || l == m.pause
			m.mu.Unlock()
			if do.Verb != Nothing {
				m.actions <- do
			}
		}
	}()
	return l
}

// Show draws a view: only what changed, in place.
func (m *Menu) Show(v View) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.view = v
	m.draw()
}

func (m *Menu) draw() {
	v := m.view
	if !m.drawn || v.Icon != m.icon {
		systray.SetTemplateIcon(icon(v.Icon), icon(v.Icon))
		m.icon = v.Icon
	}
	systray.SetTitle(title(v))
	systray.SetTooltip(v.Tooltip)
	m.spent.show(v.Spent)
	m.saved.show(v.Saved)
	m.unpriced.show(v.Unpriced)
	m.burning.show(v.Burning)
	showAll(m.quotas, v.Quotas)
	rest := v.Quotas[min(quotaRows, len(v.Quotas)):]
	if len(rest) > moreRows {
		rest = append(rest[:moreRows-1:moreRows-1], Row{i18n.T("tray.more.rest"), Action{Verb: Open, Page: "/keys"}})
	}
	m.moreMenu.visible(len(rest) > 0)
	showAll(m.more, rest)
	m.last.show(v.Last)
	m.address.show(v.Address)
	m.copyMenu.visible(len(v.Copies) > 0)
	showAll(m.copies, v.Copies)
	m.pause.show(v.Pause)
	if v.Paused != m.pause.item.Checked() || m.ticked {
		check(m.pause.item, v.Paused)
		m.ticked = false
	}
	m.open.show(v.Open)
	m.quit.show(v.Quit)
	m.drawn = true
}

func check(item *systray.MenuItem, on bool) {
	if on {
		item.Check()
	} else {
		item.Uncheck()
	}
}

// showAll fills lines with rows; what is left over is hidden.
func showAll(lines []*line, rows []Row) {
	for i, l := range lines {
		if i < len(rows) {
			l.show(rows[i])
		} else {
			l.show(Row{})
		}
	}
}

func (l *line) show(r Row) {
	if r.Text != "" && r.Text != l.row.Text {
		l.item.SetTitle(r.Text)
	}
	l.visible(r.Text != "")
	l.row = r
}

func (l *line) visible(on bool) {
	if on == !l.hidden {
		return
	}
	l.hidden = !on
	if on {
		l.item.Show()
	} else {
		l.item.Hide()
	}
}

// Leave says that Weir is ending: calls that run may take a while.
func (m *Menu) Leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.quit.show(Row{Text: i18n.T("tray.quitting")})
}

// Say shows a text in the address row for a moment, after something was copied.
func (m *Menu) Say(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.address.show(Row{text, m.view.Address.Do})
	time.AfterFunc(shownFor, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.address.show(m.view.Address)
	})
}
