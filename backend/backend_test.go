package backend

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"weir/backend/local"
)

func open(t *testing.T, home string) *Backend {
	t.Helper()
	b, err := Open(context.Background(), Options{Version: "test", Home: home, Page: fstest.MapFS{"index.html": {Data: []byte("<title>Weir</title>")}, "assets/page.js": {}},
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	})
	return b
}

type answered struct {
	status int
	header http.Header
	body   string
	data   json.RawMessage
}

func ask(t *testing.T, method, url, body string, header ...string) (a answered) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var e struct{ Data json.RawMessage }
	_ = json.Unmarshal(b, &e) // a page is no JSON
	return answered{resp.StatusCode, resp.Header, string(b), e.Data}
}

func login(t *testing.T, b *Backend) (session string) {
	t.Helper()
	_, token, _ := strings.Cut(b.Ready.LoginURL, "#login=")
	a := ask(t, "POST", b.Ready.Console+"/console/login", `{"token":"`+token+`"}`)
	var data struct{ Session string }
	if err := json.Unmarshal(a.data, &data); err != nil || data.Session == "" {
		t.Fatalf("login: %d %s", a.status, a.body)
	}
	return data.Session
}

// TestBrowserDoor is who may use the console over HTTP.
func TestBrowserDoor(t *testing.T) {
	b := open(t, t.TempDir())
	session := login(t, b)
	_, used, _ := strings.Cut(b.Ready.LoginURL, "#login=")
	op := b.Ready.Console + "/console/status.get"
	for _, tt := range []struct {
		name   string
		method string
		url    string
		body   string
		header []string
		status int
	}{
		{"the session", "POST", op, "{}", []string{"Authorization", "Bearer " + session}, 200},
		{"its own page", "POST", op, "{}", []string{"Authorization", "Bearer " + session, "Origin", b.Ready.Console, "Sec-Fetch-Site", "same-origin"}, 200},
		{"nobody", "POST", op, "{}", nil, 401},
		{"a wrong session", "POST", op, "{}", []string{"Authorization", "Bearer nope"}, 401},
		{"a login link used twice", "POST", b.Ready.Console + "/console/login", `{"token":"` + used + `"}`, nil, 401},
		{"an empty login", "POST", b.Ready.Console + "/console/login", `{"token":""}`, nil, 401},
		{"a foreign host", "POST", op, "{}", []string{"Authorization", "Bearer " + session, "Host", "evil.example"}, 403},
		{"a foreign page", "POST", op, "{}", []string{"Authorization", "Bearer " + session, "Origin", "https://evil.example"}, 403},
		{"a preflight", "OPTIONS", op, "", []string{"Origin", "https://evil.example"}, 403},
		{"a GET for an operation", "GET", op, "", []string{"Authorization", "Bearer " + session}, 404},
		{"the page itself", "GET", b.Ready.Console + "/", "", nil, 200},
		{"no operation", "POST", b.Ready.Console + "/console/nope", "{}", []string{"Authorization", "Bearer " + session}, 404},
		{"a misspelt argument", "POST", b.Ready.Console + "/console/keys.add", `{"nmae":"x"}`, []string{"Authorization", "Bearer " + session}, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(t, tt.method, tt.url, tt.body, tt.header...)
			if a.status != tt.status {
				t.Errorf("status %d, want %d: %s", a.status, tt.status, a.body)
			}
			if a.header.Get("Access-Control-Allow-Origin") != "" || !strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'self'") {
				t.Errorf("header %v", a.header)
			}
		})
	}
}

func TestItsOwnAddressIsNoProvider(t *testing.T) {
	b := open(t, t.TempDir())
	auth := "Bearer " + login(t, b)
	for _, base := range []string{b.Ready.Relay, strings.Replace(b.Ready.Relay, "127.0.0.1", "LOCALHOST.", 1) + "/v1", strings.Replace(b.Ready.Relay, "127.0.0.1", "[::1]", 1)} {
		a := ask(t, "POST", b.Ready.Console+"/console/providers.add", `{"type":"custom-openai","name":"loop","no_test":true,"base_url":"`+base+`"}`, "Authorization", auth)
		if a.status != 400 || !strings.Contains(a.body, "circle") {
			t.Errorf("%s: %d %s", base, a.status, a.body)
		}
	}
}

