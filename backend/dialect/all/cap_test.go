package all

import (
	"encoding/json"
	"testing"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

// capCase is a request that shall write at most 1000 tokens.
type capCase struct {
	name, dialect string
	op            gateway.Op
	capName       string
	body, want    string
	least         int64
	cappable      bool
}

func TestCap(t *testing.T) {
	const generate, chat = gateway.Generate, gateway.Chat
	for _, tt := range []capCase{
		{"a larger bound is lowered, and every other byte stays", "anthropic", gateway.Messages, "",
			`{ "model":"m", "max_tokens" : 32000 ,"x":[1,  2]}`, `{ "model":"m", "max_tokens" : 1000 ,"x":[1,  2]}`, 1, true},
		{"a smaller one stays", "anthropic", gateway.Messages, "", `{"model":"m","max_tokens":999}`, `{"model":"m","max_tokens":999}`, 1, true},
		{"an equal one too", "anthropic", gateway.Messages, "", `{"model":"m","max_tokens":1000}`, `{"model":"m","max_tokens":1000}`, 1, true},
		{"where one must be given none is made up", "anthropic", gateway.Messages, "", `{"model":"m"}`, `{"model":"m"}`, 1, false},
		{"thinking needs its budget and one more", "anthropic", gateway.Messages, "",
			`{"model":"m","max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":4000}}`,
			`{"model":"m","max_tokens":1000,"thinking":{"type":"enabled","budget_tokens":4000}}`, 4001, true},
		{"a chat's old name", "openai-chat", chat, "", `{"model":"m","max_tokens":4096}`, `{"model":"m","max_tokens":1000}`, 16, true},
		{"its new one", "openai-chat", chat, "", `{"model":"m","max_completion_tokens":4096}`, `{"model":"m","max_completion_tokens":1000}`, 16, true},
		{"both, for the upstream may follow either", "openai-chat", chat, "", `{"model":"m","max_completion_tokens":4096,"max_tokens":2000}`,
			`{"model":"m","max_completion_tokens":1000,"max_tokens":1000}`, 16, true},
		{"a number that is no integer", "openai-chat", chat, "", `{"model":"m","max_tokens":1e5}`, `{"model":"m","max_tokens":1000}`, 16, true},
		{"what is no number is left to the upstream", "openai-chat", chat, "", `{"model":"m","max_tokens":"many"}`, `{"model":"m","max_tokens":"many"}`, 16, true},
		{"nothing is never raised", "openai-chat", chat, "", `{"model":"m","max_tokens":0}`, `{"model":"m","max_tokens":0}`, 16, true},
		{"without a bound one is set", "openai-chat", chat, "", `{"model":"m"}`, `{"model":"m","max_tokens":1000}`, 16, true},
		{"null is none", "openai-chat", chat, "", `{"model":"m","max_tokens":null}`, `{"model":"m","max_tokens":1000}`, 16, true},
		{"by the name that the provider takes", "openai-chat", chat, "max_completion_tokens", `{"model":"m"}`, `{"model":"m","max_completion_tokens":1000}`, 16, true},
		{"a response", "responses", gateway.Responses, "", `{"model":"m","max_output_tokens":4096}`, `{"model":"m","max_output_tokens":1000}`, 16, true},
		{"without a bound", "responses", gateway.Responses, "", `{"model":"m"}`, `{"model":"m","max_output_tokens":1000}`, 16, true},
		{"Gemini's", "gemini", generate, "", `{"generationConfig":{"maxOutputTokens":8192,"a":1}}`, `{"generationConfig":{"maxOutputTokens":1000,"a":1}}`, 1, true},
		{"in its other spelling", "gemini", generate, "", `{"generation_config":{"max_output_tokens":8192}}`, `{"generation_config":{"max_output_tokens":1000}}`, 1, true},
		{"without a bound in the object that is there", "gemini", generate, "", `{"generation_config":{"a":1}}`, `{"generation_config":{"a":1,"max_output_tokens":1000}}`, 1, true},
		{"or in a new one", "gemini", generate, "", `{"contents":[]}`, `{"contents":[],"generationConfig":{"maxOutputTokens":1000}}`, 1, true},
		{"a completion", "openai", gateway.Completions, "", `{"model":"m","prompt":"x","max_tokens":2000}`, `{"model":"m","prompt":"x","max_tokens":1000}`, 1, true},
		{"which writes little where nothing is said", "openai", gateway.Completions, "", `{"model":"m","prompt":"x"}`, `{"model":"m","prompt":"x"}`, 1, false},
	} {
		t.Run(tt.dialect+": "+tt.name, func(t *testing.T) { wantCap(t, tt) })
	}
}

func wantCap(t *testing.T, tt capCase) {
	for _, d := range All() {
		if d.Name != tt.dialect {
			continue
		}
		route := dialect.Route{Op: tt.op}
		if tt.op == gateway.Generate {
			route.Model = "m"
		}
		ask, e := d.Ask(dialect.Request{Route: route, ContentType: "application/json", Body: []byte(tt.body)})
		if e != nil {
			t.Fatal(e)
		}
		got := string(ask.Capped(1000, tt.capName).Rename([]byte(tt.body), ask.Model))
		if got != tt.want || ask.LeastOutput != tt.least || ask.Cappable() != tt.cappable {
			t.Errorf("%s, at least %d, cappable %v\nwant %s, %d, %v", got, ask.LeastOutput, ask.Cappable(), tt.want, tt.least, tt.cappable)
		}
		if !json.Valid([]byte(got)) {
			t.Errorf("%s is no JSON", got)
		}
		if plain := string(ask.Rename([]byte(tt.body), ask.Model)); plain != tt.body {
			t.Errorf("uncapped it became %s", plain)
		}
		again, e := d.Ask(dialect.Request{Route: route, ContentType: "application/json", Body: []byte(got)})
		if e != nil || tt.cappable && again.MaxOutput > 1000 {
			t.Errorf("the upstream reads %d, %v", again.MaxOutput, e)
		}
		return
	}
	t.Fatalf("there is no dialect %s", tt.dialect)
}

// TestCapBesideOtherChanges: the model's name and the wish for usage are set in the same body.
func TestCapBesideOtherChanges(t *testing.T) {
	body := `{"model":"public","max_tokens":9000,"stream":true,"messages":[]}`
	for _, d := range All() {
		if d.Name != "openai-chat" {
			continue
		}
		ask, e := d.Ask(dialect.Request{Route: dialect.Route{Op: gateway.Chat}, Body: []byte(body)})
		if e != nil {
			t.Fatal(e)
		}
		want := `{"model":"upstream","max_tokens":7,"stream":true,"messages":[],"stream_options":{"include_usage":true}}`
		if got := string(ask.Capped(7, "").Rewrite([]byte(body), "upstream")); got != want {
			t.Errorf("Rewrite = %s, want %s", got, want)
		}
	}
}
