package dialect

import (
	"encoding/json"
	"errors"
	"strings"

	"weir/backend/gateway"
	"weir/backend/wire"
	"weir/frontend/src/i18n"
)

// A PathReader reads requests whose path names the model. It says where their bodies keep what
// else an Ask holds, as indexes into Fields.
type PathReader struct {
	Fields       []string
	Tier, Max, N []int  // spellings of one thing
	Cap          *Cap   // how the bound that Max finds can be lowered; nil: it cannot
	Models       []int  // where the body may name the model again
	List         int    // an array of objects that may each name it, under "model"
	Prefix       string // what may stand before a model's name in the body
}

// Read reads a JSON request in one pass. A body that names another model than the path is
// refused: upstreams could follow either.
func (r PathReader) Read(req Request) (Ask, *gateway.Error) {
	a := Ask{N: 1, Model: req.Route.Model, Stream: req.Route.Stream}
	if len(a.Model) > maxModel {
		a.Model = ""
		return a, invalid("model", i18n.T("error.dialect.model_too_long", "bytes", maxModel))
	}
	found, err := wire.Scan(req.Body, r.Fields)
	if err != nil {
		return a, unreadable(err)
	}
	a.body = wire.Whole(req.Body)
	r.Cap.bound(&a, r.Max, found)
	for _, i := range r.N {
		a.N = min(max(a.N, positive(found[i].Raw)), maxN)
	}
	for _, i := range r.Tier {
		if tier := text(found[i].Raw); tier != "" {
			a.Tier = tier
		}
	}
	places := make([]wire.Field, 0, len(r.Models))
	for _, i := range r.Models {
		places = append(places, found[i])
	}
	listed, err := inList(found[r.List])
	if err != nil {
		return a, unreadable(err)
	}
	for _, place := range append(places, listed...) {
		name := text(place.Raw)
		switch {
		case name == "":
		case strings.TrimPrefix(name, r.Prefix) == a.Model:
			a.again = append(a.again, place)
		default:
			return a, invalid("model", i18n.T("error.dialect.other_model", "model", a.Model))
		}
	}
	return a, nil
}

// inList finds the member "model" of each object in an array, with its place in the document. One
// that has it twice is an ErrDuplicateKey.
func inList(list wire.Field) (models []wire.Field, err error) {
	for at := 1; at < len(list.Raw); {
		one := wire.Value(list.Raw[at:])
		if one == nil {
			at++ // a comma, a space or the end
			continue
		}
		found, err := wire.Scan(one, []string{"model"})
		if errors.Is(err, wire.ErrDuplicateKey) {
			return nil, err
		}
		if model := found[0]; err == nil && model.Found {
			model.Start, model.End = model.Start+list.Start+at, model.End+list.Start+at
			models = append(models, model)
		}
		at += len(one)
	}
	return models, nil
}

// renameAgain replaces the model's name where a body repeats it, with what stands before it.
func (a Ask) renameAgain(model string) (edits []wire.Edit) {
	for _, place := range a.again {
		prefix, _ := strings.CutSuffix(text(place.Raw), a.Model)
		name, err := json.Marshal(prefix + strings.TrimPrefix(model, prefix))
		if err != nil {
			continue // cannot be: a string can always be encoded
		}
		edits = append(edits, place.Replace(name))
	}
	return edits
}
