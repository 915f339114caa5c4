package contract

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// upstreamSecret is the only provider key that the upstream accepts.
const upstreamSecret = "sk-upstream-4f1c9a7be02d"

// An upstream is a provider of our own: the model's name says what it does.
type upstream struct {
	*httptest.Server
	finish func()        // lets the stream of model "slow" go on to its end
	wait   chan struct{} // closed by finish

	mu   sync.Mutex
	seen []string // the bodies of all calls
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	wait := make(chan struct{})
	u := &upstream{wait: wait, finish: sync.OnceFunc(func() { close(wait) })}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", u.models)
	mux.HandleFunc("POST /v1/chat/completions", u.chat)
	mux.HandleFunc("POST /v1/messages", u.messages)
	u.Server = httptest.NewServer(u.guard(mux))
	t.Cleanup(func() {
		u.finish()
		u.CloseClientConnections()
		u.Close()
	})
	return u
}

// base is the base URL under which a channel finds the upstream.
func (u *upstream) base() string { return u.URL + "/v1" }

func (u *upstream) bodies() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.seen...)
}

// guard refuses every key but the right one.
func (u *upstream) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+upstreamSecret && r.Header.Get("X-Api-Key") != upstreamSecret {
			answer(w, 401, `{"error":{"message":"This key is not known here.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (u *upstream) models(w http.ResponseWriter, _ *http.Request) {
	answer(w, 200, `{"object":"list","data":[{"id":"gpt-5","object":"model","created":1,"owned_by":"us"}],"has_more":false}`)
}

// model keeps the body and returns the model that it asks for.
func (u *upstream) model(r *http.Request) string {
	b, _ := io.ReadAll(r.Body)
	u.mu.Lock()
	u.seen = append(u.seen, string(b))
	u.mu.Unlock()
	var asked struct{ Model string }
	_ = json.Unmarshal(b, &asked)
	return asked.Model
}

const (
	chatUsage     = `{"prompt_tokens":1000,"completion_tokens":50,"total_tokens":1050,"prompt_tokens_details":{"cached_tokens":200},"completion_tokens_details":{"reasoning_tokens":30}}`
	messagesUsage = `{"input_tokens":10,"cache_read_input_tokens":2000,"cache_creation_input_tokens":150,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":50},"output_tokens":20}`
	badRequest    = `{"error":{"message":"The upstream's own words.","type":"invalid_request_error","param":"messages","code":null}}`
)

func (u *upstream) chat(w http.ResponseWriter, r *http.Request) {
	switch model := u.model(r); model {
	case "bad-request":
		answer(w, 400, badRequest)
	case "slow":
		u.stream(w)
	default:
		answer(w, 200, fmt.Sprintf(`{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":%q,`+
			`"choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],"usage":%s}`, model, chatUsage))
	}
}

// stream sends the first word, waits to be told, and ends in order.
func (u *upstream) stream(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	frame := func(data string) {
		_, _ = io.WriteString(w, "data: "+data+"\n\n")
		w.(http.Flusher).Flush()
	}
	chunk := `{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1,"model":"slow","choices":[{"index":0,"delta":%s,"finish_reason":%s}]}`
	frame(fmt.Sprintf(chunk, `{"role":"assistant","content":"Hel"}`, "null"))
	<-u.wait
	frame(fmt.Sprintf(chunk, `{"content":"lo."}`, "null"))
	frame(fmt.Sprintf(chunk, `{}`, `"stop"`))
	frame(`{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1,"model":"slow","choices":[],"usage":` + chatUsage + `}`)
	frame("[DONE]")
}

func (u *upstream) messages(w http.ResponseWriter, r *http.Request) {
	answer(w, 200, fmt.Sprintf(`{"id":"msg_1","type":"message","role":"assistant","model":%q,"content":[{"type":"text","text":"Hello."}],`+
		`"stop_reason":"end_turn","stop_sequence":null,"usage":%s}`, u.model(r), messagesUsage))
}
