package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
)

// A load is what a client asks a provider for. Its usage is the provider's
// report, with words where the numbers go.
type load struct {
	model, upstream  string
	channel, prices  string
	endpoint, usage  string
	dialect          string
	cached, oneWrite bool
}

const (
	messages = `{"input_tokens":FRESH,"cache_read_input_tokens":READ,"cache_creation_input_tokens":WRITTEN,` +
		`"cache_creation":{"ephemeral_5m_input_tokens":FIVE,"ephemeral_1h_input_tokens":HOUR},"output_tokens":OUT}`
	chat     = `{"prompt_tokens":PROMPT,"completion_tokens":OUT,"prompt_tokens_details":{"cached_tokens":READ}}`
	reported = `{"prompt_tokens":PROMPT,"completion_tokens":OUT,"cost":0.00FRESH}`
)

var loads = []load{
	{"claude-opus-4-8", "claude-opus-4-8", "Anthropic", "anthropic", "messages", messages, "anthropic", true, true},
	{"claude-sonnet-4-6", "claude-sonnet-4-6", "Anthropic", "anthropic", "messages", messages, "anthropic", true, true},
	{"claude-haiku-4-5", "claude-haiku-4-5", "Anthropic", "anthropic", "messages", messages, "anthropic", false, true},
	{"gpt-5", "gpt-5", "OpenAI of the team", "openai", "chat/completions", chat, "openai-chat", true, false},
	{"fast", "gpt-5-mini", "OpenAI of the team", "openai", "chat/completions", chat, "openai-chat", false, false},
	{"deepseek/deepseek-v3.2", "deepseek/deepseek-v3.2", "OpenRouter", "openrouter", "chat/completions", reported, "openai-chat", false, false},
	{"glm-5.3-air", "glm-5.3-air", "The box in the cellar", "openai", "chat/completions", chat, "openai-chat", false, false},
}

