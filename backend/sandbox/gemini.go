package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"

	"weir/backend/wire"
	"weir/frontend/src/i18n"
)

// geminiMethods are what the sandbox has of Gemini's methods of a model.
var geminiMethods = []string{"generateContent", "streamGenerateContent", "countTokens"}

// geminiAsk is what the sandbox reads of a request in Gemini's shape.
type geminiAsk struct {
	SystemInstruction json.RawMessage `json:"systemInstruction"`
	Contents          []message       `json:"contents"`
	GenerationConfig  struct {
		MaxOutputTokens json.Number `json:"maxOutputTokens"`
	} `json:"generationConfig"`
}

// geminiPath reads a path such as /v1beta/models/sandbox/gemini-2.5-flash:generateContent.
func geminiPath(path string) (model, method string, ok bool) {
	_, name, ok := strings.Cut(path, "/models/")
	colon := strings.LastIndexByte(name, ':')
	if !ok || colon < 1 {
		return "", "", false
	}
	for _, method := range geminiMethods {
		if name[colon+1:] == method {
			return name[:colon], method, true
		}
	}
	return "", "", false
}

// gemini answers one request in Gemini's shape.
func (s *Sandbox) gemini(r *http.Request, model, method string, body []byte) *http.Response {
	var g geminiAsk
	if err := json.Unmarshal(body, &g); err != nil {
		return reply(r, http.StatusBadRequest, object{"error": object{"code": http.StatusBadRequest,
			"message": i18n.T("error.sandbox.unreadable"), "status": "INVALID_ARGUMENT"}})
	}
	if method == "countTokens" {
		return reply(r, http.StatusOK, object{"totalTokens": systemTokens + wire.EstimateTokens(body)})
	}
	a := s.answer(gemini, ask{Model: model, System: g.SystemInstruction, Messages: g.Contents, MaxTokens: g.GenerationConfig.MaxOutputTokens}, body)
	if method == "generateContent" {
		return reply(r, http.StatusOK, a.generated(a.text(), true))
	}
	events := r.URL.Query().Get("alt") == "sse"
	resp := stream(r, a.generatedFrames(events))
	if !events {
		resp.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return resp
}

// generated is the answer, or a piece of it, as a GenerateContentResponse.
func (a answer) generated(text string, last bool) object {
	candidate := object{"content": object{"role": "model", "parts": []object{{"text": text}}}, "index": 0}
	prompt, output := a.fresh+a.read+a.written, int64(len(a.words))
	if last {
		candidate["finishReason"] = "STOP"
		if a.cut {
			candidate["finishReason"] = "MAX_TOKENS"
		}
	}
	usage := object{"promptTokenCount": prompt, "candidatesTokenCount": output, "totalTokenCount": prompt + output}
	if a.read > 0 {
		usage["cachedContentTokenCount"] = a.read
	}
	return object{"candidates": []object{candidate}, "usageMetadata": usage, "modelVersion": a.model, "responseId": a.id}
}

// generatedFrames is the answer as events or as the pieces of one array. Each tells the usage up to it.
func (a answer) generatedFrames(events bool) (frames [][]byte) {
	for i, word := range a.words {
		part := a
		part.words = a.words[:i+1]
		frame := data(part.generated(word, i == len(a.words)-1))
		if !events {
			before := ",\n"
			if i == 0 {
				before = "["
			}
			frame = append([]byte(before), strings.TrimSpace(strings.TrimPrefix(string(frame), "data: "))...)
		}
		frames = append(frames, frame)
	}
	if !events {
		frames = append(frames, []byte("\n]\n"))
	}
	return frames
}
