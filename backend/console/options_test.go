package console

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"weir/backend/provider"
	"weir/backend/route"
	"weir/test/standin"
)

// quiet fails when an answer of the console holds a secret.
func (b *books) quiet(canaries ...string) {
	b.t.Helper()
	for _, op := range []string{"providers.list", "diagnostics.get", "privacy.get", "status.get"} {
		answer, err := json.Marshal(b.Call(b.t.Context(), op, raw(`{}`)))
		if err != nil {
			b.t.Fatal(err)
		}
		for _, canary := range canaries {
			if strings.Contains(string(answer), canary) {
				b.t.Errorf("%s holds %s", op, canary)
			}
		}
	}
}

func TestProviderOptions(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	up := standin.Start(t, standin.Options{APIKey: providerKey})
	p := ask[Provider](b, "providers.add", raw(`{"type":"custom-openai","name":"A","no_test":true,"base_url":"`+up.OpenAI()+`",
		"proxy":"http://user:canary-proxy@127.0.0.1:3128","headers":{"x-team":"canary-header-1234","user-agent":""},
		"params":{"options.seed":7,"user":null},"timeouts":{"header_ms":3000,"stream_header_ms":4000,"idle_ms":500},"secret":"`+providerKey+`\nsk-second-canary-5678"}`))
	if p.Proxy != "http://…@127.0.0.1:3128" || p.Headers["X-Team"] != "…1234" || p.Headers["User-Agent"] != "" || len(p.Headers) != 2 {
		t.Errorf("it shows %q and %v", p.Proxy, p.Headers)
	}
	if string(p.Params["options.seed"]) != "7" || string(p.Params["user"]) != "null" || p.Timeouts != (Timeouts{3000, 4000, 500}) {
		t.Errorf("it shows %s and %+v", p.Params, p.Timeouts)
	}
	if len(p.Keys) != 2 || p.Keys[0].Mask != "…nary" || p.Keys[1].Mask != "…5678" || p.Keys[1].State != "untested" {
		t.Errorf("its keys are %+v", p.Keys)
	}
	b.quiet("canary-proxy", "canary-header", "upstream-canary", "second-canary")
	kept := ask[Provider](b, "providers.update", raw(`{"id":"`+p.ID+`","no_test":true,"name":"B","headers":{"X-Team":"…1234","X-New":"n"},"secret":"…5678"}`))
	if b.secret(p.ID) != "sk-second-canary-5678" || len(kept.Keys) != 1 || kept.Keys[0].ID != p.Keys[1].ID || kept.Proxy != p.Proxy {
		t.Errorf("what was shown did not stay: %+v", kept)
	}
	ch, err := b.Channels.Channel(p.ID)
	if err != nil {
		t.Fatal(err)
	}
	known, err := b.Channels.Secret(t.Context(), ch)
	if err != nil || known.Headers["X-Team"] != "canary-header-1234" || known.Headers["X-New"] != "n" || known.Proxy != "http://user:canary-proxy@127.0.0.1:3128" {
		t.Errorf("its secret is %+v, %v", known, err)
	}
}

func TestProviderOptionsThatCannotBe(t *testing.T) {
	b, _, p := provided(t)
	elsewhere := standin.Start(t, standin.Options{})
	ask[Provider](b, "providers.update", raw(`{"id":"`+p.ID+`","headers":{"X-Team":"canary-header-1234"}}`))
	for _, tt := range []struct{ change, field string }{
		{`"proxy":"127.0.0.1:3128"`, "proxy"},
		{`"proxy":"http://…@evil.example"`, "proxy"},
		{`"headers":{"Host":"x"}`, "headers"},
		{`"params":{"model":"x"}`, "params"},
		{`"timeouts":{"idle_ms":-1}`, "timeouts"},
		{`"timeouts":{"header_ms":3600001}`, "timeouts"},
		{`"proxy":"http://127.0.0.1:3128"`, "secret"}, // its key would go to the proxy in the clear
		{`"base_url":"` + elsewhere.OpenAI() + `","secret":"sk-new"`, "headers"},
		{`"base_url":"` + elsewhere.OpenAI() + `","secret":"…nary","headers":{}`, "secret"},
	} {
		if v := refused(t, b, "providers.update", `{"id":"`+p.ID+`",`+tt.change+`}`); v.Kind != "invalid" || *v.Field != tt.field {
			t.Errorf("%s: %+v, field %q", tt.change, v, *v.Field)
		}
	}
	if n := elsewhere.Journal.Len(); n != 0 {
		t.Errorf("another server was asked %d times", n)
	}
}

func TestEachKeyIsTested(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	up := standin.Start(t, standin.Options{APIKey: providerKey})
	p := ask[Provider](b, "providers.add", raw(`{"type":"custom-openai","name":"A","base_url":"`+up.OpenAI()+`","secret":"sk-revoked-canary-1\n\n`+providerKey+`\nsk-revoked-canary-1"}`))
	if p.State != "ok" || len(p.Keys) != 2 || p.Keys[0].State != "bad_key" || p.Keys[0].Message == nil || p.Keys[1].State != "ok" {
		t.Errorf("%s, %+v", p.State, p.Keys)
	}
	p = ask[Provider](b, "providers.update", raw(`{"id":"`+p.ID+`","secret":"sk-revoked-canary-2\nsk-revoked-canary-3"}`))
	if p.State != "bad_key" || p.Keys[1].State != "bad_key" {
		t.Errorf("%s, %+v", p.State, p.Keys)
	}
}

