package openai

import (
	"bytes"

	"weir/backend/dialect"
	"weir/backend/wire"
)

// ends are the events that end a stream of images or audio, as listed at
// https://platform.openai.com/docs/api-reference (images-streaming, audio; read 2026-11). Of
// several images each has its own.
var ends = map[string]dialect.Mark{
	"image_generation.completed": dialect.Finish,
	"image_edit.completed":       dialect.Finish,
	"transcript.text.done":       dialect.Finish | dialect.End,
	"speech.audio.done":          dialect.Finish | dialect.End,
}

var asked = []string{"choices", "usage", "error", "type"}

// mark reads a frame of a stream of completions, images or audio. Only one that can hold
// usage, an end or an error is scanned. Data that is no object is no part of an answer.
func mark(f wire.Frame) dialect.Mark {
	data := bytes.TrimSpace(f.Data)
	switch {
	case string(data) == "[DONE]":
		return dialect.End
	case len(data) == 0 || data[0] != '{':
		return 0
	}
	m := dialect.Data
	suspect := false
	for name, value := range dialect.Keys(data) {
		switch string(name) {
		case "finish_reason":
			if dialect.Begins(value, '"') {
				m |= dialect.Finish
			}
		case "usage":
			if dialect.Begins(value, '{') {
				m |= dialect.Usage
			}
		case "error", "type":
			suspect = true
		}
	}
	if !suspect && !m.Has(dialect.Usage) {
		return m
	}
	found, err := wire.Scan(data, asked)
	if err != nil {
		return m // what cannot be read is passed on, and the count looks at it
	}
	m |= ends[unquoted(found[3].Raw)]
	switch {
	case dialect.Faulty(found[2]):
		return m&^dialect.Data | dialect.Fault
	case m.Has(dialect.Usage) && empty(found[0]):
		return m&^dialect.Data | dialect.OnlyUsage
	}
	return m
}

// empty reports whether there is a list of choices with nothing in it: what a stream of
// completions ends with where usage was asked for.
func empty(choices wire.Field) bool {
	b := choices.Raw
	return choices.Found && b[0] == '[' && len(bytes.TrimSpace(b[1:len(b)-1])) == 0
}

var told = []string{"choices", "text", "delta", "type"}

// outputBytes counts what the model wrote: completions, and what was heard in a recording. A
// transcript's last event says all of it once more. Pictures, sound and vectors are no text.
func outputBytes(f wire.Frame) int {
	found, err := wire.Scan(f.Data, told)
	if err != nil || ends[unquoted(found[3].Raw)] != 0 {
		return 0
	}
	n := wire.TextLen(found[1].Raw) + wire.TextLen(found[2].Raw)
	for name, value := range dialect.Keys(found[0].Raw) {
		if string(name) == "text" {
			n += wire.TextLen(value)
		}
	}
	return n
}
