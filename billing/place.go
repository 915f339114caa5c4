package billing

import "strings"

// A place is one endpoint of one upstream: whose it is and how it counts.
type place struct {
	vendor
	id       string // the vendor's
	known    bool   // the vendor is written down
	endpoint string // its plain name
	scheme   scheme
	written  bool // so is how it counts
}

func placeOf(provider, endpoint string) (p place) {
	p.vendor, p.id, p.known = vendorOf(provider)
	p.endpoint = plainEndpoint(endpoint)
	p.scheme, p.written = schemes[endpoints[p.endpoint]]
	return p
}

// gift says why the upstream charges nothing for the endpoint, whatever the model.
func (p *place) gift() (why string, ok bool) {
	g, ok := freeEndpoints[p.endpoint]
	if !ok || g.at != "" && g.at != p.id {
		return "", false
	}
	return g.why, true
}

// counting is the scheme of a usage object, by what a person set or the object itself tells.
func (p *place) counting(count Counting, doc map[string]any) scheme {
	s := p.scheme
	if p.endpoint == "invoke" {
		for _, i := range invoked {
			if _, there := doc[i.counter]; there {
				s = schemes[i.scheme]
				break
			}
		}
	}
	switch count {
	case CountInclusive:
		s.rules = recount(s.rules, true)
	case CountExclusive:
		s.rules = recount(s.rules, false)
	}
	return s
}

// rule says in one plain sentence how the upstream counts.
func (p *place) rule(count Counting) string {
	if why, ok := p.gift(); ok {
		return why
	}
	switch {
	case p.free != "":
		return p.free
	case !p.written:
		return "Nobody has written down how this endpoint counts."
	case count == CountInclusive:
		return "Set by hand: cached tokens lie inside the prompt count and are taken out of it."
	case count == CountExclusive:
		return "Set by hand: cached tokens stand beside the prompt count, nothing is subtracted."
	case p.beside && p.scheme.fix != nil && p.endpoint == "chat/completions":
		return p.name + " counts cached tokens inside the prompt, from which they are taken out, and thinking beside the answer, to which it is added."
	}
	return strings.ReplaceAll(p.scheme.note, "%s", p.name)
}
