// Package route knows the channels and decides which to try, and in which order.
package route

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"weir/backend/gateway"
)

// A Target is one channel and what it calls the model.
type Target struct {
	Channel gateway.Channel
	Model   string
}

// A Request is what a call asks of a channel.
type Request struct {
	Model    string
	AnyModel bool                          // no model is named: every channel that offers the operation may answer
	Offers   func(ch gateway.Channel) bool // whether a channel has the operation, in the client's dialect
}

// Plan orders the channels that can answer a request: those whose breaker is open last, then
// by priority, then by weighted chance among equals. It is pure: chance comes in as rnd,
// health as open.
func Plan(r Request, channels []gateway.Channel, open func(ch gateway.Channel) bool, rnd *rand.Rand) []Target {
	type entry struct {
		Target
		open bool
		key  float64
	}
	var plan []entry
	for _, ch := range channels {
		if !ch.Enabled || !r.Offers(ch) {
			continue
		}
		if name, ok := Serves(ch, r.Model); ok || r.AnyModel {
			key := rnd.ExpFloat64() / float64(max(ch.Weight, 1))
			plan = append(plan, entry{Target{ch, name}, open(ch), key})
		}
	}
	slices.SortStableFunc(plan, func(a, b entry) int {
		return cmp.Or(
			compareBool(a.open, b.open),
			cmp.Compare(b.Channel.Priority, a.Channel.Priority),
			cmp.Compare(a.key, b.key),
		)
	})
	targets := make([]Target, len(plan))
	for i, e := range plan {
		targets[i] = e.Target
	}
	return targets
}

// Serves says what a channel calls a public model name. A channel without a list serves
// any model; a mapped name is served even when the list lacks it.
func Serves(ch gateway.Channel, model string) (upstream string, ok bool) {
	if name, mapped := ch.Map[model]; mapped {
		return name, true
	}
	return model, len(ch.Models) == 0 || slices.Contains(ch.Models, model)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
