//go:build desktop || bindings || dev

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pkg/browser"
	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/menu"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"weir/backend/local"
	"weir/backend/window"
	"weir/frontend"
	"weir/frontend/src/i18n"
)

// longestLoad is how long the page may take until the agent's words count anyway.
const longestLoad = 10 * time.Second

// An App is the window's Go side, all that its page can reach: the console's operations, the
// feed, and a few verbs of the desktop. It opens no database and keeps nothing.
type App struct {
	agent *local.Client
	stdin *bufio.Reader // the agent's words; nil while Weir itself is developed

	ctx   context.Context // Wails' own
	ready chan struct{}   // closed when the page can be spoken to

	mu       sync.Mutex
	stopFeed context.CancelFunc // of the feed that is open
	stopSave context.CancelFunc // of the export that is written
	quitting bool
	asked    bool // the page is asking what closing means
	painted  bool
}

// Call carries out one operation of the console and returns its envelope as JSON.
func (a *App) Call(op, args string) (string, error) {
	answer, err := a.agent.Call(a.ctx, op, []byte(args))
	return string(answer), err
}

// Feed opens the live feed; from now on its messages come as events named "feed", with name
// and data. When it breaks, one without a name comes. A feed that was open before ends.
func (a *App) Feed() error {
	ctx, cancel := context.WithCancel(a.ctx)
	a.mu.Lock()
	if a.stopFeed != nil {
		a.stopFeed()
	}
	a.stopFeed = cancel
	a.mu.Unlock()
	read, err := a.agent.Feed(ctx)
	if err != nil {
		cancel()
		return err
	}
	go func() {
		err := read(func(event, data string) { runtime.EventsEmit(a.ctx, "feed", event, data) })
		if ctx.Err() == nil {
			runtime.LogDebugf(a.ctx, "the feed broke: %v", err)
			runtime.EventsEmit(a.ctx, "feed", "", "")
		}
	}()
	return nil
}

// Painted tells the agent, once, that the page is on the screen with its first numbers.
func (a *App) Painted() {
	a.mu.Lock()
	first := !a.painted
	a.painted = true
	a.mu.Unlock()
	if first {
		fmt.Println(window.Painted)
	}
}

// OpenFolder shows the data folder, or the one of the logs in it, in the system's file manager.
func (a *App) OpenFolder(which string) error {
	status, err := ask[struct{ Home string }](a, "status.get")
	if err != nil {
		return err
	}
	if which == "logs" {
		return browser.OpenFile(filepath.Join(status.Home, "logs"))
	}
	return browser.OpenFile(status.Home)
}

// SaveFile asks where to keep a text and writes it there; false when nobody chose a place.
func (a *App) SaveFile(name, text string) (bool, error) {
	path, err := runtime.SaveFileDialog(a.ctx, runtime.SaveDialogOptions{DefaultFilename: filepath.Base(name)})
	if err != nil || path == "" {
		return false, err
	}
	return true, os.WriteFile(path, []byte(text), 0o600)
}

// SaveExport asks where to keep an export and writes it there whole, or not at all; false when
// nobody chose a place, or somebody stopped it. One that was written before ends.
func (a *App) SaveExport(ticket, name string) (bool, error) {
	path, err := runtime.SaveFileDialog(a.ctx, runtime.SaveDialogOptions{DefaultFilename: filepath.Base(name)})
	if err != nil || path == "" {
		return false, err
	}
	ctx, stop := context.WithCancel(a.ctx)
	defer stop()
	a.StopExport()
	a.mu.Lock()
	a.stopSave = stop
	a.mu.Unlock()
	err = local.Save(path, func(w io.Writer) error {
		return a.agent.Export(ctx, ticket, &counted{to: w, tell: func(n int64) { runtime.EventsEmit(a.ctx, "saving", strconv.FormatInt(n, 10)) }})
	})
	if ctx.Err() != nil {
		return false, nil
	}
	return err == nil, err
}

// StopExport ends the export that is written; what there is of it goes.
func (a *App) StopExport() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopSave != nil {
		a.stopSave()
	}
}

// tellEvery is how often a page is told how far an export is.
const tellEvery = 200 * time.Millisecond

// counted passes on what is written, and tells now and then how much that was.
type counted struct {
	to   io.Writer
	tell func(n int64)
	n    int64
	told time.Time
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.n += int64(n)
	if time.Since(c.told) > tellEvery {
		c.told = time.Now()
		c.tell(c.n)
	}
	return n, err
}

// Close closes the window, and with quit all of Weir.
func (a *App) Close(quit bool) {
	first := a.leave()
	if quit {
		fmt.Println(window.Quit)
	}
	if first {
		runtime.Quit(a.ctx)
	}
}

// leave says whether the window is now to be closed for the first time: GTK minds a second one.
func (a *App) leave() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := !a.quitting
	a.quitting = true
	return first
}

// beforeClose lets the window go, unless the page asks first.
func (a *App) beforeClose(ctx context.Context) (prevent bool) {
	if a.asks(ctx) {
		return true
	}
	a.leave()
	return false
}

