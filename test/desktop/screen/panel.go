//go:build linux

package screen

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
)

// A Panel shows tray icons: it is the screen's StatusNotifierWatcher and its one host.
type Panel struct {
	screen *Screen
	items  chan string
	props  *prop.Properties
}

// OpenPanel starts to show tray icons.
func (s *Screen) OpenPanel() (*Panel, error) {
	p := &Panel{screen: s, items: make(chan string, 8)}
	if err := s.Bus.Export(p, watcherPath, watcherName); err != nil {
		return nil, err
	}
	var err error
	p.props, err = prop.Export(s.Bus, watcherPath, prop.Map{watcherName: {
		"IsStatusNotifierHostRegistered": {Value: true},
		"ProtocolVersion":                {Value: int32(0)},
		"RegisteredStatusNotifierItems":  {Value: []string{}},
	}})
	if err != nil {
		return nil, err
	}
	reply, err := s.Bus.RequestName(watcherName, dbus.NameFlagDoNotQueue)
	if err != nil {
		return nil, err
	}
	if reply != dbus.RequestNameReplyPrimaryOwner {
		return nil, errors.New("somebody shows tray icons already")
	}
	return p, nil
}

// RegisterStatusNotifierItem is what programs with an icon call.
func (p *Panel) RegisterStatusNotifierItem(service string, from dbus.Sender) *dbus.Error {
	if strings.HasPrefix(service, "/") {
		p.items <- string(from) + service
	} else {
		p.items <- service + "/StatusNotifierItem"
	}
	return nil
}

// RegisterStatusNotifierHost is what other panels would call.
func (p *Panel) RegisterStatusNotifierHost(string) *dbus.Error { return nil }

// A Tray is one program's icon with its menu.
type Tray struct {
	item, menu dbus.BusObject
}

// Tray waits for the next icon.
func (p *Panel) Tray(ctx context.Context) (*Tray, error) {
	select {
	case id := <-p.items:
		name, path, _ := strings.Cut(id, "/")
		t := &Tray{item: p.screen.Bus.Object(name, dbus.ObjectPath("/"+path))}
		v, err := t.item.GetProperty("org.kde.StatusNotifierItem.Menu")
		if err != nil {
			return nil, fmt.Errorf("find the menu: %w", err)
		}
		menu, ok := v.Value().(dbus.ObjectPath)
		if !ok {
			return nil, fmt.Errorf("the menu is %v", v)
		}
		t.menu = p.screen.Bus.Object(name, menu)
		return t, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("no icon came: %w", ctx.Err())
	}
}

// Icon returns the file of the icon that is shown.
func (t *Tray) Icon() (string, error) {
	v, err := t.item.GetProperty("org.kde.StatusNotifierItem.IconName")
	if err != nil {
		return "", err
	}
	name, _ := v.Value().(string)
	return name, nil
}

// An Entry is one row of a menu that can be seen.
type Entry struct {
	ID      int32
	Label   string
	Checked bool
	Entries []Entry
}

type layout struct {
	ID       int32
	Props    map[string]dbus.Variant
	Children []dbus.Variant
}

// Menu reads the menu as it stands.
func (t *Tray) Menu() ([]Entry, error) {
	var revision uint32
	var root layout
	err := t.menu.Call("com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root)
	if err != nil {
		return nil, fmt.Errorf("read the menu: %w", err)
	}
	return entries(root.Children)
}

func entries(children []dbus.Variant) (all []Entry, err error) {
	for _, child := range children {
		var l layout
		if err := dbus.Store([]any{child.Value()}, &l); err != nil {
			return nil, err
		}
		if visible, ok := l.Props["visible"].Value().(bool); ok && !visible {
			continue
		}
		label, _ := l.Props["label"].Value().(string)
		if label == "" {
			continue // a separator
		}
		state, _ := l.Props["toggle-state"].Value().(int32)
		e := Entry{ID: l.ID, Label: label, Checked: state == 1}
		if e.Entries, err = entries(l.Children); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// Find returns the row whose label begins with a prefix, in submenus too.
func Find(menu []Entry, prefix string) (Entry, bool) {
	for _, e := range menu {
		if strings.HasPrefix(e.Label, prefix) {
			return e, true
		}
		if sub, ok := Find(e.Entries, prefix); ok {
			return sub, true
		}
	}
	return Entry{}, false
}

// Click clicks the row whose label begins with a prefix.
func (t *Tray) Click(prefix string) error {
	menu, err := t.Menu()
	if err != nil {
		return err
	}
	e, ok := Find(menu, prefix)
	if !ok {
		return fmt.Errorf("no row %q in %v", prefix, menu)
	}
	return t.menu.Call("com.canonical.dbusmenu.Event", 0, e.ID, "clicked", dbus.MakeVariant(int32(0)), uint32(0)).Err
}

// Wait waits until the menu has a row whose label begins with a prefix, and returns it.
func (t *Tray) Wait(ctx context.Context, prefix string) (Entry, error) {
	for {
		menu, err := t.Menu()
		if err != nil {
			return Entry{}, err
		}
		if e, ok := Find(menu, prefix); ok {
			return e, nil
		}
		select {
		case <-ctx.Done():
			return Entry{}, fmt.Errorf("no row %q in %v: %w", prefix, menu, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
