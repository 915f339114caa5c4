package relay

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"weir/backend/gateway"
	"weir/backend/route"
	"weir/frontend/src/i18n"
)

// ofKey says what an answer tells of the key that the upstream was asked with.
type ofKey int

const (
	aboutNone  ofKey = iota // it is about something else
	spentKey                // the key, or its account, has had enough for now
	refusedKey              // it is not accepted
)

// outcomes says what an upstream's status means: whether the attempt may have been charged,
// and whether another channel may do better. Other 4xx blame the request.
var outcomes = map[int]verdict{
	http.StatusUnauthorized:        {result: gateway.Unbilled, next: true, key: refusedKey},
	http.StatusPaymentRequired:     {result: gateway.Unbilled, next: true, key: spentKey},
	http.StatusForbidden:           {result: gateway.Unbilled, next: true},
	http.StatusNotFound:            {result: gateway.Unbilled, next: true},
	http.StatusRequestTimeout:      {result: gateway.Unbilled, next: true},
	http.StatusTooManyRequests:     {result: gateway.Unbilled, next: true, key: spentKey},
	http.StatusServiceUnavailable:  {result: gateway.Unbilled, next: true},
	529:                            {result: gateway.Unbilled, next: true}, // Anthropic: overloaded
	http.StatusInternalServerError: {result: gateway.Maybe, next: true},
	http.StatusBadGateway:          {result: gateway.Maybe, next: true},
	http.StatusGatewayTimeout:      {result: gateway.Maybe, next: true},
	http.StatusLoopDetected:        {result: gateway.Unbilled, next: true}, // another Weir's, whose way is a circle
}

// judge reads a status that is not 2xx. What replaces the upstream's own answer is listed in forward.go.
func (a *attempt) judge(resp *http.Response) *verdict {
	v, known := outcomes[resp.StatusCode]
	if !known {
		v.result = gateway.Unbilled
		if resp.StatusCode >= 500 {
			v = verdict{result: gateway.Maybe, next: true}
		}
	}
	if a.login != "" {
		v.key = aboutNone
		v.next = false // the login is for this vendor alone, and the client must hear of it
	}
	name := a.target.Channel.Name
	switch {
	case resp.StatusCode < 400:
		v.next = a.login == ""
		v.err = &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.redirect", "provider", name, "status", resp.StatusCode)}
	case isHTML(resp.Header) && resp.StatusCode != http.StatusUnauthorized:
		v.err = &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.web_page_error", "provider", name, "status", resp.StatusCode)}
	case resp.ContentLength == 0 && resp.StatusCode != http.StatusUnauthorized:
		v.err = &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.empty_error", "provider", name, "status", resp.StatusCode)}
	case a.login == "":
		a.blame(resp, &v)
	}
	v.wait = a.advice(resp)
	return &v
}

// blame finds out whether an error is about the key. One that was refused is nothing that the
// client could mend, so it is told in our own words.
func (a *attempt) blame(resp *http.Response, v *verdict) {
	switch resp.StatusCode {
	case http.StatusForbidden:
		if a.says(resp, keyWords) {
			v.key = refusedKey
		}
	case http.StatusBadRequest:
		if a.says(resp, badKeyWords) {
			*v = verdict{result: gateway.Unbilled, next: true, key: refusedKey}
		} else if a.says(resp, moneyWords) {
			*v = verdict{result: gateway.Unbilled, next: true, key: spentKey}
		}
	}
	if v.key == refusedKey {
		v.err = &gateway.Error{Kind: gateway.NoChannel, Message: i18n.T("error.relay.key_refused", "provider", a.target.Channel.Name, "status", resp.StatusCode)}
	}
}

// keyWords are how providers say that a 403 is about the key. Others mean the prompt, the
// region or the model, and pass as they came.
var keyWords = []string{"authentication_error", "permission_error", "invalid_api_key", "api key", "api_key", "apikey", "unauthorized"}

// Some say 400 where others say 401 or 402: Google of a key, Anthropic of an account's money
// (https://ai.google.dev/gemini-api/docs/troubleshooting, https://docs.claude.com/en/api/errors, read 2026-11).
var (
	badKeyWords = []string{"api_key_invalid", "api key not valid", "api key expired"}
	moneyWords  = []string{"credit balance is too low"}
)

func (a *attempt) says(resp *http.Response, words []string) bool {
	text := strings.ToLower(string(a.peek(resp)))
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
}

// advice is how long the upstream asks to be left alone. Some say so in the error's text alone.
func (a *attempt) advice(resp *http.Response) time.Duration {
	wait := route.RetryAfter(resp.Header, nil, a.Now())
	if wait == 0 && (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable) {
		wait = route.RetryAfter(resp.Header, a.peek(resp), a.Now())
	}
	return wait
}

// errorPatience is how long a refusal's body is waited for: its status has said most already, and
// another provider may answer.
const errorPatience = 2 * time.Second

// hurry ends the reading of a refusal's body before long.
func hurry(resp *http.Response) (stop func() bool) {
	body := resp.Body
	return time.AfterFunc(errorPatience, func() { _ = body.Close() }).Stop // the reader hears of it
}

// peek reads the beginning of an error and leaves the reply as if it had not.
func (a *attempt) peek(resp *http.Response) []byte {
	a.timer.Reset(a.Waits.Idle)
	defer hurry(resp)()
	head, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = failing{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), rest), resp.Body}
	return head
}

// failing is a reader of nothing but an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
