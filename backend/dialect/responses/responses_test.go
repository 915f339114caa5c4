package responses

import (
	"testing"

	"weir/backend/gateway"
)

func TestRoute(t *testing.T) {
	for _, tt := range []struct {
		name, method, path string
		op                 gateway.Op
		to, allow          string
	}{
		{"a response is made", "POST", "/responses", gateway.Responses, "/responses", "POST"},
		{"and not asked for", "GET", "/responses", "", "", "POST"},
		{"a conversation is made short", "POST", "/responses/compact", gateway.Compact, "/responses/compact", "POST"},
		{"tokens are counted", "POST", "/responses/input_tokens", gateway.CountTokens, "/responses/input_tokens", "POST"},
		{"what has a path of its own is no id", "GET", "/responses/compact", "", "", "POST"},
		{"a response is read", "GET", "/responses/resp_1", gateway.Stored, "/responses/resp_1", "GET, DELETE"},
		{"and deleted", "DELETE", "/responses/resp_1", gateway.Stored, "/responses/resp_1", "GET, DELETE"},
		{"and nothing else", "PUT", "/responses/resp_1", "", "", "GET, DELETE"},
		{"it is cancelled", "POST", "/responses/resp_1/cancel", gateway.Stored, "/responses/resp_1/cancel", "POST"},
		{"its input is read", "GET", "/responses/resp_1/input_items", gateway.Stored, "/responses/resp_1/input_items", "GET"},
		{"what is deeper is not there", "GET", "/responses/resp_1/input_items/x", "", "", ""},
		{"nor is what has no id", "GET", "/responses/", "", "", ""},
		{"nor what has none in front", "GET", "/responses//cancel", "", "", ""},
		{"an id stays one segment", "GET", "/responses/a%2Fb%3Fc%23d", gateway.Stored, "/responses/a%2Fb%3Fc%23d", "GET, DELETE"},
		{"with what it stood for", "GET", "/responses/%7Bmodel%7D", gateway.Stored, "/responses/%7Bmodel%7D", "GET, DELETE"},
		{"an id does not lead here", "GET", "/responses/.", "", "", ""},
		{"nor up", "DELETE", "/responses/..", "", "", ""},
		{"nor up in disguise", "GET", "/responses/%2e%2E/cancel", "", "", ""},
		{"a disguise of a disguise is a name", "GET", "/responses/%252e%252e", gateway.Stored, "/responses/%252e%252e", "GET, DELETE"},
		{"a broken escape is nothing", "GET", "/responses/%zz", "", "", ""},
		{"another path is another's", "POST", "/chat/completions", "", "", ""},
		{"so is one that begins alike", "POST", "/responsesX", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, allow := Dialect().Route(tt.method, tt.path)
			if r.Op != tt.op || r.Path != tt.to || allow != tt.allow {
				t.Errorf("got %+v, allow %q, want %s %s, %q", r, allow, tt.op, tt.to, tt.allow)
			}
		})
	}
}