// times returns when calls came, in order: mostly by day, some of them in the last minutes.
func (p *past) times(n int) []time.Time {
	all := make([]time.Time, n)
	for i := range all {
		day := p.end.AddDate(0, 0, -p.rnd.IntN(days))
		minute := 7*60 + p.rnd.IntN(8*60) + p.rnd.IntN(8*60)
		at := time.Date(day.Year(), day.Month(), day.Day(), 0, minute, p.rnd.IntN(60), p.rnd.IntN(1e9), day.Location())
		if at.After(p.end.Add(-time.Minute)) {
			at = p.end.Add(-time.Minute - time.Duration(p.rnd.Int64N(int64(9*time.Minute))))
		}
		all[i] = at.Truncate(time.Millisecond)
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// tokens draws a number around a size, now and then far above it.
func (p *past) tokens(size int64) int64 {
	if p.rnd.IntN(60) == 0 {
		size *= 12
	}
	return 1 + p.rnd.Int64N(size)
}

// usage draws a report in the load's form.
func (p *past) usage(l load) json.RawMessage {
	fresh, out := p.tokens(9_000), p.tokens(1_500)
	var read, write5, write1h int64
	if l.cached {
		read = p.tokens(60_000)
	}
	if l.cached && l.oneWrite {
		write5, write1h = p.tokens(4_000), p.tokens(2_000)*p.rnd.Int64N(2)
	}
	words := []string{}
	for word, n := range map[string]int64{"FRESH": fresh, "READ": read, "WRITTEN": write5 + write1h, "FIVE": write5, "HOUR": write1h, "OUT": out, "PROMPT": fresh + read} {
		words = append(words, word, strconv.FormatInt(n, 10))
	}
	return json.RawMessage(strings.NewReplacer(words...).Replace(l.usage))
}

// add makes one call and ends it as calls end. One that its key's limit refuses is in the ledger as that.
func (p *past) add(ctx context.Context) error {
	l, key := loads[min(p.rnd.IntN(len(loads)), p.rnd.IntN(len(loads)))], p.keys[min(p.rnd.IntN(len(p.keys)), p.rnd.IntN(len(p.keys)))]
	c := gateway.Call{ID: "call_" + strings.ToLower(ulid.MustNew(ulid.Timestamp(p.now), ulid.DefaultEntropy()).String()), StartedAt: p.now,
		KeyID: key.ID, KeyName: key.Name, Dialect: l.dialect, Op: gateway.Chat, Model: l.model, Stream: p.rnd.IntN(3) > 0, Simulated: p.rnd.IntN(50) == 0}
	if _, err, _ := p.access.Admit(p.secrets[key.ID]); err != nil {
		return err
	}
	h, err := p.ledger.Hold(ctx, ledger.Start{Call: c, Hold: gateway.Amounts{Calls: 1}, RefusedStatus: 402})
	var refused *gateway.Error
	if errors.As(err, &refused) && refused.Kind == gateway.QuotaExceeded {
		return nil
	}
	if err != nil {
		return err
	}
	c.EndedAt = p.now.Add(time.Duration(300+p.rnd.IntN(40_000)) * time.Millisecond)
	c.ChannelID, c.Provider, c.Endpoint, c.UpstreamModel, c.HTTPStatus = p.ids[l.channel], l.prices, l.endpoint, l.upstream, 200
	if !h.End(p.ended(c, l)) {
		return fmt.Errorf("call %s did not end", c.ID)
	}
	return nil
}

// ended is the end of a call: as a rule exact, else what else there is.
func (p *past) ended(c gateway.Call, l load) ledger.Outcome {
	c.State, c.End, c.Basis, c.Usage = gateway.Settled, gateway.Finished, gateway.Exact, p.usage(l)
	price := billing.Case{Provider: l.prices, Endpoint: l.endpoint, Model: l.upstream, At: c.StartedAt, Usage: c.Usage}
	c.Bill = p.book.Bill(price)
	attempt := gateway.Attempt{N: 1, ChannelID: c.ChannelID, HTTPStatus: 200, Result: gateway.Billed, Ms: c.EndedAt.Sub(c.StartedAt).Milliseconds()}
	switch p.rnd.IntN(30) {
	case 0:
		attempt.HTTPStatus, attempt.Result, attempt.Message = 529, gateway.Unbilled, "Overloaded."
		zero := billing.Money{}
		c.State, c.End, c.Basis, c.HTTPStatus, c.Usage = gateway.Released, gateway.Failed, gateway.Zero, 529, nil
		c.Bill = billing.Bill{Status: billing.Priced, Total: &zero}
		c.Err = &gateway.CallError{Kind: gateway.Overloaded, Message: l.channel + " answered with status 529. The client got its words."}
	case 1:
		c.Basis, c.End = gateway.Partial, gateway.UpstreamCut
		c.Bill = p.book.Estimate(price, c.Bill.Usage, "cut_short")
		c.Err = &gateway.CallError{Kind: gateway.StreamIncomplete, Message: l.channel + " broke off its reply before the end. Try again."}
	case 2, 3:
		c.Basis, c.Usage = gateway.Estimated, nil
		c.Bill = p.book.Estimate(price, c.Bill.Usage, "usage_missing_counted_by_weir")
		c.Bill.WithoutCache, c.Bill.Saved = nil, nil
	}
	c.Attempts = []gateway.Attempt{attempt}
	if c.Bill.Total != nil {
		c.Charge = *c.Bill.Total
	} else {
		c.Charge = p.book.KnownPart(price, c.Bill.Usage)
	}
	if c.Basis == gateway.Partial || c.Basis == gateway.Estimated {
		least, most := billing.Money{}, c.Charge.Add(c.Charge)
		c.Min, c.Max = &least, &most
	}
	return ledger.Outcome{Call: c, Spent: gateway.Amounts{Pico: c.Charge.Pico(), Tokens: c.Bill.Usage.Tokens(), Calls: 1}}
}
