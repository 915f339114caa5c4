package standin_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"weir/test/standin"
)

// post sends a body and returns the status, the bytes that came and the error that ended them.
func post(t *testing.T, url, body string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Encoding", "identity")
	tr := &http.Transport{DisableCompression: true}
	defer tr.CloseIdleConnections()
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

func TestModes(t *testing.T) {
	s := standin.Start(t, standin.Options{})
	const chat, messages, responses = "/openai/v1/chat/completions", "/anthropic/v1/messages", "/openai/v1/responses"
	for _, tt := range []struct {
		name, path, model string
		rest              string // further fields of the body
		status            int
		has, lacks        string
		cut               bool
	}{
		{"a chat reply counts cached tokens inside the prompt", chat, "ok?in=7&cached=3&out=2", "", 200, `"prompt_tokens":10,`, "", false},
		{"an exclusive chat reply counts them beside it", chat, "ok?in=7&cached=3&count=exclusive", "", 200, `"prompt_tokens":7,`, "", false},
		{"a message counts each meter alone", messages, "ok?in=7&cached=3&cache_write=2&cache_1h=1", "", 200, `"input_tokens":7,"cache_creation_input_tokens":3,"cache_read_input_tokens":3`, "", false},
		{"a chat stream ends with DONE and no usage unasked", chat, "ok", `,"stream":true`, 200, "data: [DONE]\n\n", "usage", false},
		{"a chat stream that asks gets its usage", chat, "ok?out=9", `,"stream":true,"stream_options":{"include_usage":true}`, 200, `"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":9,`, "", false},
		{"a message stream ends with message_stop", messages, "ok", `,"stream":true`, 200, "event: message_stop", "", false},
		{"a status passes with its advice", chat, "429?ra=3&ms=1500", "", 429, "rate_limit_error", "", false},
		{"an overload speaks the dialect", messages, "529", "", 529, `{"type":"error","error":{"type":"overloaded_error"`, "", false},
		{"html", chat, "html?code=503", "", 503, "<!doctype html>", "", false},
		{"an empty 200", chat, "empty200", "", 200, "", "chatcmpl", false},
		{"a redirect names the canary", chat, "redirect-steal?code=308", "", 308, "", "chatcmpl", false},
		{"an error comes first inside a 200", messages, "sse-error-first", `,"stream":true`, 200, "event: error", "message_start", false},
		{"an error comes in the middle", chat, "sse-error-mid?at=2", `,"stream":true`, 200, `data: {"error"`, "[DONE]", false},
		{"a cut stream does not end", chat, "cut?at=2", `,"stream":true`, 200, "data: ", "[DONE]", true},
		{"a cut reply is half a reply", messages, "cut", "", 200, `{"id"`, "output_tokens", true},
		{"a reset is an error", chat, "rst?at=2", `,"stream":true`, 200, "", "[DONE]", true},
		{"no DONE is a clean end all the same", chat, "no-done", `,"stream":true`, 200, `"finish_reason":"stop"`, "[DONE]", false},
		{"no stop ends without a reason", messages, "no-stop", `,"stream":true`, 200, "content_block_stop", "end_turn", false},
		{"no usage", messages, "no-usage", "", 200, `"stop_reason"`, `"usage":`, false},
		{"usage as text", chat, "usage-string?in=4", "", 200, `"prompt_tokens":"4"`, "", false},
		{"usage below zero", messages, "usage-negative?in=4", "", 200, `"input_tokens":-4`, "", false},
		{"usage beyond measure", chat, "usage-huge?in=4", "", 200, `"prompt_tokens":4000000000000000,`, "", false},
		{"usage null", chat, "usage-null", "", 200, `"usage":null`, "", false},
		{"usage grows in every chunk", messages, "usage-every?out=10&chunks=2", `,"stream":true`, 200, `"output_tokens":5,`, "", false},
		{"usage that shrinks", chat, "usage-decreasing?out=10", `,"stream":true,"stream_options":{"include_usage":true}`, 200, `"completion_tokens":5,`, "", false},
		{"a response reports cached tokens inside its input", responses, "ok?in=7&cached=3&out=2", "", 200, `"usage":{"input_tokens":10,`, "", false},
		{"a response ends with its usage", responses, "ok?out=9", `,"stream":true`, 200, `"output_tokens":9,`, "[DONE]", false},
		{"a response fails at once", responses, "response-failed-first", `,"stream":true`, 200, "event: response.failed", "output_text", false},
		{"a response stops at a limit", responses, "response-incomplete", "", 200, `"status":"incomplete"`, "", false},
		{"a conversation that nobody knows", responses, "ok", `,"previous_response_id":"resp_0"`, 400, "resp_0", "output", false},
		{"line ends of the other kind", messages, "crlf", `,"stream":true`, 200, "message_stop\"}\r\n\r\n", "", false},
		{"two modes at once", messages, "crlf+split?n=3", `,"stream":true`, 200, "message_stop\"}\r\n\r\n", "", false},
		{"a line of a megabyte", chat, "bigline?mb=1", `,"stream":true`, 200, strings.Repeat("0123456789abcdef", 1<<16), "", false},
		{"stream options refused", chat, "refuse-stream-options", `,"stream":true,"stream_options":{"include_usage":true}`, 400, "stream_options", "", false},
		{"stream options not sent", chat, "refuse-stream-options", `,"stream":true`, 200, "[DONE]", "", false},
		{"JSON where a stream was asked for", chat, "json-in-sse", `,"stream":true`, 200, `"object":"chat.completion",`, "data:", false},
		{"an unknown mode says so", chat, "nonsense", "", 400, "no mode", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, got, err := post(t, s.URL+tt.path, fmt.Sprintf(`{"model":"chaos:%s","messages":[]%s}`, tt.model, tt.rest))
			if (err != nil) != tt.cut {
				t.Fatalf("reading %s = error %v, want an error: %v", tt.model, err, tt.cut)
			}
			if resp == nil {
				return // the reset came before the header was read
			}
			if resp.StatusCode != tt.status || !strings.Contains(got, tt.has) || tt.lacks != "" && strings.Contains(got, tt.lacks) {
				t.Errorf("%s = %d %.600q, want %d with %.80q without %q", tt.model, resp.StatusCode, got, tt.status, tt.has, tt.lacks)
			}
		})
	}
	if hits := s.Canary.Hits(); len(hits) != 0 {
		t.Errorf("canary hits = %d, want 0", len(hits))
	}
}