// proxied is a proxy that answers whatever is asked of it.
func proxied(t *testing.T, answer string) (address string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.String()+" "+r.Header.Get("X-Team"))
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestATestGoesThroughTheProvidersOwnProxy(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	b.Client = unreached{t}
	b.Through = route.OpenTransports(&http.Transport{}, time.Now).For
	proxy, asked := proxied(t, `{"data":[{"id":"m"}]}`)
	p := ask[Provider](b, "providers.add", raw(`{"type":"custom-openai","name":"A","base_url":"http://upstream.invalid","proxy":"`+proxy+`","headers":{"X-Team":"t"}}`))
	if p.State != "ok" || len(*asked) != 1 || (*asked)[0] != "http://upstream.invalid/v1/models t" {
		t.Errorf("%s, %s; the proxy was asked %v", p.State, orEmpty(p.Message), *asked)
	}
	hosts := ask[[]Host](b, "privacy.get", raw(`{}`))
	if len(hosts) != 2 || "http://"+hosts[0].Host != proxy {
		t.Errorf("hosts = %+v", hosts)
	}
}

func TestListModels(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	var asked []string
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI()+" "+r.Header.Get("X-Api-Key"))
		switch {
		case r.Header.Get("X-Api-Key") != providerKey:
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Query().Get("after_id") == "":
			_, _ = w.Write([]byte(`{"data":[{"id":"b"},{"id":"c"}],"has_more":true,"last_id":"c"}`))
		default:
			_, _ = w.Write([]byte(`{"data":[{"id":"a"},{"id":"b"}],"has_more":false,"last_id":"b"}`))
		}
	}))
	defer up.Close()
	form := `"type":"custom-anthropic","base_url":"` + up.URL + `"`
	want := []Model{{"a"}, {"b"}, {"c"}}
	same(t, "of a form", ask[[]Model](b, "providers.models", raw(`{`+form+`,"secret":"`+providerKey+`"}`)), want)
	if len(asked) != 2 || asked[1] != "/v1/models?after_id=c "+providerKey {
		t.Errorf("asked %v", asked)
	}
	p := ask[Provider](b, "providers.add", raw(`{"name":"A","no_test":true,`+form+`,"secret":"sk-revoked\n`+providerKey+`"}`))
	same(t, "of a provider", ask[[]Model](b, "providers.models", raw(`{"id":"`+p.ID+`"}`)), want)
	same(t, "with a path of its own", ask[[]Model](b, "providers.models", raw(`{"id":"`+p.ID+`","base_url":"`+up.URL+`/v1"}`)), want)
	for _, tt := range []struct{ name, args, field string }{
		{"a refused key", form + `,"secret":"sk-wrong"`, "secret"},
		{"a new key of a known one", `"id":"` + p.ID + `","secret":"sk-wrong"`, "secret"},
		{"a stored key for another server", `"id":"` + p.ID + `","base_url":"http://127.0.0.1:1"`, "secret"},
		{"nobody there", `"type":"custom-openai","base_url":"http://127.0.0.1:1"`, "base_url"},
		{"no list", `"type":"voyage","secret":"pa-x"`, "models"},
		{"no such type", `"type":"nobody"`, "type"},
		{"no address", `"type":"azure"`, "base_url"},
		{"a foreign key", `"type":"openai","secret":"sk-ant-x"`, "secret"},
		{"a proxy of no kind", form + `,"proxy":"x"`, "proxy"},
	} {
		if v := refused(t, b, "providers.models", `{`+tt.args+`}`); *v.Field != tt.field {
			t.Errorf("%s: %+v, field %q", tt.name, v, *v.Field)
		}
	}
	if v := refused(t, b, "providers.models", `{"id":"ch_none"}`); v.Kind != "not_found" {
		t.Errorf("no such provider: %+v", v)
	}
}

// TestLocalServersAreFound asks this machine's usual addresses through a transport that leads
// one of them to a server of this test, and the others nowhere.
func TestLocalServersAreFound(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"object":"list","data":[{"id":"llama3:latest"}]}`))
	}))
	defer up.Close()
	ollama, _ := provider.ByID("ollama")
	b.Client = &http.Transport{Dial: func(network, address string) (net.Conn, error) {
		if "http://"+address == ollama.BaseURL {
			return net.Dial(network, strings.TrimPrefix(up.URL, "http://"))
		}
		return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
	}}
	same(t, "found", ask[[]LocalServer](b, "providers.local", raw(`{}`)), []LocalServer{{Type: "ollama", BaseURL: ollama.BaseURL, Models: []Model{{"llama3:latest"}}}})
}

func TestAProviderWithoutAListIsNotTested(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	b.Client = unreached{t}
	p := ask[Provider](b, "providers.add", raw(`{"type":"voyage","name":"V","strict":true,"secret":"pa-x"}`))
	if p.State != "untested" || !strings.Contains(orEmpty(p.Message), "no list of models") {
		t.Errorf("%s, %s", p.State, orEmpty(p.Message))
	}
	p = ask[Provider](b, "providers.add", raw(`{"type":"anthropic-login","name":"L","strict":true}`))
	if p.State != "untested" || !strings.Contains(orEmpty(p.Message), "own login") {
		t.Errorf("%s, %s", p.State, orEmpty(p.Message))
	}
	if v := refused(t, b, "providers.add", `{"type":"anthropic-login","name":"L","strict":true,"secret":"sk-ant-x"}`); *v.Field != "secret" {
		t.Errorf("a key for a login: %+v", v)
	}
}
