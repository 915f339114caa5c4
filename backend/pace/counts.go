package pace

import "time"

// seconds are those of a minute and the one that has just begun: so no span of a minute has more than the bound.
const seconds = 61

// counts are what one scope did in each of the last seconds.
type counts struct {
	last          int64 // the newest second
	requests      [seconds]int64
	tokens        [seconds]int64
	sumOfRequests int64
	sumOfTokens   int64
	running       int64
}

// advance forgets the seconds that lie more than a minute before this one. Time that goes back is the newest second's.
func (c *counts) advance(second int64) {
	for n := min(second-c.last, seconds); n > 0; n-- {
		i := (second - n + 1) % seconds
		c.sumOfRequests -= c.requests[i]
		c.sumOfTokens -= c.tokens[i]
		c.requests[i], c.tokens[i] = 0, 0
	}
	c.last = max(c.last, second)
}

// add counts in a second, or corrects what was counted in it. What is forgotten stays forgotten.
func (c *counts) add(second, requests, tokens int64) {
	second = min(second, c.last)
	if second <= c.last-seconds {
		return
	}
	i := second % seconds
	c.requests[i] += requests
	c.tokens[i] += tokens
	c.sumOfRequests += requests
	c.sumOfTokens += tokens
}

func (c *counts) idle() bool { return c.running == 0 && c.sumOfRequests == 0 && c.sumOfTokens == 0 }

// refusal says which of a scope's bounds the call would break.
func (c *counts) refusal(s Scope, now time.Time, tokens, least int64) *Refusal {
	p := s.Pace
	switch {
	case p.Running > 0 && c.running >= p.Running:
		return &Refusal{Scope: s, Bound: Running, Limit: p.Running, Used: c.running, Asked: 1, Wait: shortly}
	case p.Requests > 0 && c.sumOfRequests >= p.Requests:
		return &Refusal{Scope: s, Bound: Requests, Limit: p.Requests, Used: c.sumOfRequests, Asked: 1,
			Wait: c.until(now, &c.requests, c.sumOfRequests-p.Requests+1)}
	case p.Tokens > 0 && least > p.Tokens:
		return &Refusal{Scope: s, Bound: Tokens, Limit: p.Tokens, Used: c.sumOfTokens, Asked: least, Forever: true}
	case p.Tokens > 0 && c.sumOfTokens+tokens > p.Tokens:
		return &Refusal{Scope: s, Bound: Tokens, Limit: p.Tokens, Used: c.sumOfTokens, Asked: tokens,
			Wait: c.until(now, &c.tokens, c.sumOfTokens+tokens-p.Tokens)}
	}
	return nil
}

// until is how long it takes until so much is a minute ago.
func (c *counts) until(now time.Time, counted *[seconds]int64, much int64) time.Duration {
	for second := c.last - seconds + 1; second <= c.last; second++ {
		if much -= counted[second%seconds]; much <= 0 {
			return max(time.Unix(second+seconds, 0).Sub(now), shortly)
		}
	}
	return time.Minute // cannot be: as much was counted
}
