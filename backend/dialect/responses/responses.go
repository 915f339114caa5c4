// Package responses is OpenAI's Responses dialect. It never decodes a body whole.
package responses

import (
	"net/http"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

// reader names what a request body is asked for: the fields of the create call as in
// https://developers.openai.com/api/reference/resources/responses/methods/create (read 2026-11).
// An answer has 16 tokens at least (vectorize-io/hindsight#58, read 2026-11).
var reader = dialect.Reader{
	Fields: []string{"model", "stream", "max_output_tokens", "service_tier", "background", "previous_response_id", "speed", "inference_geo", "models", "fallbacks"},
	Stream: 1, Max: []int{2}, Cap: &dialect.Cap{Least: 16, Absent: []string{"max_output_tokens"}}, Tier: 3, Background: 4, Previous: 5, Dearer: []int{6, 7}, Others: []int{8, 9},
}

// Dialect returns the Responses dialect.
func Dialect() dialect.Dialect {
	d := usual()
	d.For = func(h http.Header) dialect.Dialect {
		d := usual()
		if repeats429(h) {
			d.EncodeError = encodePlainly
		}
		return d
	}
	return d
}

// usual is the dialect as most clients know it.
func usual() dialect.Dialect {
	return dialect.Dialect{
		Name:              "responses",
		Route:             route,
		Fields:            reader.Fields,
		Terminal:          true,
		Secret:            dialect.Bearer,
		Ask:               ask,
		EncodeError:       encodeError,
		EncodeStreamError: encodeStreamError,
		Mark:              mark,
		OutputBytes:       outputBytes,
	}
}

// ask reads a request. What is stored is asked for by its id alone: nothing is written anew.
func ask(r dialect.Request) (dialect.Ask, *gateway.Error) {
	if r.Route.Op == gateway.Stored {
		return dialect.Ask{}, nil
	}
	return reader.Read(r)
}
