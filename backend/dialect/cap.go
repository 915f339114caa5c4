package dialect

import (
	"strconv"
	"strings"

	"weir/backend/wire"
)

// A Cap says how the requests of a format bound what a model writes, so that the bound can be lowered.
type Cap struct {
	Above  int      // the index in Fields of what the bound must be more than; 0: nothing
	Least  int64    // upstreams refuse a smaller one; 0: any will do
	Absent []string // where it goes in a request that has none, as wire.Set takes it: the first whose object is there, else the first; none: it stays away
}

// bound notes what a request says of the most that is to be written.
func (c *Cap) bound(a *Ask, most []int, found []wire.Field) {
	a.MaxOutput = Reader{Max: most}.most(found)
	if c == nil {
		return
	}
	a.cap, a.LeastOutput = c, max(c.Least, 1)
	for _, i := range most {
		a.caps = append(a.caps, found[i])
	}
	if c.Above > 0 {
		a.LeastOutput = max(a.LeastOutput, positive(found[c.Above].Raw)+1)
	}
}

// Cappable says whether a request can be told to write less: by lowering the bound that it has, or by setting one.
func (a Ask) Cappable() bool {
	return a.cap != nil && (a.MaxOutput > 0 || len(a.cap.Absent) > 0)
}

// Capped returns an ask whose Rename and Rewrite also lower what is written in each answer. A bound that is lower
// already stays as it is. Where the request has none, it is named name, or as is usual for an empty one.
func (a Ask) Capped(most int64, name string) Ask {
	a.capTo, a.capName = most, name
	return a
}

// lower returns the edits that lower the bounds of a request, and whether there was any to lower or to keep.
func (a Ask) lower() (edits []wire.Edit, bounded bool) {
	for _, f := range a.caps {
		if !f.Found || string(f.Raw) == "null" {
			continue
		}
		bounded = true
		// Not all that a parser takes for a number is an integer: 1e5 is more than 4096 as well.
		if n, err := strconv.ParseFloat(string(f.Raw), 64); err == nil && n > float64(a.capTo) {
			edits = append(edits, f.Replace(strconv.AppendInt(nil, a.capTo, 10)))
		}
	}
	return edits, bounded
}

// insertCap sets the bound in a request that has none.
func (a Ask) insertCap(body []byte) []byte {
	places := a.cap.Absent
	if len(places) == 0 {
		return body
	}
	place := places[0]
	for _, other := range places {
		if object, _, inside := strings.Cut(other, "."); inside {
			if found, err := wire.Scan(body, []string{object}); err == nil && found[0].Found {
				place = other
				break
			}
		}
	}
	if a.capName != "" {
		place = a.capName
	}
	return wire.Set(body, place, strconv.AppendInt(nil, a.capTo, 10))
}

// splice makes edits to a request, and lowers what it may write where that was asked for.
func (a Ask) splice(body []byte, edits []wire.Edit) []byte {
	if a.capTo == 0 || a.cap == nil {
		return wire.Splice(body, edits...)
	}
	lower, bounded := a.lower()
	body = wire.Splice(body, append(edits, lower...)...)
	if !bounded {
		body = a.insertCap(body)
	}
	return body
}
