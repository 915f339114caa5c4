package relay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/route"
	"weir/test/standin"
)

// twoAccounts are a house with two channels, of which the first is always tried first.
func twoAccounts(t *testing.T) (h *house, first, second gateway.Channel, other *standin.Server) {
	h = build(t)
	other = standin.Start(t, standin.Options{})
	first = h.channel("openai-chat", func(c *gateway.Channel) { c.Priority = 9 })
	second = h.channel("openai-chat", func(c *gateway.Channel) { c.BaseURL = other.OpenAI() })
	return h, first, second, other
}

// made lets an upstream make a response behind Weir's back, and returns its id.
func made(t *testing.T, up *standin.Server) string {
	t.Helper()
	resp, err := http.Post(up.OpenAI()+"/responses", "application/json", strings.NewReader(responsesBody(false)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return idOf(t, resp.Body)
}

func idOf(t *testing.T, from interface{ Read([]byte) (int, error) }) string {
	t.Helper()
	var r struct{ ID string }
	if err := json.NewDecoder(from).Decode(&r); err != nil || r.ID == "" {
		t.Fatalf("no id: %v", err)
	}
	return r.ID
}

// TestStored: what an upstream keeps is found at whichever account has it, for nothing, even
// where a limit is reached.
func TestStored(t *testing.T) {
	h, first, second, other := twoAccounts(t)
	id := made(t, other)
	h.limit("0.0001usd/day")
	for _, tt := range []struct{ name, method, path, answer string }{
		{"it is read", "GET", "/v1/responses/" + id + "?include[]=reasoning.encrypted_content", `"status":"completed"`},
		{"it is streamed once more", "GET", "/v1/responses/" + id + "?stream=true", "event: response.completed"},
		{"it is cancelled", "POST", "/v1/responses/" + id + "/cancel", `"status":"cancelled"`},
		{"its input is read", "GET", "/responses/" + id + "/input_items?limit=2", `"object":"list"`},
		{"it is deleted", "DELETE", "/v1/responses/" + id, `"deleted":true`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := h.reach(tt.method, tt.path)
			entries := other.Journal.Entries()
			e := entries[len(entries)-1]
			path, query, _ := strings.Cut(tt.path, "?")
			if got.status != 200 || !strings.Contains(string(got.body), tt.answer) || !bytes.Equal(got.body, e.Written) {
				t.Errorf("got %d %s", got.status, got.body)
			}
			if e.Method != tt.method || "/openai/v1"+strings.TrimPrefix(path, "/v1") != e.Path || e.Query != query || e.BodyLen != 0 || e.Header.Get("Transfer-Encoding") != "" {
				t.Errorf("the upstream got %s %s?%s with %d bytes", e.Method, e.Path, e.Query, e.BodyLen)
			}
			c := got.call
			if c.Op != gateway.Stored || c.Endpoint != "responses/stored" || c.Basis != gateway.Zero || cost(c) != "0" || c.Charge.Pico() != 0 || c.Bill.Usage.Tokens() != 0 {
				t.Errorf("the call is %s %s, %s, cost %s, charge %s, usage %v", c.Op, c.Endpoint, c.Basis, cost(c), c.Charge, c.Bill.Usage)
			}
			if len(c.Attempts) != 2 || c.Attempts[0].ChannelID != first.ID || c.ChannelID != second.ID {
				t.Errorf("attempts %+v", c.Attempts)
			}
			h.check()
		})
	}
	got := h.reach("GET", "/v1/responses/"+id)
	if got.status != 404 || len(got.call.Attempts) != 2 || got.call.State != gateway.Released {
		t.Errorf("a deleted one got %d after %d attempts: %s", got.status, len(got.call.Attempts), got.body)
	}
	for range 20 {
		h.reach("GET", "/v1/responses/resp_nowhere")
	}
	if h.relay.Health.Open(first) || h.relay.Health.Open(second) {
		t.Error("a channel is taken for broken because it does not have what another has")
	}
}

// TestStoredIsReachedByNoOtherPath: an id leads to no other operation of an upstream.
func TestStoredIsReachedByNoOtherPath(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	for _, path := range []string{"/v1/responses/..", "/v1/responses/../models", "/v1/responses/.", "/v1/responses/", "/v1/responses//cancel"} {
		h.reach("GET", path)
	}
	for _, e := range h.up.Journal.Entries() {
		t.Errorf("%s %s reached the upstream", e.Method, e.Path)
	}
}

// TestAffinity: a conversation goes on at the account that has its beginning, and what is
// stored is asked for there first.
func TestAffinity(t *testing.T) {
	for _, stream := range []bool{false, true} {
		t.Run(fmt.Sprint("streamed ", stream), func(t *testing.T) {
			h, first, second, _ := twoAccounts(t)
			if err := h.up.Script("503"); err != nil {
				t.Fatal(err)
			}
			begun := h.respond(responsesBody(stream), nil)
			if begun.call.ChannelID != second.ID {
				t.Fatalf("the beginning is at %s", begun.call.ChannelID)
			}
			_, rest, _ := strings.Cut(string(begun.body), `"id":"resp_`)
			id, _, _ := strings.Cut("resp_"+rest, `"`)
			on := h.respond(strings.Replace(responsesBody(stream), "{", `{"previous_response_id":"`+id+`",`, 1), nil)
			if on.status != 200 || on.call.ChannelID != second.ID || len(on.call.Attempts) != 1 {
				t.Errorf("it went on with %d at %+v", on.status, on.call.Attempts)
			}
			if got := h.reach("GET", "/v1/responses/"+id); got.status != 200 || len(got.call.Attempts) != 1 {
				t.Errorf("it was read with %d at %+v", got.status, got.call.Attempts)
			}
			if other := h.respond(responsesBody(stream), nil); other.call.ChannelID != first.ID {
				t.Errorf("another conversation is at %s", other.call.ChannelID)
			}
			h.check()
		})
	}
}

// TestRepliesBelongToTheirKey: what one access key was given, another neither reads nor goes on from.
func TestRepliesBelongToTheirKey(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	begun := h.respond(responsesBody(false), nil)
	_, rest, _ := strings.Cut(string(begun.body), `"id":"resp_`)
	id, _, _ := strings.Cut("resp_"+rest, `"`)
	asked := h.up.Journal.Len()
	h.grant(gateway.Finish) // another key from here on
	if got := h.reach("GET", "/v1/responses/"+id); got.status != 404 {
		t.Errorf("it was read with %d", got.status)
	}
	on := strings.Replace(responsesBody(false), "{", `{"previous_response_id":"`+id+`",`, 1)
	if got := h.respond(on, nil); got.status != 404 || got.call.State != gateway.Refused {
		t.Errorf("it went on with %d, %s", got.status, got.call.State)
	}
	if n := h.up.Journal.Len(); n != asked {
		t.Errorf("%d requests reached the upstream", n-asked)
	}
}

func TestAffinityIsBounded(t *testing.T) {
	var a affinity
	for i := range 3 * maxReplies {
		a.remember(fmt.Sprint("resp_", i), home{channel: fmt.Sprint("ch_", i%7)})
		a.remember("resp_0", home{channel: "ch_again"})
	}
	if len(a.homes) > maxReplies || len(a.order) > maxReplies {
		t.Errorf("%d replies in %d places, want at most %d", len(a.homes), len(a.order), maxReplies)
	}
	newest := 3*maxReplies - 1
	if got, want := a.home(fmt.Sprint("resp_", newest)).channel, fmt.Sprint("ch_", newest%7); got != want {
		t.Errorf("the newest is at %q, want %q", got, want)
	}
	if got := a.home("resp_1").channel; got != "" {
		t.Errorf("the oldest is still at %q", got)
	}
}

// TestAffinityOfKeys: of several keys of one channel, each of an account of its own, the one goes
// on that began.
func TestAffinityOfKeys(t *testing.T) {
	a := &attempt{call: &call{Relay: &Relay{}, ask: dialect.Ask{Previous: "resp_1"}}, target: target{Target: route.Target{Channel: gateway.Channel{ID: "ch_1"}}}}
	keys := []route.Key{{ID: "k1"}, {ID: "k2"}, {ID: "k3"}}
	for _, tt := range []struct {
		name string
		home home
		want string
	}{
		{"nothing is known", home{}, "k1 k2 k3 "},
		{"its key comes first", home{channel: "ch_1", key: "k3"}, "k3 k1 k2 "},
		{"another channel's says nothing", home{channel: "ch_2", key: "k3"}, "k1 k2 k3 "},
		{"nor does one that was taken away", home{channel: "ch_1", key: "k9"}, "k1 k2 k3 "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a.replies.remember("resp_1", tt.home)
			got := ""
			for _, k := range a.homeFirst(keys) {
				got += k.ID + " "
			}
			if got != tt.want || keys[0].ID != "k1" {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
