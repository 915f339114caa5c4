package console

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"weir/backend/gateway"
)

// TestStoredPort is what counts of what may stand in the file.
func TestStoredPort(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	for text, want := range map[string]int{"": UsualPort, "9400": 9400, "1024": 1024, "65535": 65535,
		"0": UsualPort, "80": UsualPort, "-5": UsualPort, "70000": UsualPort, "many": UsualPort} {
		if err := b.Store.Set(t.Context(), portSetting, text); err != nil {
			t.Fatal(err)
		}
		if port, err := StoredPort(t.Context(), b.Store); err != nil || port != want {
			t.Errorf("%q: StoredPort = %d, %v, want %d", text, port, err, want)
		}
	}
}

// TestMovesAtOnce is two people who move the door: the one that is open is the one that is remembered.
func TestMovesAtOnce(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	second := make(chan struct{})
	var at atomic.Int64
	b.Door = func() Door { return Door{Open: true, Port: int(at.Load())} }
	b.OpenDoor = func(_ context.Context, port int) error {
		at.Store(int64(port))
		if port != 5001 {
			return nil
		}
		go func() {
			defer close(second)
			ask[Status](b, "relay.open", raw(`{"port":5002}`))
		}()
		select {
		case <-second:
		case <-time.After(200 * time.Millisecond): // it waits its turn
		}
		return nil
	}
	ask[Status](b, "relay.open", raw(`{"port":5001}`))
	<-second
	if port, err := StoredPort(t.Context(), b.Store); err != nil || int64(port) != at.Load() {
		t.Errorf("port %d is remembered, %v, the door is at %d", port, err, at.Load())
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestKeyThatComesMeanwhile is a key that is given to a provider while somebody else's change
// of its address is being tested: it was not given for that address.
func TestKeyThatComesMeanwhile(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	p := ask[Provider](b, "providers.add", raw(`{"type":"custom-openai","name":"A","base_url":"http://127.0.0.1:1/v1","no_test":true}`))
	b.Client = roundTripper(func(*http.Request) (*http.Response, error) {
		ask[Provider](b, "providers.update", raw(`{"id":"`+p.ID+`","secret":"`+providerKey+`","no_test":true}`))
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"data":[]}`))}, nil
	})
	v := refused(t, b, "providers.update", `{"id":"`+p.ID+`","base_url":"http://127.0.0.1:2/v1"}`)
	if v.Kind != string(gateway.Invalid) || *v.Field != "secret" {
		t.Errorf("the change of the address: %+v", v)
	}
	ch, err := b.Channels.Channel(p.ID)
	if err != nil || ch.BaseURL != "http://127.0.0.1:1/v1" || b.secret(p.ID) != providerKey {
		t.Errorf("the provider is at %s, %v", ch.BaseURL, err)
	}
}

func TestNamesThatCannotBeShown(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	p := ask[Provider](b, "providers.add", raw(`{"type":"openai","name":"A","no_test":true}`))
	for _, tt := range []struct{ op, args, field string }{
		{"providers.add", `{"type":"openai","name":"a\nb","no_test":true}`, "name"},
		{"providers.add", `{"type":"openai","name":"` + strings.Repeat("x", gateway.LongestName+1) + `","no_test":true}`, "name"},
		{"providers.update", `{"id":"` + p.ID + `","name":"a\u202eb","no_test":true}`, "name"},
		{"providers.update", `{"id":"` + p.ID + `","models":["m\u001b[2J"],"no_test":true}`, "models"},
		{"providers.update", `{"id":"` + p.ID + `","map":{"m":"n\n"},"no_test":true}`, "models"},
		{"keys.add", `{"name":"a\nb"}`, "name"},
	} {
		if v := refused(t, b, tt.op, tt.args); v.Kind != "invalid" || *v.Field != tt.field {
			t.Errorf("%s %.60s: %+v, field %q", tt.op, tt.args, v, *v.Field)
		}
	}
}
