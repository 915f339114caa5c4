//go:build tray

package tray

/*
#cgo pkg-config: gtk+-3.0
#include <stdlib.h>
#include <gtk/gtk.h>

static int weir_display(void) {
	return gtk_init_check(NULL, NULL);
}

// Runs on GTK's own thread.
static gboolean weir_copy(gpointer text) {
	GtkClipboard *board = gtk_clipboard_get(GDK_SELECTION_CLIPBOARD);
	gtk_clipboard_set_text(board, (const gchar *)text, -1);
	gtk_clipboard_store(board);
	g_free(text);
	return FALSE;
}

static void weir_copy_later(const char *text) {
	g_idle_add(weir_copy, g_strdup(text));
}
*/
import "C"

import (
	"context"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/godbus/dbus/v5"
)

// HasDisplay says whether there is a screen to show a tray or a window on. The library
// itself would end the program where there is none.
func HasDisplay() bool {
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return false
	}
	return C.weir_display() != 0
}

// WriteClipboard copies a text. It must be called while Run runs.
func WriteClipboard(text string) error {
	c := C.CString(text)
	defer C.free(unsafe.Pointer(c))
	C.weir_copy_later(c)
	return nil
}

const (
	watcher     = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
)

// patience is how long a panel may take to say that it is there.
const patience = 500 * time.Millisecond

// Host follows whether some panel shows tray icons: a desktop may have none, or start one
// later. changed is called after each change, until ctx ends. Without a session bus, or with one
// that hangs, the answer is no.
func Host(ctx context.Context, changed func()) (there func() bool) {
	var found atomic.Bool
	asked := make(chan struct{})
	go follow(ctx, &found, asked, changed)
	select {
	case <-asked:
	case <-time.After(2 * patience): // an answer that comes later counts, too
	}
	return found.Load
}

// follow keeps found true to the panel, and closes asked once it was asked.
func follow(ctx context.Context, found *atomic.Bool, asked chan<- struct{}, changed func()) {
	conn, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		close(asked)
		return
	}
	defer conn.Close()
	ask := func() bool {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		var on bool
		// An error says that nobody owns the name, or that whoever does hangs.
		err := conn.Object(watcher, watcherPath).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, watcher, "IsStatusNotifierHostRegistered").Store(&on)
		return err == nil && on
	}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchInterface(watcher)},
		{dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, watcher)},
	} {
		if err := conn.AddMatchSignal(match...); err != nil {
			break // what was found at the start stays the answer
		}
	}
	found.Store(ask())
	close(asked)
	changed()
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-signals:
			if !ok {
				return
			}
			if now := ask(); found.Swap(now) != now {
				changed()
			}
		}
	}
}
