package contract

import (
	"net"
	"strings"
	"testing"
)

func TestProviders(t *testing.T) {
	u := newUpstream(t)
	a := serve(t)
	if got := a.do(t, "providers", "list").list(t); len(got) != 0 {
		t.Errorf("a new home lists %d providers", len(got))
	}
	ch := a.addChannel(t, "custom-openai", u.base(), "openai", "--models", "gpt-5,gpt-5-mini", "--map", "fast=gpt-5-mini")
	id := prefixed(t, ch, "ch_")
	has(t, ch, providerFields...)
	is(t, ch, object{
		"name": "custom-openai", "type": "custom-openai", "dialect": "openai-chat", "base_url": u.base(),
		"models": []any{"gpt-5", "gpt-5-mini"}, "enabled": true, "state": "ok", "message": nil,
	})

	disabled := a.do(t, "providers", "disable", id).object(t)
	is(t, disabled, object{"id": id, "enabled": false})
	is(t, a.do(t, "providers", "enable", id).object(t), object{"id": id, "enabled": true})
	is(t, a.do(t, "providers", "test", id).object(t), object{"id": id, "state": "ok"})
	listed := a.do(t, "providers", "list").list(t)
	if len(listed) != 1 || listed[0]["id"] != id {
		t.Errorf("list = %v, want %s alone", listed, id)
	}
	has(t, listed[0], providerFields...)

	a.do(t, "providers", "remove", id).value(t)
	if got := a.do(t, "providers", "list").list(t); len(got) != 0 {
		t.Errorf("%d providers after the removal", len(got))
	}
	weir(t, a.home, "", "providers", "test", id, "--json").exits(t, 1).failure(t)
}

func TestProviderState(t *testing.T) {
	u := newUpstream(t)
	a := serve(t)
	for _, tt := range []struct {
		name, kind, base, secret, state string
		args                            []string
	}{
		{"a key that works is ok", "custom-openai", u.base(), upstreamSecret, "ok", nil},
		{"an Anthropic upstream is asked in its own way", "custom-anthropic", u.base(), upstreamSecret, "ok", nil},
		{"a refused key is a bad key", "custom-openai", u.base(), "sk-wrong", "bad_key", nil},
		{"a closed port is unreachable", "custom-openai", closedPort(t), upstreamSecret, "unreachable", nil},
		{"--no-test leaves it untested", "custom-openai", closedPort(t), upstreamSecret, "untested", []string{"--no-test"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"providers", "add", "--type", tt.kind, "--name", tt.name,
				"--base-url", tt.base, "--secret-stdin", "--json"}, tt.args...)
			r := weir(t, a.home, tt.secret+"\n", args...).exits(t, 0)
			ch := r.object(t)
			is(t, ch, object{"state": tt.state})
			if bad := tt.state == "bad_key" || tt.state == "unreachable"; bad != (ch["message"] != nil) {
				t.Errorf("state %s has message %v", tt.state, ch["message"])
			}
			if strings.Contains(r.stdout+r.stderr, tt.secret) {
				t.Error("the output holds the provider's key")
			}
		})
	}
}

// closedPort returns a base URL at which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String() + "/v1"
}

func TestProviderErrors(t *testing.T) {
	a := serve(t)
	for _, tt := range []struct {
		name string
		args string
	}{
		{"an unknown type", "--type no-such --name n"},
		{"a custom provider without a base URL", "--type custom-openai --name n"},
		{"a base URL of another scheme", "--type custom-openai --name n --base-url file:///etc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append(strings.Fields("providers add --no-test --json "+tt.args), "--secret-stdin")
			e := weir(t, a.home, "sk-x\n", args...).exits(t, 1).failure(t)
			if e["field"] == nil {
				t.Errorf("error %v names no field", e)
			}
		})
	}
}
