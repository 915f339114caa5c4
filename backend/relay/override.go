package relay

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/wire"
)

// overridden returns the body with a channel's own values set in it. Only a JSON object takes
// them; of one without, nothing changes.
func (c *call) overridden(ch gateway.Channel) []byte {
	data := c.body.bytes
	if len(ch.Params) == 0 || !isJSON(c.req.Header.Get("Content-Type")) {
		return data
	}
	for _, path := range slices.Sorted(maps.Keys(ch.Params)) {
		value := []byte(ch.Params[path])
		if string(value) == "null" {
			value = nil
		}
		data = wire.Set(data, path, value)
	}
	return data
}

// isJSON says whether a content type is JSON's; clients leave it out, too.
func isJSON(contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	kind = strings.TrimSpace(kind)
	return kind == "" || strings.HasSuffix(kind, "json") || strings.HasPrefix(kind, "text/plain")
}

// askOf returns what the body asks for that a channel's upstream gets: how much of it the
// hold and the price must know of.
func (c *call) askOf(ch gateway.Channel, plain dialect.Ask) (dialect.Ask, *gateway.Error) {
	data := c.overridden(ch)
	if len(ch.Params) == 0 || len(data) == 0 {
		return plain, nil
	}
	ask, e := c.dialect.Ask(dialect.Request{Route: c.route, ContentType: c.req.Header.Get("Content-Type"), Body: data})
	if e != nil {
		return ask, e
	}
	// The dearest of the targets decides.
	c.ask.N = max(c.ask.N, ask.N)
	if c.ask.MaxOutput > 0 {
		c.ask.MaxOutput = max(c.ask.MaxOutput, ask.MaxOutput)
		if ask.MaxOutput == 0 {
			c.ask.MaxOutput = 0
		}
	}
	return ask, nil
}

// override sets a channel's own headers; an empty value takes the client's away.
func override(h http.Header, own map[string]string) {
	for name, value := range own {
		switch {
		case value != "":
			h.Set(name, value)
		case strings.EqualFold(name, "User-Agent"):
			h.Set(name, "") // else net/http would send its own
		default:
			h.Del(name)
		}
	}
}
