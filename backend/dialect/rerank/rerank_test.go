package rerank

import (
	"strings"
	"testing"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

func TestRoute(t *testing.T) {
	for path, endpoint := range map[string]string{"/rerank": "rerank", "/v2/rerank": "v2/rerank", "/rerank/x": ""} {
		if r, _ := route("POST", path); r.Endpoint != endpoint || endpoint != "" && r.Path != "/rerank" {
			t.Errorf("%s is %+v", path, r)
		}
	}
	if r, allow := route("GET", "/rerank"); r.Op != "" || allow != "POST" {
		t.Errorf("GET is %+v, %q", r, allow)
	}
}

func TestAsk(t *testing.T) {
	list := func(n int, document string) string { return "[" + strings.Repeat(document+" ,", n-1) + document + "]" }
	for _, tt := range []struct {
		name, documents string
		want            dialect.Extra
	}{
		{"a hundred documents are one search", list(100, `"a"`), dialect.Extra{Input: 200, Searches: 1}},
		{"one more is a second", list(101, `{"text":"a,[]"}`), dialect.Extra{Input: 202, Searches: 2}},
		{"a long document counts as several", list(1, `"`+strings.Repeat("a b ", 75_000)+`"`), dialect.Extra{Input: 2, Searches: 3}},
		{"none", `[]`, dialect.Extra{Searches: 1}},
		{"no list", `"a"`, dialect.Extra{Searches: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, e := ask(dialect.Request{Body: []byte(`{"model":"m","query":"four","documents":` + tt.documents + `}`)})
			if e != nil || got.Extra != tt.want || got.N != 0 {
				t.Errorf("got %+v, %v, want %+v", got.Extra, e, tt.want)
			}
		})
	}
}

func TestEncodeError(t *testing.T) {
	status, _, body := encodeError(&gateway.Error{Kind: gateway.QuotaExceeded, Message: "It is used up <here>."})
	if want := `{"message":"It is used up <here>.","detail":"It is used up <here>."}`; status != 402 || string(body) != want {
		t.Errorf("got %d %s", status, body)
	}
}