// TestSecretsStayIn looks for a provider's key in every answer, log and file.
func TestSecretsStayIn(t *testing.T) {
	const canary = "sk-ant-canary-7f3a9b"
	home := t.TempDir()
	var log bytes.Buffer
	b, err := Open(context.Background(), Options{Version: "test", Home: home, Page: fstest.MapFS{}, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	auth := []string{"Authorization", "Bearer " + login(t, b)}
	var seen string
	for _, step := range [][2]string{
		{"providers.add", `{"type":"custom-anthropic","name":"A","base_url":"http://127.0.0.1:1","secret":"` + canary + `"}`},
		{"providers.add", `{"type":"nope","name":"A","secret":"` + canary + `"}`},
		{"providers.list", ""}, {"keys.add", `{"name":"k"}`}, {"keys.list", ""}, {"calls.list", ""}, {"status.get", ""},
	} {
		a := ask(t, "POST", b.Ready.Console+"/console/"+step[0], step[1], auth...)
		seen += a.body
	}
	var key struct{ Secret string }
	a := ask(t, "POST", b.Ready.Console+"/console/keys.add", `{"name":"k2","limits":["5usd/day"]}`, auth...)
	if err := json.Unmarshal(a.data, &key); err != nil || key.Secret == "" {
		t.Fatalf("keys.add: %s", a.body)
	}
	ask(t, "POST", b.Ready.Relay+"/v1/messages?key="+key.Secret, `{"model":"m"}`, "X-Api-Key", key.Secret)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(seen, canary) || strings.Contains(log.String(), canary) || strings.Contains(log.String(), key.Secret) {
		t.Error("a secret was answered or logged")
	}
	err = filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(canary)) || bytes.Contains(data, []byte(key.Secret)) {
			t.Errorf("%s holds a secret", path)
		}
		if info, ierr := d.Info(); ierr != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOneProgramPerHome(t *testing.T) {
	home := t.TempDir()
	open(t, home)
	_, err := Open(context.Background(), Options{Home: home, Page: fstest.MapFS{}, Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, ErrTaken) {
		t.Errorf("a second one got %v, want ErrTaken", err)
	}
}

// TestLocalDoor is who may use the command line's socket.
func TestLocalDoor(t *testing.T) {
	home := t.TempDir()
	open(t, home)
	data, err := os.ReadFile(filepath.Join(home, local.AgentFile))
	if err != nil {
		t.Fatal(err)
	}
	var agent local.Agent
	if err := json.Unmarshal(data, &agent); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		header map[string]string
		status int
	}{
		{"the token", map[string]string{"Authorization": "Bearer " + agent.Token}, 200},
		{"no token", nil, 401},
		{"a page with the token", map[string]string{"Authorization": "Bearer " + agent.Token, "Origin": "http://127.0.0.1"}, 403},
		{"a link with the token", map[string]string{"Authorization": "Bearer " + agent.Token, "Referer": "http://x"}, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			conn, err := local.Dial(ctx, agent.Address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			req, err := http.NewRequestWithContext(ctx, "POST", "http://weir/console/status.get", nil)
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range tt.header {
				req.Header.Set(name, value)
			}
			if err := req.Write(conn); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 4096)
			n, err := conn.Read(buf)
			if want := fmt.Sprintf("HTTP/1.1 %d ", tt.status); err != nil || !strings.HasPrefix(string(buf[:n]), want) {
				t.Errorf("%v: got %s, want %s", err, buf[:n], want)
			}
		})
	}
}

func TestAStrictProviderIsRefusedWhatItsTestFindsBad(t *testing.T) {
	b := open(t, t.TempDir())
	auth := "Bearer " + login(t, b)
	picky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer right" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		w.Write([]byte(`{"data":[]}`))
	}))
	defer picky.Close()
	add := func(base, secret, how string) answered {
		return ask(t, "POST", b.Ready.Console+"/console/providers.add",
			fmt.Sprintf(`{"type":"custom-openai","name":"n","base_url":%q,"secret":%q,%s}`, base, secret, how), "Authorization", auth)
	}
	for _, tt := range []struct {
		name, base, secret, how string
		status                  int
		want                    string
	}{
		{"a refused key is at fault", picky.URL, "wrong", `"strict":true`, 502, `"field":"secret"`},
		{"an address where nothing listens is at fault", "http://127.0.0.1:1/v1", "right", `"strict":true`, 502, `"field":"base_url"`},
		{"without a test nothing is found", picky.URL, "wrong", `"strict":true,"no_test":true`, 200, `"untested"`},
		{"who is not strict has it as it is", picky.URL, "wrong", `"strict":false`, 200, `"bad_key"`},
		{"what works is added", picky.URL, "right", `"strict":true`, 200, `"ok"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := add(tt.base, tt.secret, tt.how); a.status != tt.status || !strings.Contains(a.body, tt.want) {
				t.Errorf("%d %s, want %d with %s", a.status, a.body, tt.status, tt.want)
			}
		})
	}
	if a := ask(t, "POST", b.Ready.Console+"/console/providers.list", `{}`, "Authorization", auth); strings.Count(a.body, `"id":"ch_`) != 3 {
		t.Errorf("refused ones were saved: %s", a.body)
	}
}
