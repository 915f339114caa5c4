package dialect

import (
	"encoding/json"
	"errors"
	"strconv"

	"weir/backend/gateway"
	"weir/backend/wire"
	"weir/frontend/src/i18n"
)

const (
	maxModel = 512 // bytes of a model's name

	// A hold multiplies these two; no upstream gives as much of either.
	maxN      = 1 << 20
	maxOutput = 1 << 40
)

// An Ask is what the relay needs to know of a request body. The places that it remembers
// are those of the body it was read from.
type Ask struct {
	Model        string
	Stream       bool
	MaxOutput    int64  // most output tokens asked for; 0: no limit asked
	N            int64  // answers asked for; 0: the operation's answer holds no tokens, or Extra says how many
	IncludeUsage bool   // the client itself asked for usage in the stream
	Tier         string // service tier asked for; empty: none
	SearchSize   string // how much is to be searched for the answer; empty: not said
	SearchType   string // in how many steps; empty: not said
	Dearer       bool   // a speed or a region is asked for, which may cost more than the plain rates
	Others       bool   // further models are named, to fall back on
	Extra        Extra  // what is used beside the body's text and N answers
	Background   bool   // the answer is written after the reply, which tells no usage
	Previous     string // the id of the stored reply that the conversation goes on from

	LeastOutput int64 // upstreams refuse to be asked for less; 0: nothing is known of it

	cap     *Cap // how the bound can be lowered; nil: it cannot
	caps    []wire.Field
	capTo   int64 // what it is lowered to; 0: it stays
	capName string

	body, model, options, include wire.Field
	again                         []wire.Field // where the body repeats the model that the path names

	Kept  [][]byte     // the raw values of what Reader.Keep names
	form  bool         // the body is a multipart form
	files []wire.Field // its files, which hold no text
}

// An Extra is what a call can use that its text does not tell of, as it is set aside for it.
type Extra struct {
	Input, Output int64 // tokens
	Seconds       int64 // of sound
	Searches      int64 // of a reranker
}

// Input is about how many tokens the body can be worth, its files without text apart.
func (a Ask) Input(body []byte) int64 {
	tokens, at := a.Extra.Input, 0
	for _, f := range a.files {
		tokens += wire.EstimateTokens(body[at:f.Start])
		at = f.End
	}
	return tokens + wire.EstimateTokens(body[at:])
}

// Files are how many bytes each of the body's files has.
func (a Ask) Files() (sizes []int64) {
	for _, f := range a.files {
		sizes = append(sizes, int64(len(f.Raw)))
	}
	return sizes
}

// Rename returns body with the model's name replaced and every other byte as it was.
func (a Ask) Rename(body []byte, model string) []byte {
	return a.splice(body, a.rename(model))
}

// Rewrite returns body with the model's name replaced and stream_options.include_usage set,
// and every other byte as it was. Where the client put something there that is neither a
// bool nor null, it is left to the upstream to judge.
func (a Ask) Rewrite(body []byte, model string) []byte {
	return a.splice(body, append(a.rename(model), a.withUsage()...))
}

func (a Ask) rename(model string) []wire.Edit {
	if model == a.Model {
		return nil
	}
	if !a.model.Found {
		return a.renameAgain(model)
	}
	if a.form {
		return []wire.Edit{a.model.Replace([]byte(model))}
	}
	name, err := json.Marshal(model)
	if err != nil {
		return nil // cannot be: a string can always be encoded
	}
	return []wire.Edit{a.model.Replace(name)}
}

func (a Ask) withUsage() []wire.Edit {
	switch {
	case a.IncludeUsage:
	case !a.options.Found:
		return []wire.Edit{a.body.Insert("stream_options", []byte(`{"include_usage":true}`))}
	case string(a.options.Raw) == "null":
		return []wire.Edit{a.options.Replace([]byte(`{"include_usage":true}`))}
	case a.options.Raw[0] != '{':
	case !a.include.Found:
		return []wire.Edit{a.options.Insert("include_usage", []byte("true"))}
	case string(a.include.Raw) == "null", string(a.include.Raw) == "false":
		return []wire.Edit{a.include.Replace([]byte("true"))}
	}
	return nil
}