// asks lets the page ask what closing means: only where there is no tray to come back from, and
// nobody chose yet. A second try closes all the same.
func (a *App) asks(ctx context.Context) bool {
	a.mu.Lock()
	free := a.quitting || a.asked
	a.mu.Unlock()
	if free {
		return false
	}
	status, err := ask[struct{ Tray bool }](a, "status.get")
	if err != nil {
		fmt.Fprintln(os.Stderr, "weir-window: closed without asking:", err)
	}
	if err != nil || status.Tray {
		return false
	}
	settings, err := ask[struct {
		OnClose string `json:"on_close"`
	}](a, "settings.get")
	if err != nil {
		return false
	}
	switch settings.OnClose {
	case "keep":
		return false
	case "quit":
		a.leave() // before the agent can answer with the same word
		fmt.Println(window.Quit)
		return false
	}
	a.mu.Lock()
	a.asked = true
	a.mu.Unlock()
	runtime.EventsEmit(ctx, "closing")
	return true
}

// Stay says that a person did not want to close the window after all.
func (a *App) Stay() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = false
}

// ask carries out an operation without arguments for the window itself. The event loop waits
// for it, so it does not wait long.
func ask[T any](a *App, op string) (data T, err error) {
	ctx, cancel := context.WithTimeout(a.ctx, time.Second)
	defer cancel()
	err = a.agent.Ask(ctx, op, &data)
	return data, err
}

// obey does what the agent says until it is gone, and ends with it.
func (a *App) obey() {
	select {
	case <-a.ready:
	case <-time.After(longestLoad):
	}
	for {
		line, err := a.stdin.ReadString('\n')
		verb, page, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case err != nil || verb == window.Quit:
			a.Close(false)
			// Where the page hangs, so does the event loop.
			time.Sleep(2 * time.Second)
			os.Exit(1)
		case verb == window.Show:
			a.show(page)
		}
	}
}

func (a *App) show(page string) {
	if page != "" {
		runtime.EventsEmit(a.ctx, "page", page)
	}
	runtime.WindowUnminimise(a.ctx)
	runtime.WindowShow(a.ctx)
}

// asWindow runs the window until it is closed and returns the program's exit code.
func asWindow() int {
	browser.Stdout = os.Stderr // what goes to stdout is for the agent
	a := &App{ready: make(chan struct{})}
	agent, err := a.greet()
	if err != nil {
		fmt.Fprintln(os.Stderr, "weir-window:", err)
		return 2
	}
	a.agent = local.NewClient(agent)
	if a.stdin != nil {
		go a.obey()
	}
	if err := wails.Run(a.options()); err != nil {
		fmt.Fprintln(os.Stderr, "weir-window:", err)
		return 1
	}
	return 0
}

// greet reads who the agent is from its first line. A window under development has no agent
// that started it: it asks the one of the home.
func (a *App) greet() (agent local.Agent, err error) {
	if developing {
		home, err := local.Home()
		if err != nil {
			return agent, err
		}
		if agent, err = local.Find(home); err != nil {
			fmt.Fprintln(os.Stderr, "weir-window: no Weir runs for", home)
		}
		return agent, nil
	}
	a.stdin = bufio.NewReader(os.Stdin)
	line, err := a.stdin.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &agent)
	}
	if err != nil {
		return agent, errors.New("this program is started by weir: start that")
	}
	return agent, nil
}

func (a *App) options() *options.App {
	return &options.App{
		Title: i18n.T("app"), Width: 1180, Height: 780, MinWidth: 880, MinHeight: 600,
		StartHidden: true, // until the page is there: no white flash
		AssetServer: &assetserver.Options{Assets: frontend.FS(), Middleware: policy},
		Menu:        appMenu(),
		OnStartup:   func(ctx context.Context) { a.ctx = ctx },
		OnDomReady: func(ctx context.Context) {
			runtime.WindowShow(ctx)
			a.open()
		},
		OnBeforeClose: a.beforeClose,
		OnShutdown:    func(context.Context) { a.agent.Close() },
		Bind:          []any{a},
		Linux:         &linux.Options{ProgramName: "weir", WebviewGpuPolicy: linux.WebviewGpuPolicyNever},
	}
}

// open says that the page is there, each time that it is loaded.
func (a *App) open() {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-a.ready:
	default:
		close(a.ready)
	}
}

// policy keeps the page to itself, as the console's door does for browsers.
func policy(next http.Handler) http.Handler {
	if developing {
		return next // the page's development server needs inline styles and a socket of its own
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'")
		next.ServeHTTP(w, r)
	})
}

// appMenu is what macOS needs for copy and paste to work; other systems show none.
func appMenu() *menu.Menu {
	if goruntime.GOOS != "darwin" {
		return nil
	}
	m := menu.NewMenu()
	m.Append(menu.AppMenu())
	m.Append(menu.EditMenu())
	m.Append(menu.WindowMenu())
	return m
}
