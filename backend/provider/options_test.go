package provider

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"weir/backend/gateway"
)

// saysOf checks that an error blames a field, or that there is none.
func saysOf(t *testing.T, name string, err error, field string) {
	t.Helper()
	var refused *gateway.Error
	if (err != nil) != (field != "") || err != nil && (!errors.As(err, &refused) || refused.Field != field) {
		t.Errorf("%s: %v", name, err)
	}
}

func TestCheckProxy(t *testing.T) {
	for proxy, field := range map[string]string{
		"": "", "direct": "", "http://127.0.0.1:3128": "", "https://u:p@proxy.example": "", "socks5h://[::1]:1080/": "", "socks5://h:1": "",
		"proxy.example:3128": "proxy", "ftp://h": "proxy", "http://": "proxy", "http://h/path": "proxy", "http://h?x": "proxy", "http://[::1": "proxy", "none": "proxy",
	} {
		saysOf(t, proxy, CheckProxy(proxy), field)
	}
}

func TestCheckHeaders(t *testing.T) {
	for _, tt := range []struct{ name, value, field string }{
		{"X-Title", "Weir", ""}, {"authorization", "Basic x", "headers"}, {"X-Api-Key", "", "headers"}, {"anthropic-beta", "", ""}, {"User-Agent", "a\tb é", ""},
		{"", "x", "headers"}, {"a b", "x", "headers"}, {"a:b", "x", "headers"}, {"é", "x", "headers"},
		{"host", "x", "headers"}, {"Content-Length", "1", "headers"}, {"transfer-encoding", "x", "headers"}, {"X-Weir-Call", "x", "headers"},
		{"X-A", "a\r\nX-B: c", "headers"}, {"X-A", "a\x00", "headers"},
	} {
		saysOf(t, tt.name+": "+tt.value, CheckHeaders(map[string]string{tt.name: tt.value}), tt.field)
	}
}

func TestCheckParams(t *testing.T) {
	for _, tt := range []struct{ path, value, field string }{
		{"temperature", "0.2", ""}, {"options.seed", "7", ""}, {"user", "null", ""}, {"metadata", `{"a":[1]}`, ""},
		{"", "1", "params"}, {"a..b", "1", "params"}, {"a.", "1", "params"}, {"a\nb", "1", "params"}, {`a"b`, "1", "params"},
		{"a", "text", "params"}, {"a", "", "params"}, {"model", `"x"`, "params"}, {"Stream", "true", "params"}, {"stream_options.include_usage", "false", "params"},
	} {
		saysOf(t, tt.path+"="+tt.value, CheckParams(map[string]json.RawMessage{tt.path: json.RawMessage(tt.value)}), tt.field)
	}
}

func TestReadModels(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       []string
		next       string
		ok         bool
	}{
		{"OpenAI's", `{"object":"list","data":[{"id":"gpt-5","object":"model"},{"id":"gpt-5-mini"}]}`, []string{"gpt-5", "gpt-5-mini"}, "", true},
		{"Anthropic's, with more to come", `{"data":[{"type":"model","id":"claude-a","display_name":"A"}],"has_more":true,"first_id":"claude-a","last_id":"claude-a"}`, []string{"claude-a"}, "after_id=claude-a", true},
		{"Anthropic's last", `{"data":[{"id":"claude-b"}],"has_more":false,"last_id":"claude-b"}`, []string{"claude-b"}, "", true},
		{"Gemini's", `{"models":[{"name":"models/gemini-2.5-pro","version":"1"}],"nextPageToken":"a/b="}`, []string{"gemini-2.5-pro"}, "pageToken=a%2Fb%3D", true},
		{"Ollama's own", `{"models":[{"name":"llama3:latest","model":"llama3:latest"}]}`, []string{"llama3:latest"}, "", true},
		{"Cohere's", `{"models":[{"name":"command-a","endpoints":["chat"]}],"next_page_token":"t"}`, []string{"command-a"}, "page_token=t", true},
		{"a bare array", `[{"id":"a/b"}]`, []string{"a/b"}, "", true},
		{"none installed", `{"object":"list","data":[]}`, nil, "", true},
		{"none, as Ollama says it", `{"object":"list","data":null}`, nil, "", true},
		{"null", `null`, nil, "", false},
		{"models without a usable name", `{"data":[{"id":""},{"id":"a\nb"},{"id":"ok"}]}`, []string{"ok"}, "", true},
		{"something else", `{"error":{"message":"no"}}`, nil, "", false},
		{"a web page", `<html>`, nil, "", false},
		{"nothing", ``, nil, "", false},
	} {
		names, next, ok := ReadModels([]byte(tt.body))
		if !slices.Equal(names, tt.want) || next != tt.next || ok != tt.ok {
			t.Errorf("%s: %v, %q, %v", tt.name, names, next, ok)
		}
	}
}

func FuzzReadModels(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":"a"}],"has_more":true,"last_id":"a"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		names, _, ok := ReadModels(body)
		if !ok && names != nil {
			t.Errorf("%q: %v of what is no list", body, names)
		}
	})
}