func TestConnectionIsClosedBeforeHeaders(t *testing.T) {
	s := standin.Start(t, standin.Options{})
	_, _, err := post(t, s.OpenAI()+"/chat/completions", `{"model":"chaos:close-before-headers"}`)
	if err == nil {
		t.Error("close-before-headers = an answer, want an error")
	}
	if e := s.Journal.Entries()[0]; e.Billed != standin.MayBill || e.Ended != "closed" || e.Status != 0 {
		t.Errorf("entry = billed %s, ended %s, status %d, want maybe, closed, 0", e.Billed, e.Ended, e.Status)
	}
}

func TestEncodedReplyCarriesTheSameBytes(t *testing.T) {
	s := standin.Start(t, standin.Options{})
	_, plain, _ := post(t, s.V1()+"/messages", `{"model":"chaos:ok","stream":true}`)
	resp, packed, err := post(t, s.V1()+"/messages", `{"model":"chaos:enc=gzip","stream":true}`)
	if err != nil || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("enc=gzip = %v, %v", resp, err)
	}
	zr, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(zr)
	if want := strings.ReplaceAll(plain, "chaos:ok", "chaos:enc=gzip"); err != nil || string(got) != want {
		t.Errorf("enc=gzip = %q, %v, want %q", got, err, want)
	}
}

func TestJournal(t *testing.T) {
	s := standin.Start(t, standin.Options{APIKey: "sk-a"})
	body := `{"model":"gpt-4o","user":"call-1","messages":[{"role":"user","content":"[[chaos:echo?in=5\u0026out=6]]"}]}`
	if resp, _, _ := post(t, s.OpenAI()+"/chat/completions?beta=true", body); resp.StatusCode != 401 {
		t.Errorf("a call without the key = %d, want 401", resp.StatusCode)
	}
	s2 := standin.Start(t, standin.Options{})
	_, got, _ := post(t, s2.OpenAI()+"/chat/completions?beta=true", body)
	if want := fmt.Sprintf("sha256:%x len:%d", sha256.Sum256([]byte(body)), len(body)); !strings.Contains(got, want) {
		t.Errorf("echo = %s, want %s", got, want)
	}
	e := s2.Journal.Of("call-1")[0]
	if string(e.Body) != body || string(e.Written) != got || e.Query != "beta=true" || e.Billed != standin.Billed {
		t.Errorf("entry = %+v, want the bytes of both sides", e)
	}
	if e.UsageSent == nil || *e.UsageSent != (standin.Usage{In: 5, Out: 6}) {
		t.Errorf("usage sent = %v, want 5 in, 6 out", e.UsageSent)
	}
}

func TestScriptIsUsedInOrder(t *testing.T) {
	s := standin.Start(t, standin.Options{Default: "503"})
	if err := s.Script("429", "ok"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{429, 200, 503} {
		if resp, _, _ := post(t, s.V1()+"/messages", `{"model":"claude-sonnet-4-5"}`); resp.StatusCode != want {
			t.Errorf("call %d = %d, want %d", i, resp.StatusCode, want)
		}
	}
	if err := s.Script("nonsense"); err == nil {
		t.Error("Script(nonsense) = nil, want an error")
	}
}

func TestGateWithholdsReplies(t *testing.T) {
	s := standin.Start(t, standin.Options{Shut: true})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	answered := make(chan error, 3)
	for range 3 {
		go func() {
			resp, err := http.Post(s.V1()+"/messages", "application/json", bytes.NewReader([]byte(`{"model":"m"}`)))
			if err == nil {
				err = resp.Body.Close()
			}
			answered <- err
		}()
	}
	if err := s.Gate.Wait(ctx, 3); err != nil {
		t.Fatalf("Wait(3) with %d arrived: %v", s.Gate.Arrived(), err)
	}
	if len(answered) != 0 {
		t.Error("a reply passed the shut gate")
	}
	s.Gate.Open()
	for range 3 {
		if err := <-answered; err != nil {
			t.Error(err)
		}
	}
	if err := s.Journal.WaitIdle(ctx, 3); err != nil {
		t.Error(err)
	}
}

func TestClientThatLeavesIsNoted(t *testing.T) {
	s := standin.Start(t, standin.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.V1()+"/chat/completions",
		strings.NewReader(`{"model":"chaos:stall?at=2","stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := resp.Body.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // with unread bytes: the transport closes the connection
	if err := s.Journal.WaitIdle(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if e := s.Journal.Entries()[0]; e.Ended != "client_left" || e.ClientLeftAt.IsZero() || e.Events != 2 {
		t.Errorf("entry = %s at %v after %d events, want client_left after 2", e.Ended, e.ClientLeftAt, e.Events)
	}
}
