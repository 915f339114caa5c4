package standin

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// Gemini is the base URL of the Gemini dialect.
func (s *Server) Gemini() string { return s.URL + "/gemini/v1beta" }

// geminiMethods are the methods of a model, and whether each streams.
var geminiMethods = map[string]struct {
	op     string
	stream bool
}{
	"generateContent":       {"generate", false},
	"streamGenerateContent": {"generate", true},
	"countTokens":           {"count_tokens", false},
	"embedContent":          {"embed", false},
	"batchEmbedContents":    {"embed", false},
}

// gemini reads a path of the Gemini dialect into the request, and tells whether it is one.
func (req *request) gemini(r *http.Request) bool {
	path, ok := strings.CutPrefix(r.URL.Path, "/gemini")
	for _, version := range []string{"/v1beta", "/v1alpha", "/v1"} {
		rest, found := strings.CutPrefix(path, version+"/")
		if !found || !ok && version == "/v1" {
			continue
		}
		req.dialect = "gemini"
		if rest == "models" || strings.HasPrefix(rest, "models/") && !strings.Contains(rest, ":") {
			req.op = "models"
			return true
		}
		colon := strings.LastIndexByte(rest, ':')
		method, known := geminiMethods[rest[colon+1:]]
		if colon < 0 || !known {
			return true
		}
		req.op, req.Stream = method.op, method.stream
		req.Model = strings.TrimPrefix(rest[:colon], "models/")
		req.array = method.stream && r.URL.Query().Get("alt") != "sse"
		req.one = rest[colon+1:] == "embedContent"
		return true
	}
	return false
}

// geminiUsage renders usageMetadata: cached tokens lie inside the prompt's count, thoughts beside the answer's.
func (c call) geminiUsage(u Usage) []byte {
	return c.reported(u, func(num func(int64) string, u Usage) string {
		prompt := u.In + u.Cached
		if c.mode.Is("usage-zero-in") {
			prompt = 0
		}
		details := ""
		if u.Cached > 0 {
			details += `,"cachedContentTokenCount":` + num(u.Cached)
		}
		if u.Reasoning > 0 {
			details += `,"thoughtsTokenCount":` + num(u.Reasoning)
		}
		return fmt.Sprintf(`{"promptTokenCount":%s,"candidatesTokenCount":%s,"totalTokenCount":%s%s,`+
			`"promptTokensDetails":[{"modality":"TEXT","tokenCount":%s}]}`,
			num(prompt), num(u.Out-u.Reasoning), num(prompt+u.Out), details, num(prompt))
	})
}

// geminiReply renders a GenerateContentResponse. A usage that is nil is left out.
func (c call) geminiReply(head string, usage []byte) []byte {
	tail := ""
	if usage != nil {
		tail = `"usageMetadata":` + string(usage) + ","
	}
	return fmt.Appendf(nil, `{%s,%s"modelVersion":%s,"responseId":"standin"}`, head, tail, quote(c.Model))
}

func geminiCandidate(text, finish string) string {
	if finish != "" {
		finish = `,"finishReason":"` + finish + `"`
	}
	return `"candidates":[{"content":{"parts":[{"text":` + quote(text) + `}],"role":"model"}` + finish + `,"index":0}]`
}

const geminiBlocked = `"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}`

func geminiWhole(c call) []byte {
	vector := `{"values":[0.25,-0.5,0.125]}`
	switch {
	case c.op == "embed" && c.one:
		return fmt.Appendf(nil, `{"embedding":%s,"usageMetadata":{"promptTokenCount":%d}}`+"\n", vector, c.usage.In)
	case c.op == "embed":
		return fmt.Appendf(nil, `{"embeddings":[%s],"usageMetadata":{"promptTokenCount":%d}}`+"\n", vector, c.usage.In)
	case c.mode.Is("blocked"):
		return append(c.geminiReply(geminiBlocked, c.geminiUsage(Usage{In: c.usage.In})), '\n')
	}
	return append(c.geminiReply(geminiCandidate(strings.Join(c.chunks(), ""), "STOP"), c.geminiUsage(c.usage)), '\n')
}

func geminiEvents(c call) []frame {
	reply := func(p part, head string, u *Usage) frame {
		var usage []byte
		if u != nil {
			usage = c.geminiUsage(*u)
		}
		return frame{part: p, usage: u, bytes: geminiEvent(c.geminiReply(head, usage))}
	}
	if c.mode.Is("blocked") {
		c.usage = Usage{In: c.usage.In}
		return []frame{reply(finish, geminiBlocked, &c.usage)}
	}
	var frames []frame
	pieces := c.chunks()
	for i, text := range pieces {
		u := c.running(i+1, len(pieces))
		known := &u
		if !c.mode.Is("usage-every") {
			known = nil
		}
		frames = append(frames, reply(content, geminiCandidate(text, ""), known))
	}
	last := reply(finish, geminiCandidate("", "STOP"), &c.usage)
	frames = append(frames, last)
	if c.mode.Is("usage-dup") {
		frames = append(frames, last)
	}
	return frames
}

func geminiEvent(object []byte) []byte { return append(append([]byte("data: "), object...), "\n\n"...) }

// asArray turns the events of a stream into the elements of one JSON array.
func (c call) asArray(frames []frame) []frame {
	for i, f := range frames {
		before := ",\r\n"
		if i == 0 {
			before = "["
		}
		object := bytes.TrimSpace(bytes.TrimPrefix(f.bytes, []byte("data: ")))
		frames[i].bytes = append([]byte(before), object...)
	}
	if c.mode.Is("no-done") || c.mode.Is("no-stop") {
		return frames
	}
	return append(frames, frame{part: terminal, bytes: []byte("\n]\n")})
}

// geminiStatuses are the words that Google has for the statuses of a mode.
var geminiStatuses = map[int]string{
	400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
	429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 502: "UNAVAILABLE", 503: "UNAVAILABLE",
}

func geminiError(status int, _, message string) []byte {
	return fmt.Appendf(nil, `{"error":{"code":%d,"message":%s,"status":%s}}`+"\n", status, quote(message), quote(geminiStatuses[status]))
}

func geminiErrorEvent(_, message string) []byte {
	return geminiEvent(bytes.TrimSpace(geminiError(http.StatusServiceUnavailable, "", message)))
}

// geminiModels answers the list of models or one of them.
func (s *Server) geminiModels(out *writer, r *http.Request, c call, names []string) {
	_, wanted, one := strings.Cut(r.URL.Path, "/models/")
	var rows []string
	for _, name := range names {
		row := fmt.Sprintf(`{"name":%s,"displayName":%s,"supportedGenerationMethods":["generateContent","countTokens"]}`, quote("models/"+name), quote(name))
		if one && name == wanted {
			out.json(http.StatusOK, []byte(row+"\n"))
			return
		}
		rows = append(rows, row)
	}
	if one {
		out.fail(c, http.StatusNotFound, "not_found_error", "There is no model "+wanted+".")
		return
	}
	out.json(http.StatusOK, fmt.Appendf(nil, `{"models":[%s]}`+"\n", strings.Join(rows, ",")))
}
