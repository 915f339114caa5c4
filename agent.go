//go:build tray

package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/pkg/browser"

	"weir/backend"
	"weir/backend/autostart"
	"weir/backend/cli"
	"weir/backend/console"
	"weir/backend/gateway"
	"weir/backend/local"
	"weir/backend/notify"
	"weir/backend/tray"
	"weir/backend/window"
	"weir/frontend/src/i18n"
)

// An agent is Weir with its tray: the server's doors, the menu, and the window as a child.
type agent struct {
	b       *backend.Backend
	window  *window.Window
	notices *notify.Notices
	tray    func() bool
	quit    context.CancelFunc
	log     *slog.Logger
	changed chan struct{} // something that the menu tells may have changed
	opened  chan struct{} // closed once b and window can be used
}

const (
	// restless is how often labels may change: menus that change under the pointer annoy.
	restless = 5 * time.Second
	// idle is how often the menu is read anew though nothing was heard: windows of limits end.
	idle = 30 * time.Second
	// panelPatience is how long a hidden start waits for a tray before it opens the window.
	panelPatience = 10 * time.Second
)

// start is what a double-click does: the agent where there is a display, the server where
// there is none. A second start shows the first one's window.
func start(ctx context.Context, home string, o cli.ServeOptions) error {
	if !tray.HasDisplay() {
		return serve(ctx, home, o)
	}
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	a := &agent{quit: quit, changed: make(chan struct{}, 1), opened: make(chan struct{})}
	a.tray = tray.Host(ctx, a.panelChanged)
	opt := homeOptions(home, o)
	a.log = opt.Log
	opt.Patient, opt.Tray, opt.ShowWindow = true, a.tray, a.show
	opt.LoginItem = autostart.New(self())
	a.window = &window.Window{Log: opt.Log, OnQuit: quit, OnFail: a.browse}
	var err error
	a.b, err = backend.Open(ctx, opt)
	if errors.Is(err, backend.ErrTaken) {
		return showOther(ctx, home)
	}
	if err != nil {
		a.say(i18n.T("notify.start"), err)
		return explained(opt, err)
	}
	a.window.Agent = a.b.Agent
	close(a.opened)
	if err := announce(a.b.Ready, o.JSON); err != nil {
		opt.Log.Info("nobody reads what Weir says at its start", "err", err)
	}
	return errors.Join(a.run(ctx, o.Hidden), a.b.Close())
}

// self is the program that a login item starts: an AppImage is mounted elsewhere each time.
func self() string {
	if image := os.Getenv("APPIMAGE"); image != "" {
		return image
	}
	path, err := os.Executable()
	if err != nil {
		return "" // then there is no login item
	}
	return path
}

// run shows the tray until somebody quits, or the desktop ends.
func (a *agent) run(ctx context.Context, hidden bool) error {
	ended := make(chan error, 1)
	a.notices = notify.New(a.b.Console, a.b.Store(), a.log, notify.Now)
	go func() {
		err := a.b.Run(ctx)
		a.window.Close()
		tray.Stop()
		ended <- err
	}()
	tray.Run(func(m *tray.Menu) {
		go a.obey(ctx, m)
		go a.tell(ctx, m)
		if !hidden || !a.trayComes(ctx) {
			a.open("")
		}
	})
	a.quit()
	return <-ended
}

// trayComes waits a while for a panel, which may start after Weir when somebody logs in. Nobody
// would find a hidden Weir that has no icon either.
func (a *agent) trayComes(ctx context.Context) bool {
	for end := time.Now().Add(panelPatience); !a.tray() && time.Now().Before(end); {
		if !wait(ctx, 200*time.Millisecond, nil) {
			return true // Weir is ending: there is nothing to open
		}
	}
	return a.tray()
}

// obey does what people click.
func (a *agent) obey(ctx context.Context, m *tray.Menu) {
	for {
		select {
		case <-ctx.Done():
			return
		case do := <-m.Actions():
			a.do(ctx, m, do)
		}
	}
}

