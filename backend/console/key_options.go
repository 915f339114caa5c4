package console

import (
	"net/netip"
	"strings"

	"weir/backend/access"
	"weir/backend/gateway"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// KeyOptions are what a key can be held to beside its limits, as keys.add and keys.update take them. What is left
// out stays as it is, and for a new key is not set.
type KeyOptions struct {
	DeniedModels   *[]string `json:"denied_models,omitempty"`
	Networks       *[]string `json:"networks,omitempty"`
	GroupID        *string   `json:"group_id,omitempty"` // empty: none
	Clamp          *bool     `json:"clamp,omitempty"`
	MostPerCallUSD *string   `json:"most_per_call_usd,omitempty"` // empty: any
	Pace           *Pace     `json:"pace,omitempty"`
	PauseOnBurn    *bool     `json:"pause_on_burn,omitempty"`
}

// change is what of a key the options, and the models that it may use, make different.
func (o KeyOptions) change(models *[]string) (c access.Change, err error) {
	c = access.Change{GroupID: o.GroupID, Clamp: o.Clamp, PauseOnBurn: o.PauseOnBurn}
	if c.Models, err = patterns("models", models); err != nil {
		return c, err
	}
	if c.Denied, err = patterns("denied_models", o.DeniedModels); err != nil {
		return c, err
	}
	if o.Networks != nil {
		networks, err := parseNetworks(*o.Networks)
		if err != nil {
			return c, err
		}
		c.Networks = &networks
	}
	if o.MostPerCallUSD != nil {
		most, err := parseMost(*o.MostPerCallUSD)
		if err != nil {
			return c, err
		}
		c.MostPerCall = &most
	}
	if o.Pace != nil {
		pace := o.Pace.read()
		c.Pace = &pace
	}
	return c, nil
}

const (
	mostPatterns   = 1000
	longestPattern = 512 // no model's name is longer
)

// patterns reads names of models, with stars for any text.
func patterns(field string, texts *[]string) (*[]string, error) {
	if texts == nil {
		return nil, nil
	}
	if len(*texts) > mostPatterns {
		return nil, invalid(field, i18n.T("error.console.too_many_models", "most", mostPatterns))
	}
	var out []string
	for _, text := range *texts {
		if text = strings.TrimSpace(text); text == "" || len(text) > longestPattern || !gateway.OneLine(text) {
			return nil, invalid(field, i18n.T("error.console.model_pattern", "model", text))
		}
		out = append(out, text)
	}
	return &out, nil
}

// parseNetworks reads networks such as 10.0.0.0/8, and single addresses.
func parseNetworks(texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range texts {
		text = strings.TrimSpace(text)
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, aerr := netip.ParseAddr(text)
			if aerr != nil || addr.Zone() != "" {
				return nil, invalid("networks", i18n.T("error.console.network", "network", text))
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		// Callers are compared by their plain addresses: ::ffff:10.0.0.0/104 is 10.0.0.0/8.
		if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
			prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96)
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}

// parseMost reads the most that a call may cost; empty is any.
func parseMost(text string) (int64, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	m, err := billing.ParseMoney(text)
	if err != nil || m.Pico() <= 0 {
		return 0, invalid("most_per_call_usd", i18n.T("error.access.most_per_call"))
	}
	return m.Pico(), nil
}

// A Pace bounds how much may begin within a minute, and run at once; null is any.
type Pace struct {
	Requests *int64 `json:"requests"` // per minute
	Tokens   *int64 `json:"tokens"`   // per minute
	Running  *int64 `json:"running"`  // at once
}

func viewPace(p gateway.Pace) Pace {
	return Pace{Requests: orNull(p.Requests), Tokens: orNull(p.Tokens), Running: orNull(p.Running)}
}

func (p Pace) read() gateway.Pace {
	value := func(n *int64) int64 {
		if n == nil {
			return 0
		}
		return *n
	}
	return gateway.Pace{Requests: value(p.Requests), Tokens: value(p.Tokens), Running: value(p.Running)}
}

// usdOrNull writes pico-dollars; none of them is null.
func usdOrNull(pico int64) *string {
	if pico == 0 {
		return nil
	}
	m := billing.Pico(pico)
	return usd(&m)
}
