package relay

import (
	"sort"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// estimate works out what the call sets aside: its input, and a first slice of its output.
func (c *call) estimate() gateway.Amounts {
	if c.row.Op.Free() {
		return gateway.Amounts{}
	}
	c.input = c.ask.Input(c.body.bytes)
	c.slice = c.ask.N * firstSlice
	if most := c.mostAsked(); most > 0 {
		c.slice = min(c.slice, most)
	}
	return c.holding()
}

// mostAsked is the output that all answers together are asked to have at most; 0: the request does not say.
func (c *call) mostAsked() int64 { return c.ask.N * c.ask.MaxOutput }

// holding is what the input and the current slice can cost at most.
func (c *call) holding() gateway.Amounts {
	a := c.worst(c.slice)
	a.Calls = 1
	c.held = a.Pico
	return a
}

// worst is what the input and so much output can cost at most.
func (c *call) worst(output int64) gateway.Amounts {
	return c.amounts(c.input, output+c.ask.Extra.Output, c.ask.Extra)
}

// reserve makes the hold durable. Nothing of the call has left before it returns.
func (c *call) reserve() *gateway.Error {
	hold := c.estimate()
	e := c.enter()
	if e == nil {
		e = c.tooDear()
	}
	if e != nil {
		c.refuse(e)
		return e
	}
	start := ledger.Start{Call: c.row, Payer: payer(c.grant), Hold: hold, Progress: c.progress(c.targets[0]), RefusedStatus: c.refusedStatus()}
	if c.clamps() {
		start.Fit = c.fit
	}
	var err error
	if c.hold, err = c.Ledger.Hold(c.req.Context(), start); err == nil {
		c.tellQuota()
		return nil
	}
	e = c.internal(err)
	if e.Kind == gateway.QuotaExceeded {
		c.ticket.Cancel()
		c.row.HTTPStatus = fail(c.w, c.dialect, e)
		c.ended = true // the ledger wrote the refused row itself
		return e
	}
	c.refuse(e)
	return e
}

// clamps says whether what the call may write is cut to what its limits leave.
func (c *call) clamps() bool {
	return c.grant.Clamp && !c.row.Op.Free() && c.ask.N > 0 && c.ask.Cappable()
}

// tooDear refuses a call that may cost more than its key may spend on one.
func (c *call) tooDear() *gateway.Error {
	most := c.grant.MostPerCall
	if most == 0 || c.row.Op.Free() {
		return nil
	}
	output := max(c.slice, min(c.mostAsked(), absurdOutput))
	if c.clamps() {
		output = c.ask.N * c.leastOutput()
	}
	worst := c.worst(output).Pico
	if worst <= most {
		return nil
	}
	return &gateway.Error{Kind: gateway.QuotaExceeded, Message: i18n.T("refusal.per_call", "key", c.grant.KeyName,
		"most", billing.Pico(most).String(), "worst", billing.Pico(worst).String())}
}

// leastOutput is the smallest bound on an answer that every upstream takes.
func (c *call) leastOutput() int64 {
	least := int64(1)
	for _, t := range c.targets {
		least = max(least, t.ask.LeastOutput)
	}
	return least
}

// fit chooses the most that the call may write, and so what it holds, when it is known what its limits leave.
// Where they leave less than was asked for, the request is changed to ask for that, and all of it is held. A request
// without a bound gets one only below the usual slice, which every model can write: more could be more than the
// model takes.
func (c *call) fit(left gateway.Amounts) gateway.Amounts {
	c.clamped = 0
	usual := c.ask.N * firstSlice
	if most := c.mostAsked(); most > 0 {
		usual = min(usual, most)
	}
	c.slice = usual
	if c.grant.MostPerCall > 0 {
		left.Pico = min(left.Pico, c.grant.MostPerCall)
	}
	wanted := c.ask.MaxOutput
	if wanted == 0 {
		wanted = firstSlice
	}
	fits := func(each int64) bool {
		a := c.worst(min(c.ask.N*each, absurdOutput))
		return a.Pico <= left.Pico && a.Tokens <= left.Tokens
	}
	if wanted = min(wanted, absurdOutput); fits(wanted) {
		return c.holding()
	}
	each := int64(sort.Search(int(wanted), func(n int) bool { return !fits(int64(n) + 1) }))
	if least := c.leastOutput(); each < least {
		c.slice = c.ask.N * least // more than is left: the limit refuses it, and says so
		return c.holding()
	}
	c.clamped, c.slice = each, c.ask.N*each
	return c.holding()
}

// extend sets the next slice aside when a reply has used four fifths of what is held. It
// returns an error where the key wants running calls cut at a limit.
func (c *call) extend(output int64) *gateway.Error {
	if c.row.Op.Free() || output*5 < c.slice*4 || c.slice == 0 || c.free || c.clamped > 0 {
		return nil
	}
	next := c.ask.N * firstSlice
	if most := c.mostAsked(); most > 0 {
		next = min(next, most-c.slice)
	}
	if next <= 0 {
		return nil
	}
	more := c.amounts(0, next, dialect.Extra{})
	e := c.pastMost(more.Pico)
	if e == nil {
		err := c.hold.Extend(c.req.Context(), more)
		if err == nil {
			c.slice, c.held = c.slice+next, c.held+more.Pico
			return nil
		}
		e = c.internal(err)
	}
	if e.Kind == gateway.QuotaExceeded && c.grant.OnLimit == gateway.Cut {
		return e
	}
	c.free = true // the overrun is booked
	return nil
}

// pastMost refuses what takes a running call past the most that its key may spend on one.
func (c *call) pastMost(more int64) *gateway.Error {
	if most := c.grant.MostPerCall; most > 0 && c.held+more > most {
		return &gateway.Error{Kind: gateway.QuotaExceeded, Message: i18n.T("refusal.per_call", "key", c.grant.KeyName,
			"most", billing.Pico(most).String(), "worst", billing.Pico(c.held+more).String())}
	}
	return nil
}
