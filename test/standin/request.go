package standin

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// A request is what the stand-in understood of a call.
type request struct {
	Model  string `json:"model"`
	Stream bool   `json:"stream"`
	User   string `json:"user"`
	Format string `json:"-"`             // of a transcript, in a form
	Spoken string `json:"stream_format"` // how speech is sent

	Store      *bool  `json:"store"`
	Background bool   `json:"background"`
	Previous   string `json:"previous_response_id"`

	StreamOptions *struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	Metadata struct {
		UserID string `json:"user_id"`
	} `json:"metadata"`

	dialect string
	op      string
	nonce   string
	mark    string // the mode in the first [[chaos:…]] of the body
	body    []byte // as it came
	array   bool   // a stream of Gemini's that is one JSON array
	one     bool   // an embedding of Gemini's that is no list
}

// parse reads what decides the reply. A body that is no JSON gives a request without a model.
func parse(r *http.Request, body []byte) request {
	plain := decoded(r.Header.Get("Content-Encoding"), body)
	var req request
	_ = json.Unmarshal(plain, &req) // what cannot be read stays empty, as a provider would see it
	req.Stream = req.Stream || req.Spoken == "sse"
	req.form(r.Header.Get("Content-Type"), plain)
	req.body = body
	if !req.gemini(r) {
		req.dialect, req.op = route(r)
	}
	req.nonce = req.Metadata.UserID
	if req.nonce == "" {
		req.nonce = req.User
	}
	for _, mark := range marks(plain) {
		if mode, ok := strings.CutPrefix(mark, "chaos:"); ok {
			if req.mark == "" {
				req.mark = mode
			}
		} else if req.nonce == "" {
			req.nonce = mark
		}
	}
	return req
}

// operations are the paths that the stand-in serves, below /openai, /anthropic or nothing.
var operations = []struct{ path, dialect, op string }{
	{"/v1/chat/completions", "openai", "chat"},
	{"/v1/messages/count_tokens", "anthropic", "count_tokens"},
	{"/v1/messages", "anthropic", "messages"},
	{"/v1/completions", "openai", "completions"},
	{"/v1/embeddings", "openai", "embeddings"},
	{"/v1/engines/text-embedding-3-small/embeddings", "openai", "embeddings"},
	{"/v1/moderations", "openai", "moderations"},
	{"/v1/images/generations", "openai", "images"},
	{"/v1/images/edits", "openai", "images"},
	{"/v1/images/variations", "openai", "images"},
	{"/v1/audio/speech", "openai", "speech"},
	{"/v1/audio/transcriptions", "openai", "transcription"},
	{"/v1/audio/translations", "openai", "transcription"},
	{"/v1/rerank", "openai", "rerank"},
	{"/v1/responses", "responses", "responses"},
	{"/v1/responses/compact", "responses", "compact"},
	{"/v1/responses/input_tokens", "responses", "count_tokens"},
}

// route returns the dialect and operation of a path; the operation is empty where there is none.
func route(r *http.Request) (dialect, op string) {
	path, dialect := r.URL.Path, ""
	for _, d := range []string{"openai", "anthropic"} {
		if rest, ok := strings.CutPrefix(path, "/"+d); ok {
			path, dialect = rest, d
		}
	}
	for _, o := range operations {
		if path == o.path && (dialect == "" || dialect == o.dialect || dialect == "openai" && o.dialect == "responses") {
			return o.dialect, o.op
		}
	}
	if strings.HasPrefix(path, "/v1/responses/") && dialect != "anthropic" {
		return "responses", "stored"
	}
	if dialect == "" && r.Header.Get("Anthropic-Version") != "" {
		dialect = "anthropic"
	}
	if dialect == "" {
		dialect = "openai"
	}
	if path == "/v1/models" || strings.HasPrefix(path, "/v1/models/") {
		return dialect, "models"
	}
	return dialect, ""
}

// marks returns the texts between [[ and ]] in a body that are made of the letters of a nonce or a mode.
func marks(body []byte) []string {
	var found []string
	for {
		at := bytes.Index(body, []byte("[["))
		if at < 0 {
			return found
		}
		body = body[at+2:]
		end := bytes.IndexAny(body, "] \",{")
		if end < 1 || !bytes.HasPrefix(body[end:], []byte("]]")) {
			continue
		}
		var text string
		if json.Unmarshal([]byte(`"`+string(body[:end])+`"`), &text) == nil {
			found = append(found, text)
		}
		body = body[end:]
	}
}

// decoded undoes a request's encoding; bytes that do not decode are returned as they are.
func decoded(encoding string, body []byte) []byte {
	var r io.Reader
	var err error
	switch encoding {
	case "gzip":
		r, err = gzip.NewReader(bytes.NewReader(body))
	case "br":
		r = brotli.NewReader(bytes.NewReader(body))
	case "deflate":
		r, err = zlib.NewReader(bytes.NewReader(body))
	case "zstd":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1)); err == nil {
			defer d.Close()
			r = d
		}
	default:
		return body
	}
	if err != nil {
		return body
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return body
	}
	return plain
}
