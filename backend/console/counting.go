package console

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"weir/backend/counting"
	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/backend/relay"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// CheckCounting is what providers.probe.preview and providers.probe.run take: the model by the
// name that clients ask for.
type CheckCounting struct {
	ID    string `json:"id"`
	Model string `json:"model"`
}

// A CountingPlan is what a check of how a provider counts would send, and cost at most.
type CountingPlan struct {
	Model        string  `json:"model"`
	Dialect      string  `json:"dialect"`
	Calls        int     `json:"calls"` // at most
	PromptTokens int64   `json:"prompt_tokens"`
	OutputTokens int64   `json:"output_tokens"` // of each, at most
	CostUSD      *string `json:"cost_usd"`      // at most, of all calls; null: the model has no known price
}

// A CountedCall is what a provider said of one call's tokens, as it said it.
type CountedCall struct {
	CallID  string `json:"call_id"`
	Prompt  int64  `json:"prompt_tokens"`
	Read    int64  `json:"cache_read_tokens"`
	Written int64  `json:"cache_write_tokens"`
	Output  int64  `json:"output_tokens"`
}

// A Counting is what the last check of how a provider counts cached tokens found.
type Counting struct {
	At      string        `json:"at"`
	Model   string        `json:"model"`
	Dialect string        `json:"dialect"`
	Verdict string        `json:"verdict" ts:"'inclusive' | 'exclusive' | 'no_cache' | 'no_usage' | 'contradictory'"`
	Set     *string       `json:"set" ts:"'auto' | 'inclusive' | 'exclusive'"` // null: the setting was left as it was
	Message string        `json:"message"`
	Calls   []CountedCall `json:"calls"`
}

const (
	countingCalls = 3 // the third only where nothing came from a cache
	countingTime  = 3 * time.Minute
	tokenBytes    = 3 // no prose has as many tokens as its bytes divided by this
)

// A countingCheck is a channel that can be checked, and how.
type countingCheck struct {
	ch       gateway.Channel
	provider provider.Provider
	form     counting.Form
	model    string
}

func (c *Console) countingCheck(a CheckCounting) (k countingCheck, err error) {
	if k.ch, err = c.Channels.Channel(a.ID); err != nil {
		return k, err
	}
	k.provider, _ = provider.ByID(k.ch.Provider)
	k.model = strings.TrimSpace(a.Model)
	form, ok := counting.FormOf(k.ch.Dialect, k.provider.Offers)
	k.form = form
	switch {
	case !ok || k.provider.Login:
		return k, invalid("id", i18n.T("error.probe.no_form", "provider", k.ch.Name))
	case !k.ch.Enabled:
		return k, invalid("id", i18n.T("error.probe.disabled", "provider", k.ch.Name))
	case k.model == "" || !gateway.OneLine(k.model) || strings.HasPrefix(k.model, gateway.SandboxPrefix):
		return k, invalid("model", i18n.T("error.probe.model"))
	}
	return k, nil
}

// previewCounting says what a check would send and cost. It sends nothing.
func (c *Console) previewCounting(_ context.Context, a CheckCounting) (CountingPlan, error) {
	k, err := c.countingCheck(a)
	if err != nil {
		return CountingPlan{}, err
	}
	input := int64(len(k.form.Body(k.model, rand.Text(), false)) / tokenBytes)
	plan := CountingPlan{Model: k.model, Dialect: k.form.Dialect, Calls: countingCalls, PromptTokens: input, OutputTokens: counting.MostOutput}
	model := cmp.Or(k.ch.Map[k.model], k.model)
	ceiling, priced := c.Prices.Book().Ceiling(cmp.Or(k.ch.PriceAs, k.provider.Prices), model, c.Now())
	switch {
	case k.provider.Local:
		plan.CostUSD = usd(&billing.Money{})
	case priced:
		all := ceiling.Cost(countingCalls*input, countingCalls*counting.MostOutput)
		for range countingCalls {
			all = all.Add(ceiling.Fees(0, 0)) // each call has its own
		}
		plan.CostUSD = usd(&all)
	}
	return plan, nil
}

