package route

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/secret"
	"weir/backend/store"
)

const (
	firstCanary  = "sk-first-canary-1111"
	secondCanary = "sk-second-canary-2222"
	proxyCanary  = "http://user:proxy-canary@127.0.0.1:3128"
	headerCanary = "header-canary-3333"
)

func openChannels(t *testing.T) (*Channels, string) {
	t.Helper()
	ctx, home, log := context.Background(), t.TempDir(), slog.New(slog.DiscardHandler)
	st, err := store.Open(ctx, home)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := OpenChannels(ctx, st, secret.Open(home, false, log), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return c, home
}

func full() gateway.Channel {
	return gateway.Channel{Name: "Full", Provider: "openai", Dialect: "openai-chat", BaseURL: "https://api.openai.com/v1", Weight: 1,
		Enabled: true, State: gateway.ChannelUntested, Proxy: proxyCanary, Headers: map[string]string{"X-Secret": headerCanary, "X-Gone": ""},
		Params:   map[string]json.RawMessage{"options.seed": json.RawMessage("7"), "user": json.RawMessage("null")},
		Timeouts: gateway.Timeouts{Header: 3 * time.Second, Idle: 40 * time.Millisecond}}
}

// texts are the keys of a secret.
func texts(s Secret) (out []string) {
	for _, k := range s.Keys {
		out = append(out, k.Text)
	}
	return out
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestChannelsKeepWhatTheyWereGiven(t *testing.T) {
	c, home := openChannels(t)
	ctx := t.Context()
	ch, err := c.Add(ctx, full(), firstCanary+"\r\n\n  "+secondCanary+"  \n"+firstCanary)
	if err != nil {
		t.Fatal(err)
	}
	if ch.Proxy != "http://…@127.0.0.1:3128" || ch.Headers["X-Secret"] != "…3333" || ch.Headers["X-Gone"] != "" || len(ch.Headers) != 2 {
		t.Errorf("it shows %q and %v", ch.Proxy, ch.Headers)
	}
	if len(ch.Keys) != 2 || ch.Keys[0].Mask != "…1111" || ch.Keys[1].Mask != "…2222" || ch.Keys[0].ID == ch.Keys[1].ID {
		t.Errorf("its keys are %+v", ch.Keys)
	}
	if string(ch.Params["options.seed"]) != "7" || string(ch.Params["user"]) != "null" || ch.Timeouts != full().Timeouts {
		t.Errorf("its overrides are %s, %+v", ch.Params, ch.Timeouts)
	}
	known, err := c.Secret(ctx, ch)
	if err != nil || !equal(texts(known), []string{firstCanary, secondCanary}) || known.Proxy != proxyCanary || !maps.Equal(known.Headers, full().Headers) {
		t.Errorf("its secret is %+v, %v", known, err)
	}
	if known.Keys[1].ID != ch.Keys[1].ID {
		t.Errorf("the second key is %s and is shown as %s", known.Keys[1].ID, ch.Keys[1].ID)
	}
	files, err := filepath.Glob(filepath.Join(home, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		for _, canary := range []string{"sk-first", "canary-2", "proxy-canary", "header-canary"} {
			if err == nil && bytes.Contains(data, []byte(canary)) {
				t.Errorf("%s holds %s", filepath.Base(path), canary)
			}
		}
	}
}

// TestWhatIsShownStays is a channel that a person edits without its secrets at hand.
func TestWhatIsShownStays(t *testing.T) {
	c, _ := openChannels(t)
	ctx := t.Context()
	ch, err := c.Add(ctx, full(), firstCanary+"\n"+secondCanary)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetKeyState(ctx, ch.ID, ch.Keys[1].ID, gateway.ChannelBadKey, "Refused."); err != nil {
		t.Fatal(err)
	}
	if ch, err = c.Channel(ch.ID); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		edit    func(*gateway.Channel)
		keys    string
		want    []string
		proxy   string
		headers map[string]string
	}{
		{"nothing changed", nil, "", []string{firstCanary, secondCanary}, proxyCanary, full().Headers},
		{"another header beside it", func(ch *gateway.Channel) { ch.Headers = map[string]string{"X-Secret": "…3333", "X-New": "new"} }, "",
			[]string{firstCanary, secondCanary}, proxyCanary, map[string]string{"X-Secret": headerCanary, "X-New": "new"}},
		{"a shown key before a new one", nil, "…2222\nsk-third-canary-4444", []string{secondCanary, "sk-third-canary-4444"}, proxyCanary, full().Headers},
		{"another proxy", func(ch *gateway.Channel) { ch.Proxy = "socks5h://127.0.0.1:1080" }, "", []string{firstCanary, secondCanary}, "socks5h://127.0.0.1:1080", full().Headers},
		{"neither proxy nor headers", func(ch *gateway.Channel) { ch.Proxy, ch.Headers = "", nil }, "", []string{firstCanary, secondCanary}, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := full()
			start.ID = ch.ID
			if _, err := c.Update(ctx, start, firstCanary+"\n"+secondCanary); err != nil {
				t.Fatal(err)
			}
			now, err := c.Channel(ch.ID)
			if err != nil {
				t.Fatal(err)
			}
			if tt.edit != nil {
				tt.edit(&now)
			}
			if now, err = c.Update(ctx, now, tt.keys); err != nil {
				t.Fatal(err)
			}
			known, err := c.Secret(ctx, now)
			if err != nil || !equal(texts(known), tt.want) || known.Proxy != tt.proxy || !maps.Equal(known.Headers, tt.headers) {
				t.Errorf("the secret is %+v, %v", known, err)
			}
			for i, k := range known.Keys {
				if now.Keys[i].ID != k.ID {
					t.Errorf("key %d is %s and is shown as %s", i, k.ID, now.Keys[i].ID)
				}
			}
		})
	}
}

// TestKeyStates is how the state of a channel follows that of its keys.
func TestKeyStates(t *testing.T) {
	c, _ := openChannels(t)
	ctx := t.Context()
	ch, err := c.Add(ctx, full(), firstCanary+"\n"+secondCanary)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		key   int
		state gateway.ChannelState
		want  gateway.ChannelState
	}{
		{0, gateway.ChannelBadKey, gateway.ChannelUntested},
		{1, gateway.ChannelBadKey, gateway.ChannelBadKey},
		{0, gateway.ChannelUntested, gateway.ChannelUntested},
		{0, gateway.ChannelBadKey, gateway.ChannelBadKey},
		{0, gateway.ChannelOK, gateway.ChannelOK},
	} {
		if err := c.SetKeyState(ctx, ch.ID, ch.Keys[step.key].ID, step.state, "Said."); err != nil {
			t.Fatal(err)
		}
		now, err := c.Channel(ch.ID)
		if err != nil || now.State != step.want || now.Keys[step.key].State != step.state {
			t.Errorf("after key %d is %s: the channel is %s, its keys %+v, %v; want %s", step.key, step.state, now.State, now.Keys, err, step.want)
		}
	}
}

