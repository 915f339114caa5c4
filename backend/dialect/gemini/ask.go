package gemini

import (
	"strings"

	"weir/backend/dialect"
	"weir/backend/gateway"
)

// fields are what is read of a body, in both spellings that Google takes
// (https://protobuf.dev/programming-guides/json, read 2026-11). The model is the path's: what a
// body says of it must agree.
var fields = []string{
	"model", "serviceTier", "service_tier",
	"generationConfig.maxOutputTokens", "generationConfig.max_output_tokens",
	"generation_config.maxOutputTokens", "generation_config.max_output_tokens",
	"generationConfig.candidateCount", "generationConfig.candidate_count",
	"generation_config.candidateCount", "generation_config.candidate_count",
	"generateContentRequest.model", "generate_content_request.model", "requests",
}

var reader = dialect.PathReader{
	Fields: fields,
	Tier:   []int{1, 2},
	Max:    []int{3, 4, 5, 6},
	Cap:    &dialect.Cap{Absent: []string{"generationConfig.maxOutputTokens", "generation_config.max_output_tokens"}},
	N:      []int{7, 8, 9, 10},
	Models: []int{0, 11, 12},
	List:   13,
	Prefix: "models/",
}

// ask reads a request. Only an operation that generates has answers to count.
func ask(r dialect.Request) (dialect.Ask, *gateway.Error) {
	a, e := reader.Read(r)
	if r.Route.Op != gateway.Generate {
		a.N = 0
	}
	a.Tier = strings.TrimPrefix(strings.ToLower(a.Tier), "service_tier_")
	return a, e
}
