package route

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// hidden stands in what is shown for what is not.
const hidden = "…"

// A Secret is what a channel keeps sealed.
type Secret struct {
	Keys    []Key             // its provider keys, in the order in which they are used; empty: none
	Proxy   string            // as gateway.Channel has it, with name and password
	Headers map[string]string // as gateway.Channel has them, with their values
}

// A Key is one provider key.
type Key struct{ ID, Text string }

// Text returns the provider keys one a line, as a person enters them.
func (s Secret) Text() string {
	lines := make([]string, len(s.Keys))
	for i, k := range s.Keys {
		lines[i] = k.Text
	}
	return strings.Join(lines, "\n")
}

// private is the sealed form of what is no key.
type private struct {
	Proxy   string            `json:"proxy,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

// private returns what a channel keeps of its proxy and headers, what of that was shown taken
// from old, and the channel as it is shown.
func (s Secret) private(ch, old gateway.Channel) (private, gateway.Channel, error) {
	p := private{Proxy: strings.TrimSpace(ch.Proxy)}
	if old.Proxy == p.Proxy && strings.Contains(p.Proxy, hidden) {
		p.Proxy = s.Proxy
	}
	if len(ch.Headers) > 0 {
		p.Headers = make(map[string]string, len(ch.Headers))
	}
	for name, value := range ch.Headers {
		if strings.HasPrefix(value, hidden) && old.Headers[name] == value {
			if origin(old.BaseURL) != origin(ch.BaseURL) {
				return p, ch, &gateway.Error{Kind: gateway.Invalid, Field: "headers", Message: i18n.T("error.route.header_again", "header", name)}
			}
			value = s.Headers[name]
		}
		p.Headers[name] = value
	}
	ch.Proxy, ch.Headers = withoutUser(p.Proxy), maps.Clone(p.Headers)
	for name, value := range ch.Headers {
		ch.Headers[name] = mask(value)
	}
	return p, ch, nil
}

// origin is the scheme and host of an address.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

// mask shows of a secret that it is there, and of a long one its end.
func mask(secret string) string {
	switch {
	case secret == "":
		return ""
	case len(secret) < 12:
		return hidden
	}
	return hidden + strings.ToValidUTF8(secret[len(secret)-4:], "")
}

// withoutUser is a proxy's address without the name and password in it.
func withoutUser(proxy string) string {
	u, err := url.Parse(proxy)
	if err != nil || u.User == nil {
		return proxy
	}
	u.User = nil
	return strings.Replace(u.String(), "://", "://"+hidden+"@", 1)
}

// sealPrivate returns a channel's proxy and headers as they are stored, nil for none.
func (c *Channels) sealPrivate(ctx context.Context, id string, p private) ([]byte, error) {
	if p.Proxy == "" && len(p.Headers) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return c.box.Seal(ctx, "channel", id, "private", text)
}

// seal returns provider keys as they are stored, nil for none.
func (c *Channels) seal(ctx context.Context, id string, keys []Key) ([]byte, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return c.box.Seal(ctx, "channel", id, "secret", []byte(Secret{Keys: keys}.Text()))
}

const selectSecret = `SELECT base_url, keys, secret, private FROM channel WHERE id = ?`

// unseal reads what a channel keeps sealed, with the base URL that it was given for.
func (c *Channels) unseal(ctx context.Context, id string) (o opened, err error) {
	var keys string
	var sealed, more []byte
	if err := c.st.Read().QueryRowContext(ctx, selectSecret, id).Scan(&o.base, &keys, &sealed, &more); err != nil {
		return o, fmt.Errorf("read the keys of %s: %w", id, err)
	}
	if sealed != nil {
		plain, err := c.box.Open(ctx, "channel", id, "secret", sealed)
		if err != nil {
			return o, err
		}
		marks, err := parseMarks(keys)
		if err != nil {
			return o, fmt.Errorf("read the keys of %s: %w", id, err)
		}
		o.Keys = keysOf(id, string(plain), marks)
	}
	if more == nil {
		return o, nil
	}
	plain, err := c.box.Open(ctx, "channel", id, "private", more)
	if err != nil {
		return o, err
	}
	var p private
	err = json.Unmarshal(plain, &p)
	o.Proxy, o.Headers = p.Proxy, p.Headers
	return o, err
}