// TestASingleKeyFromBefore is a row that was written when a channel had one key and nothing was shown of it.
func TestASingleKeyFromBefore(t *testing.T) {
	c, _ := openChannels(t)
	ctx := t.Context()
	start := full()
	start.Proxy, start.Headers = "", nil
	ch, err := c.Add(ctx, start, firstCanary)
	if err != nil {
		t.Fatal(err)
	}
	ch, err = c.update(ctx, ch.ID, "UPDATE channel SET keys = '[]', headers = '{}', params = '{}', timeouts = '{}', private = NULL WHERE id = ?", ch.ID)
	if err != nil || len(ch.Keys) != 1 || ch.Keys[0].ID == "" {
		t.Fatalf("it shows %+v, %v", ch.Keys, err)
	}
	known, err := c.Secret(ctx, ch)
	if err != nil || !equal(texts(known), []string{firstCanary}) || known.Keys[0].ID != ch.Keys[0].ID {
		t.Errorf("its secret is %+v, %v", known, err)
	}
	ch, err = c.Update(ctx, ch, "")
	if err != nil || len(ch.Keys) != 1 || ch.Keys[0].Mask != "…1111" {
		t.Errorf("after a change it shows %+v, %v", ch.Keys, err)
	}
}

func TestASecretStaysWithItsServer(t *testing.T) {
	c, _ := openChannels(t)
	ctx := t.Context()
	ch, err := c.Add(ctx, full(), firstCanary)
	if err != nil {
		t.Fatal(err)
	}
	moved := ch
	moved.BaseURL = "https://elsewhere.example/v1"
	var refused *gateway.Error
	if _, err := c.Update(ctx, moved, secondCanary); !errors.As(err, &refused) || refused.Field != "headers" {
		t.Errorf("a shown header went to another server: %v", err)
	}
	moved.Headers = map[string]string{"X-Secret": "typed again"}
	if _, err := c.Update(ctx, moved, secondCanary); err != nil {
		t.Errorf("one that was typed again did not: %v", err)
	}
	if _, err := c.Secret(ctx, ch); !errors.As(err, &refused) || refused.Kind != gateway.Conflict {
		t.Errorf("the old address got the secret: %v", err)
	}
}
