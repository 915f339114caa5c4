package relay

import (
	"net/url"
	"strings"

	"weir/backend/gateway"
	"weir/backend/provider"
)

// A place is what decides where a request goes, where neither a model nor a query is in it: so
// there are as many as channels have operations.
type place struct {
	provider, base, dialect, path string
	op                            gateway.Op
}

// A destination is a place's address. It is shared: nobody changes it.
type destination struct {
	url   *url.URL
	hears bool // of the Weirs that a call has been through
}

// destination returns where this attempt's request goes.
func (a *attempt) destination() (*destination, error) {
	t := a.target
	at := place{t.Channel.Provider, t.Channel.BaseURL, a.dialect.Name, a.route.Path, a.row.Op}
	plain := a.req.URL.RawQuery == "" && a.route.Model == "" && a.route.Reply == ""
	if plain {
		if known, ok := a.places.Load(at); ok {
			return known.(*destination), nil
		}
	}
	to, err := provider.URL(t.provider, t.Channel.BaseURL, a.dialect.Name,
		provider.Operation{Op: a.row.Op, Path: a.route.Path, Model: t.Model}, a.req.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	d := &destination{url: u, hears: t.hearsOfHops()}
	if plain && !strings.Contains(t.provider.Lanes[at.dialect].Paths[at.op], "{model}") {
		a.places.Store(at, d)
	}
	return d, nil
}