// runCounting sends the same prompt to a provider two times, or three, and sets how it counts
// where its own numbers prove it.
func (c *Console) runCounting(ctx context.Context, a CheckCounting) (Counting, error) {
	k, err := c.countingCheck(a)
	if err != nil {
		return Counting{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, countingTime)
	defer cancel()
	e := counting.Evidence{At: c.Now(), Model: k.model, Dialect: k.form.Dialect, Verdict: counting.NoCache}
	nonce, newer := rand.Text(), false
	for len(e.Reports) < countingCalls && (len(e.Reports) < 2 || e.Verdict == counting.NoCache) {
		row, err := c.countedCall(ctx, k, nonce, &newer)
		if err != nil {
			return Counting{}, err
		}
		r, ok := counting.Read(row.Usage)
		r.CallID = row.ID
		e.Reports = append(e.Reports, r)
		if !ok {
			e.Verdict = counting.NoUsage
			break
		}
		e.Verdict = k.form.Judge(e.Reports)
	}
	if e.Set, err = c.setCounting(ctx, k, e.Verdict); err != nil {
		return Counting{}, err
	}
	if err := c.Counting.Keep(ctx, k.ch.ID, k.ch.BaseURL, e); err != nil {
		return Counting{}, err
	}
	c.changes.tell("providers")
	return viewCounting(e), nil
}

// countedCall makes one of a check's calls and returns its row. An upstream that wants the newer
// word for the bound of the output is asked again with it.
func (c *Console) countedCall(ctx context.Context, k countingCheck, nonce string, newer *bool) (row gateway.Call, err error) {
	var made relay.Checked
	for {
		if made, err = c.Relay.Check(ctx, k.ch.ID, k.form.Path, k.form.Body(k.model, nonce, *newer)); err != nil {
			return row, err
		}
		if *newer || made.Status != http.StatusBadRequest || !counting.WantsNewer(made.Reply) {
			break
		}
		*newer = true
	}
	if row, err = c.Ledger.Call(context.WithoutCancel(ctx), made.CallID); err != nil {
		return row, err
	}
	if row.End != gateway.Finished || made.Status != http.StatusOK {
		return row, &gateway.Error{Kind: gateway.BadUpstream, Field: "model", Message: i18n.T("error.probe.failed", "why", whyNot(k.ch, row, made))}
	}
	return row, nil
}

// saidMost is how much of an upstream's own words is repeated.
const saidMost = 300

// whyNot says why one of a check's calls did not end well: in the upstream's words where it refused
// the call, else in the relay's.
func whyNot(ch gateway.Channel, row gateway.Call, made relay.Checked) string {
	var reply struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	said := ""
	if json.Unmarshal(made.Reply, &reply) == nil {
		said = strings.ToValidUTF8(reply.Error.Message[:min(len(reply.Error.Message), saidMost)], "")
	}
	switch {
	case said != "" && gateway.OneLine(said) && len(row.Attempts) > 0:
		return i18n.T("error.probe.said", "provider", ch.Name, "status", made.Status, "words", said)
	case row.Err != nil:
		return row.Err.Message
	}
	return i18n.T("error.probe.status", "provider", ch.Name, "status", made.Status)
}

// setCounting sets what a verdict speaks for; empty: nothing was set. Where a provider has formats
// that count differently, and this one counts as it usually does, that is left to each of them.
func (c *Console) setCounting(ctx context.Context, k countingCheck, v counting.Verdict) (billing.Counting, error) {
	count := v.Count()
	if count == "" {
		return "", nil
	}
	if _, messages := k.provider.Lanes["anthropic"]; messages && len(k.provider.Lanes) > 1 && count == k.form.Usual {
		count = billing.CountAuto
	}
	c.stepwise.Lock()
	defer c.stepwise.Unlock()
	now, err := c.Channels.Channel(k.ch.ID)
	if err != nil {
		return "", err
	}
	if now.BaseURL != k.ch.BaseURL {
		return "", &gateway.Error{Kind: gateway.Conflict, Field: "id", Message: i18n.T("error.probe.moved", "provider", now.Name)}
	}
	_, err = c.Channels.SetCount(ctx, k.ch.ID, count)
	return count, err
}

// countingOf is what is known of how a channel counts; nil: nobody has checked.
func (c *Console) countingOf(ch gateway.Channel) *Counting {
	e := c.Counting.Of(ch.ID, ch.BaseURL)
	if e == nil {
		return nil
	}
	v := viewCounting(*e)
	return &v
}

func viewCounting(e counting.Evidence) Counting {
	last := e.Reports[len(e.Reports)-1]
	message := i18n.T("error.probe.verdict."+string(e.Verdict), "first", e.Reports[0].Prompt, "last", last.Prompt, "cached", last.Read)
	calls := make([]CountedCall, len(e.Reports))
	for i, r := range e.Reports {
		calls[i] = CountedCall(r)
	}
	return Counting{At: stamp(e.At), Model: e.Model, Dialect: e.Dialect, Verdict: string(e.Verdict), Set: orNull(string(e.Set)),
		Message: message, Calls: calls}
}