func (a *agent) do(ctx context.Context, m *tray.Menu, do tray.Action) {
	switch do.Verb {
	case tray.Open:
		a.open(do.Page)
	case tray.Copy:
		if err := tray.WriteClipboard(do.Text); err == nil {
			m.Say(i18n.T("tray.copied", "what", do.What))
		}
	case tray.Pause:
		a.carryOut(ctx, m, "relay.pause")
	case tray.Resume:
		a.carryOut(ctx, m, "relay.resume")
	case tray.Quit:
		a.quit()
	}
}

// carryOut does an operation that changes the menu at once.
func (a *agent) carryOut(ctx context.Context, m *tray.Menu, op string) {
	if answer := a.b.Console.Call(ctx, op, nil); !answer.OK {
		a.say(i18n.T("app"), errors.New(answer.Error.Message))
	}
	a.draw(ctx, m)
}

// tell keeps the menu true. It reads on its own goroutine, never on the menu's.
func (a *agent) tell(ctx context.Context, m *tray.Menu) {
	defer m.Leave()
	go a.b.Console.Watch(ctx, a.wake)
	for {
		a.draw(ctx, m)
		a.notices.Look(ctx)
		if !wait(ctx, restless, nil) || !wait(ctx, idle-restless, a.changed) {
			return
		}
	}
}

// wait returns after a time, or as soon as something comes; false when ctx ended.
func wait(ctx context.Context, most time.Duration, until <-chan struct{}) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-until:
	}
	return true
}

func (a *agent) draw(ctx context.Context, m *tray.Menu) {
	g, err := a.b.Console.Glance(ctx)
	if err != nil {
		return // what was shown stays; the ledger's trouble is told by its health
	}
	m.Show(tray.Show(g, time.Now().In(a.zone())))
}

// zone is where the windows of limits begin and end.
func (a *agent) zone() *time.Location {
	zone, err := time.LoadLocation(a.b.Console.Ledger.Zone())
	if err != nil {
		return time.Local
	}
	return zone
}

// panelChanged tells the pages that a panel came or went.
func (a *agent) panelChanged() {
	select {
	case <-a.opened:
		a.b.Console.Tell("status")
	default: // nobody could be looking yet
	}
}

// wake says that the menu may have changed.
func (a *agent) wake() {
	select {
	case a.changed <- struct{}{}:
	default: // it will be read anyway
	}
}

func (a *agent) open(page string) {
	if err := a.show(page); err != nil {
		a.say(i18n.T("app"), err)
	}
}

// say tells a person who has no terminal what went wrong.
func (a *agent) say(title string, err error) {
	a.log.Error(title, "err", err)
	if err := notify.Now(title, readable(err)); err != nil {
		a.log.Info("a notification was not shown", "err", err)
	}
}

// show opens the window or, where its program is not installed, the page in a browser.
func (a *agent) show(page string) error {
	<-a.opened // a second start may be quicker than the first
	err := a.window.Show(page)
	if !errors.Is(err, window.ErrNone) {
		return err
	}
	return a.openBrowser()
}

func (a *agent) openBrowser() error {
	url, err := a.b.Console.LoginURL()
	if err != nil {
		return err
	}
	return browser.OpenURL(url)
}

// browse shows the page in a browser when the window cannot: WebKit may be missing.
func (a *agent) browse() {
	if err := a.openBrowser(); err != nil {
		a.say(i18n.T("app"), err)
	}
}

// showOther asks the Weir that has this home to show its window, or, where it is a server
// without one, shows its page in a browser.
func showOther(ctx context.Context, home string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		link, err := askOther(ctx, home)
		if err == nil && link != "" {
			return browser.OpenURL(link)
		}
		// The first may be starting: its file is not there yet, or still that of an earlier run.
		if err == nil || !wait(ctx, 100*time.Millisecond, nil) {
			return err
		}
	}
}

// askOther asks once. The link is that of the page, where the other has no window.
func askOther(ctx context.Context, home string) (link string, err error) {
	other, err := local.Find(home)
	if err != nil {
		return "", err
	}
	client := local.NewClient(other)
	defer client.Close()
	var shown console.Shown
	if err := client.Ask(ctx, "window.show", &shown); err == nil {
		return "", nil
	}
	var login console.Login
	err = client.Ask(ctx, "login.new", &login)
	return login.LoginURL, err
}

func readable(err error) string {
	var known *gateway.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return err.Error()
}