// A Reader says where a dialect's request bodies keep what an Ask holds, as indexes into
// Fields; 0 stands for nowhere, so Fields[0] must be the model.
type Reader struct {
	Fields               []string
	Stream, N, Tier      int
	SearchSize           int
	SearchType           int
	Max                  []int
	Cap                  *Cap // how the bound that Max finds can be lowered; nil: it cannot
	Options, Include     int
	Background, Previous int
	Dearer               []int  // what may be asked for that costs more than the plain rates
	Others               []int  // where further models are named, to fall back on
	Form                 bool   // the body may be a multipart form
	Keep                 []int  // what the dialect itself wants to know
	Model                string // the one that answers where the body names none; empty: it must
}

// scan finds the fields of a body and, in a form, the files.
func (r Reader) scan(req Request) (a Ask, found []wire.Field, err error) {
	a = Ask{N: 1, form: r.Form && wire.IsForm(req.ContentType)}
	if a.form {
		found, a.files, err = wire.ScanForm(req.ContentType, req.Body, r.Fields)
		return a, found, err
	}
	found, err = wire.Scan(req.Body, r.Fields)
	a.body = wire.Whole(req.Body)
	return a, found, err
}

// Read reads a JSON request, or a form, in one pass.
func (r Reader) Read(req Request) (Ask, *gateway.Error) {
	a, found, err := r.scan(req)
	if err != nil {
		return a, unreadable(err)
	}
	text := text
	if a.form {
		text = func(raw []byte) string { return string(raw) }
	}
	at := func(i int) wire.Field {
		if i == 0 {
			return wire.Field{}
		}
		return found[i]
	}
	a.model = found[0]
	a.options, a.include = at(r.Options), at(r.Include)
	a.IncludeUsage = string(a.include.Raw) == "true"
	a.Tier = text(at(r.Tier).Raw)
	a.SearchSize, a.SearchType = text(at(r.SearchSize).Raw), text(at(r.SearchType).Raw)
	a.Background = string(at(r.Background).Raw) == "true"
	a.Previous = text(at(r.Previous).Raw)
	if n := positive(at(r.N).Raw); n > 0 {
		a.N = min(n, maxN)
	}
	r.Cap.bound(&a, r.Max, found)
	for _, i := range r.Dearer {
		a.Dearer = a.Dearer || found[i].Found
	}
	for _, i := range r.Others {
		a.Others = a.Others || found[i].Found
	}
	for _, i := range r.Keep {
		a.Kept = append(a.Kept, found[i].Raw)
	}
	a.Model = text(a.model.Raw)
	switch {
	case !a.model.Found && r.Model != "":
		a.Model = r.Model
	case !a.model.Found:
		return a, invalid("model", i18n.T("error.dialect.no_model"))
	case a.Model == "":
		return a, invalid("model", i18n.T("error.dialect.model_not_text"))
	case len(a.Model) > maxModel:
		a.Model = ""
		return a, invalid("model", i18n.T("error.dialect.model_too_long", "bytes", maxModel))
	}
	switch s := string(at(r.Stream).Raw); s {
	case "", "null", "false", "true":
		a.Stream = s == "true"
	default:
		return a, invalid("stream", i18n.T("error.dialect.stream"))
	}
	return a, nil
}

// most returns the most output tokens that the body asks for. Of two spellings the larger
// counts, and one that cannot be read leaves no limit: the upstream may follow either.
func (r Reader) most(found []wire.Field) int64 {
	most := int64(0)
	for _, i := range r.Max {
		if !found[i].Found || string(found[i].Raw) == "null" {
			continue
		}
		n := positive(found[i].Raw)
		if n == 0 {
			return 0
		}
		most = max(most, n)
	}
	return min(most, maxOutput)
}

// positive returns the integer that raw is, 0 where it is none or not above zero.
func positive(raw []byte) int64 {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// text returns the text of a JSON string, "" of anything else.
func text(raw []byte) string {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func invalid(field, message string) *gateway.Error {
	return &gateway.Error{Kind: gateway.Invalid, Message: message, Field: field}
}

func unreadable(err error) *gateway.Error {
	e := invalid("", i18n.T("error.dialect.not_json"))
	e.Err = err
	var fault *wire.ScanError
	switch {
	case !errors.As(err, &fault):
	case errors.Is(err, wire.ErrDuplicateKey):
		e.Field = fault.Key
		e.Message = i18n.T("error.dialect.duplicate_key", "key", strconv.Quote(fault.Key))
	case errors.Is(err, wire.ErrForm):
		e.Message = i18n.T("error.dialect.broken_form", "byte", fault.Offset)
	case errors.Is(err, wire.ErrNotObject):
		e.Message = i18n.T("error.dialect.not_object")
	default:
		e.Message = i18n.T("error.dialect.broken_json", "byte", fault.Offset)
	}
	return e
}
