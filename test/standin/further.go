package standin

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// sound is what speech replies with: no text in any encoding.
var sound = strings.Repeat("\xff\xfb\x90\x00\x00{\"usage\":\x80", 4000)

// further are the operations that only pass a gateway: whole replies with their content type,
// and streams where there are any.
var further = map[string]struct {
	whole func(call) (kind string, body []byte)
	event func(call) []frame
}{
	"completions": {completionsWhole, completionsEvents},
	"embeddings": {func(c call) (string, []byte) {
		return inJSON(`{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.25,-1e-3]}],"model":%s%s}`, c, `{"prompt_tokens":%s,"total_tokens":%s}`, c.usage.In, c.usage.In)
	}, nil},
	"moderations": {func(c call) (string, []byte) {
		return "application/json", fmt.Appendf(nil, `{"id":"modr-standin","model":%s,"results":[{"flagged":false,"categories":{"violence":false}}]}`, quote(c.Model))
	}, nil},
	"images": {func(c call) (string, []byte) {
		return inJSON(`{"created":1780000000,"model":%s,"data":[{"b64_json":"aW1hZ2U="}]%s}`, c, mediaUsage("s", "image"), c.usage.In+c.usage.Cached, c.usage.In, c.usage.Cached, c.usage.Out)
	}, imageEvents},
	"speech":        {func(call) (string, []byte) { return "audio/mpeg", []byte(sound) }, speechEvents},
	"transcription": {heard, heardEvents},
	"rerank":        {ranked, nil},
}

// inJSON fills in the model and the usage, which the mode may leave out.
func inJSON(text string, c call, usage string, counts ...int64) (string, []byte) {
	object := c.reported(c.usage, func(num func(int64) string, _ Usage) string {
		var all []any
		for _, n := range counts {
			all = append(all, num(n))
		}
		return fmt.Sprintf(usage, all...)
	})
	tail := ""
	if object != nil {
		tail = `,"usage":` + string(object)
	}
	return "application/json", fmt.Appendf(nil, text, quote(c.Model), tail)
}

// mediaUsage is a usage object whose details spell their plural as images or audio do.
func mediaUsage(plural, part string) string {
	return `{"input_tokens":%s,"input_token` + plural + `_details":{"text_tokens":%s,"` + part + `_tokens":%s},"output_tokens":%s}`
}

func data(p part, body []byte) frame {
	return frame{part: p, bytes: append(append([]byte("data: "), body...), "\n\n"...)}
}

func completionsWhole(c call) (string, []byte) {
	return inJSON(`{"id":"cmpl-standin","object":"text_completion","created":1780000000,"model":%s,"choices":[{"text":`+quote(strings.Join(c.chunks(), ""))+
		`,"index":0,"logprobs":null,"finish_reason":"stop"}]%s}`, c, `{"prompt_tokens":%s,"completion_tokens":%s,"total_tokens":%s}`, c.usage.In, c.usage.Out, c.usage.In+c.usage.Out)
}

func completionsEvents(c call) (frames []frame) {
	for _, text := range c.chunks() {
		frames = append(frames, data(content, fmt.Appendf(nil, `{"id":"cmpl-standin","object":"text_completion","model":%s,"choices":[{"text":%s,"index":0,"finish_reason":null}]}`, quote(c.Model), quote(text))))
	}
	frames = append(frames, data(finish, []byte(`{"id":"cmpl-standin","choices":[{"text":"","index":0,"finish_reason":"stop"}]}`)))
	if c.StreamOptions != nil && c.StreamOptions.IncludeUsage {
		_, last := inJSON(`{"id":"cmpl-standin","model":%s,"choices":[]%s}`, c, `{"prompt_tokens":%s,"completion_tokens":%s,"total_tokens":%s}`, c.usage.In, c.usage.Out, c.usage.In+c.usage.Out)
		frames = append(frames, data(usage, last))
	}
	return append(frames, data(terminal, []byte("[DONE]")))
}

func imageEvents(c call) []frame {
	_, last := inJSON(`{"type":"image_generation.completed","model":%s,"b64_json":"aW1hZ2U="%s}`, c, mediaUsage("s", "image"), c.usage.In+c.usage.Cached, c.usage.In, c.usage.Cached, c.usage.Out)
	return []frame{data(content, []byte(`{"type":"image_generation.partial_image","b64_json":"aW0=","partial_image_index":0}`)), data(terminal, last)}
}

func speechEvents(c call) []frame {
	_, last := inJSON(`{"type":"speech.audio.done","model":%s%s}`, c, `{"input_tokens":%s,"output_tokens":%s}`, c.usage.In, c.usage.Out)
	return []frame{data(content, []byte(`{"type":"speech.audio.delta","audio":"//uQAA=="}`)), data(terminal, last)}
}

func heard(c call) (string, []byte) {
	text := strings.Join(c.chunks(), "")
	switch {
	case c.Format != "" && c.Format != "json" && c.Format != "verbose_json":
		return "text/plain; charset=utf-8", []byte(text + "\n")
	case c.Model == "whisper-1":
		return inJSON(`{"model":%s,"text":`+quote(text)+`%s}`, c, `{"type":"duration","seconds":%s}`, c.usage.In)
	}
	return inJSON(`{"model":%s,"text":`+quote(text)+`%s}`, c, mediaUsage("", "audio"), c.usage.In, 0, c.usage.In, c.usage.Out)
}

func heardEvents(c call) []frame {
	_, last := inJSON(`{"type":"transcript.text.done","model":%s,"text":"weir"%s}`, c, mediaUsage("", "audio"), c.usage.In, 0, c.usage.In, c.usage.Out)
	return []frame{data(content, []byte(`{"type":"transcript.text.delta","delta":"weir"}`)), data(terminal, last)}
}

func ranked(c call) (string, []byte) {
	if strings.HasPrefix(c.Model, "rerank-v") {
		return "application/json", fmt.Appendf(nil, `{"id":"standin","results":[{"index":0,"relevance_score":0.98}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":%d}}}`, c.usage.In)
	}
	return inJSON(`{"object":"list","model":%s,"results":[{"index":0,"relevance_score":0.98}]%s}`, c, `{"total_tokens":%s}`, c.usage.In)
}

// form reads a multipart request's fields; of what is none it leaves the request as it is.
func (r *request) form(contentType string, body []byte) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for p, err := parts.NextPart(); err == nil; p, err = parts.NextPart() {
		value, _ := io.ReadAll(p) // what is cut stays short, as a provider would see it
		switch p.FormName() {
		case "model":
			r.Model = string(value)
		case "stream":
			r.Stream = string(value) == "true"
		case "response_format":
			r.Format = string(value)
		}
	}
}
