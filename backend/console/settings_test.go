package console

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/backend/autostart"
	"weir/backend/gateway"
)

// moving gives a console a door that opens at every port but the taken ones.
func (b *books) moving(taken ...int) {
	b.OpenDoor = func(_ context.Context, port int) error {
		for _, p := range taken {
			if p == port {
				if !b.door.Open {
					b.door.Port = port
				}
				return &gateway.Error{Kind: gateway.Conflict, Field: "port", Message: "Taken."}
			}
		}
		b.door = Door{Open: true, Port: port}
		return nil
	}
}

func TestSettings(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	b.LoginItem = autostart.New(filepath.Join(home, "weir"))
	b.moving(5000)
	want := Settings{Appearance: "auto", OnClose: "ask", Notify: true, AskBalances: true, Port: 9347, LoginItem: LoginItem{Supported: true}}
	same(t, "a new home's", ask[Settings](b, "settings.get", raw(`{}`)), want)
	done := "2026-11-21T12:00:00.000Z"
	for _, tt := range []struct {
		name, change string
		edit         func(*Settings)
	}{
		{"nothing", `{}`, func(*Settings) {}},
		{"the appearance", `{"appearance":"dark"}`, func(s *Settings) { s.Appearance = "dark" }},
		{"what closing does", `{"on_close":"keep"}`, func(s *Settings) { s.OnClose = "keep" }},
		{"no notifications", `{"notify":false}`, func(s *Settings) { s.Notify = false }},
		{"notifications", `{"notify":true}`, func(s *Settings) { s.Notify = true }},
		{"no questions about balances", `{"ask_balances":false}`, func(s *Settings) { s.AskBalances = false }},
		{"questions about balances", `{"ask_balances":true}`, func(s *Settings) { s.AskBalances = true }},
		{"the port", `{"port":9999}`, func(s *Settings) { s.Port = 9999 }},
		{"the checklist put away", `{"first_steps_done":true}`, func(s *Settings) { s.FirstStepsDoneAt = &done }},
		{"and brought back", `{"first_steps_done":false}`, func(s *Settings) { s.FirstStepsDoneAt = nil }},
		{"a login item that was offered", `{"login_item_offered":true}`, func(s *Settings) { s.LoginItem.Offered = true }},
		{"started at login", `{"start_at_login":true}`, func(s *Settings) { s.LoginItem.Enabled = true }},
		{"and no more", `{"start_at_login":false,"appearance":"light"}`, func(s *Settings) { s.LoginItem.Enabled, s.Appearance = false, "light" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.edit(&want)
			var got Settings
			heard := told(b, func() { got = ask[Settings](b, "settings.set", raw(tt.change)) })
			same(t, "answer", got, want)
			same(t, "stored", ask[Settings](b, "settings.get", raw(`{}`)), want)
			if !heard["settings"] {
				t.Errorf("the feed heard %v", heard)
			}
		})
	}
	for _, tt := range []struct{ change, kind, field string }{
		{`{"appearance":"pink"}`, "invalid", "appearance"},
		{`{"on_close":"","notify":false}`, "invalid", "on_close"},
		{`{"port":80}`, "invalid", "port"},
		{`{"port":65536}`, "invalid", "port"},
		{`{"port":5000,"appearance":"dark"}`, "conflict", "port"},
		{`{"colour":"red"}`, "invalid", ""},
	} {
		if v := refused(t, b, "settings.set", tt.change); v.Kind != tt.kind || *v.Field != tt.field {
			t.Errorf("%s: %+v, field %q", tt.change, v, *v.Field)
		}
	}
	same(t, "after refusals", ask[Settings](b, "settings.get", raw(`{}`)), want)
	if port, err := StoredPort(t.Context(), b.Store); err != nil || port != 9999 || b.door.Port != 9999 {
		t.Errorf("StoredPort = %d, %v, the door's is %d", port, err, b.door.Port)
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	if v := refused(t, b, "settings.set", `{"start_at_login":true,"appearance":"dark"}`); v.Kind != "conflict" {
		t.Errorf("a login item where there is none: %+v", v)
	}
	if v := refused(t, b, "settings.set", `{"port":9999}`); v.Kind != "conflict" || *v.Field != "port" {
		t.Errorf("a door that cannot be moved: %+v", v)
	}
	if err := b.Store.Set(t.Context(), "appearance", "sepia"); err != nil {
		t.Fatal(err)
	}
	s := ask[Settings](b, "settings.get", raw(`{}`))
	if s.Appearance != "auto" || s.LoginItem.Supported || s.LoginItem.Message == nil {
		t.Errorf("settings are %+v", s)
	}
}

func TestPause(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	for _, tt := range []struct {
		op     string
		paused bool
	}{{"relay.pause", true}, {"relay.pause", true}, {"relay.resume", false}, {"relay.pause", true}} {
		heard := told(b, func() {
			if s := ask[Status](b, tt.op, raw(`{}`)); s.Paused != tt.paused || b.Relay.Paused() != tt.paused {
				t.Errorf("%s: paused %v, %v", tt.op, s.Paused, b.Relay.Paused())
			}
		})
		if !heard["status"] {
			t.Errorf("%s: the feed heard %v", tt.op, heard)
		}
	}
	b.Relay.Pause(false) // as at the next start
	if err := b.Restore(t.Context()); err != nil || !b.Relay.Paused() {
		t.Errorf("the pause did not outlive the program: %v", err)
	}
	ask[Status](b, "relay.resume", raw(`{}`))
	if err := b.Restore(t.Context()); err != nil || b.Relay.Paused() {
		t.Errorf("the pause came back: %v", err)
	}
}

func TestRelayOpen(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	b.moving(5000)
	b.door = Door{Port: 9347}
	if s := ask[Status](b, "relay.open", raw(`{}`)); !s.Door.Open || s.Door.Port != 9347 {
		t.Errorf("where it was wanted: %+v", s.Door)
	}
	if s := ask[Status](b, "relay.open", raw(`{"port":9400}`)); s.Door.Port != 9400 || ask[Settings](b, "settings.get", raw(`{}`)).Port != 9400 {
		t.Errorf("at another port: %+v", s.Door)
	}
	heard := told(b, func() {
		for port, field := range map[string]string{"5000": "port", "80": "port"} {
			if v := refused(t, b, "relay.open", `{"port":`+port+`}`); *v.Field != field {
				t.Errorf("port %s: %+v", port, v)
			}
		}
	})
	if !heard["status"] {
		t.Errorf("a refusal of the system is news: %v", heard)
	}
	if got := ask[Settings](b, "settings.get", raw(`{}`)).Port; got != 9400 || b.door.Port != 9400 {
		t.Errorf("after refusals the port is %d, the door's %d", got, b.door.Port)
	}
}

func TestStatus(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	b.Door = nil
	s := ask[Status](b, "status.get", raw(`{}`))
	if s.Role != "server" || s.Tray || s.Paused || s.HasKeys || s.HasProviders || s.Door.Open || s.Door.Port != UsualPort {
		t.Errorf("a new server says %+v", s)
	}
	b.Relay.Open("http://127.0.0.1:4711", 4711)
	b.Role, b.Tray = "agent", func() bool { return true }
	key := ask[NewKey](b, "keys.add", raw(`{"name":"k"}`))
	p := ask[Provider](b, "providers.add", raw(`{"type":"openai","name":"A","no_test":true}`))
	s = ask[Status](b, "status.get", raw(`{}`))
	if s.Role != "agent" || !s.Tray || !s.HasKeys || !s.HasProviders || s.Door != (Door{Open: true, Port: 4711}) {
		t.Errorf("an agent says %+v", s)
	}
	if s := ask[Status](b, "secrets.unlock", raw(`{}`)); s.Secrets.Locked || s.Secrets.KeptIn != "file" {
		t.Errorf("after another try its secrets are %+v", s.Secrets)
	}
	ask[Key](b, "keys.pause", raw(`{"id":"`+key.ID+`"}`))
	ask[Provider](b, "providers.disable", raw(`{"id":"`+p.ID+`"}`))
	if s = ask[Status](b, "status.get", raw(`{}`)); s.HasKeys || s.HasProviders {
		t.Errorf("what is paused and disabled counts: %+v", s)
	}
}

func TestShowWindow(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	if v := refused(t, b, "window.show", `{}`); v.Kind != "not_found" || !strings.HasSuffix(v.Message, ".") {
		t.Errorf("without a window: %+v", v)
	}
	var shown string
	b.ShowWindow = func(page string) error { shown = page; return nil }
	if got := ask[Shown](b, "window.show", raw(`{"page":"/keys"}`)); !got.Shown || shown != "/keys" {
		t.Errorf("%+v, page %q", got, shown)
	}
	shown = ""
	for _, page := range []string{"keys", "/keys\nquit", "/\u0000", "/" + strings.Repeat("x", longestPage)} {
		args, err := json.Marshal(ShowWindow{page})
		if err != nil {
			t.Fatal(err)
		}
		if v := refused(t, b, "window.show", string(args)); v.Kind != "invalid" || *v.Field != "page" || shown != "" {
			t.Errorf("page %.20q: %+v, shown %.20q", page, v, shown)
		}
	}
	b.ShowWindow = func(string) error { return errors.New("no display") }
	if v := refused(t, b, "window.show", `{}`); v.Kind != "internal" {
		t.Errorf("a window that does not open: %+v", v)
	}
}

func TestLogsTail(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	same(t, "a log on a terminal", ask[LogTail](b, "logs.tail", raw(`{}`)), LogTail{Lines: []string{}})
	b.LogFile = filepath.Join(t.TempDir(), "weir.log")
	if got := ask[LogTail](b, "logs.tail", raw(`{"lines":5}`)); len(got.Lines) != 0 || *got.Path != b.LogFile {
		t.Errorf("a log that is not there: %+v", got)
	}
	if err := os.WriteFile(b.LogFile, []byte("one\nkey sk-ant-canary-7f3a9b\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	same(t, "the last lines", ask[LogTail](b, "logs.tail", raw(`{"lines":2}`)).Lines, []string{"key [redacted]", "three"})
	for _, lines := range []string{"-1", "1001"} {
		if v := refused(t, b, "logs.tail", `{"lines":`+lines+`}`); *v.Field != "lines" {
			t.Errorf("%s lines: %+v", lines, v)
		}
	}
}

func TestDiagnostics(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	user := t.TempDir()
	t.Setenv("HOME", user)
	b.Home, b.Version, b.LogFile = filepath.Join(user, "weir"), "1.2.3", filepath.Join(t.TempDir(), "weir.log")
	if err := os.WriteFile(b.LogFile, []byte(strings.Repeat("old\n", 100)+"open "+user+"/weir Bearer abcdefgh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ask[NewKey](b, "keys.add", raw(`{"name":"Secret project"}`))
	ask[Provider](b, "providers.add", raw(`{"type":"custom-openai","name":"Boss","base_url":"http://internal.example/v1","no_test":true,"secret":"`+providerKey+`"}`))
	ask[Provider](b, "providers.add", raw(`{"type":"openai","name":"Mine","no_test":true}`))
	b.add(noon, paid("key_1", "ch_1", "secret-model", "1", "1"))
	text := ask[Diagnostics](b, "diagnostics.get", raw(`{}`)).Text
	for _, want := range []string{"1.2.3", "server", "~/weir", "port 9347, open true", "kept in file", "schema ", "1 custom-openai untested, 1 openai untested", "1 active", "appearance auto", "open ~/weir Bearer [redacted]"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for _, secret := range []string{providerKey, "Secret project", "Boss", "Mine", "internal.example", "secret-model", user, "abcdefgh"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in\n%s", secret, text)
		}
	}
	if n := strings.Count(text, "old\n"); n != linesInReport-1 {
		t.Errorf("%d old lines of the log", n)
	}
}
