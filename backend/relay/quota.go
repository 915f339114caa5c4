package relay

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// The quota questions that tools written for OpenAI, New API and One API ask of a base URL.
// Paths and shapes are those that New API answers (read 2026-11); the numbers follow one rule,
// ledger.Quota's: a key with limits of its own answers with them, another with its group's or the account's.
var quotaQuestions = map[string]func(q *quotaQuestion) (any, *gateway.Error){
	"/dashboard/billing/subscription": (*quotaQuestion).subscription,
	"/dashboard/billing/usage":        (*quotaQuestion).usage,
	"/api/usage/token":                (*quotaQuestion).token,
	"/api/log/token":                  (*quotaQuestion).log,
}

// A quotaQuestion is one of them, asked with an accepted access key.
type quotaQuestion struct {
	*Relay
	req   *http.Request
	query url.Values
	key   gateway.Key
	quota ledger.Quota
}

// asksQuota returns what answers a path; nil: it is no question of quota.
func asksQuota(path string) func(q *quotaQuestion) (any, *gateway.Error) {
	return quotaQuestions[strings.TrimSuffix(path, "/")]
}

// serveQuota answers a quota question. It needs a valid key, and passes at an exhausted limit
// and while Weir is paused.
func (r *Relay) serveQuota(w http.ResponseWriter, req *http.Request, path string, answer func(q *quotaQuestion) (any, *gateway.Error)) {
	refuse := func(e *gateway.Error) { fail(w, r.dialectNamed("openai-chat"), e) }
	if strings.HasPrefix(path, "/api/") {
		refuse = func(e *gateway.Error) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(dialect.Status(e.Kind))
			writeJSON(w, map[string]any{"success": false, "message": e.Message})
		}
	}
	if req.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		refuse(&gateway.Error{Kind: gateway.NotFound, Message: i18n.T("error.relay.other_method", "methods", http.MethodGet)})
		return
	}
	q := &quotaQuestion{Relay: r, req: req, query: req.URL.Query()}
	secret, _ := ownKey(req)
	if secret == "" {
		secret = dialect.Bearer(req.Header, "")
	}
	if secret == "" {
		secret = q.query.Get("key")
	}
	grant, e := r.admitted(req, secret)
	if e != nil {
		refuse(e)
		return
	}
	shape, e := q.ask(grant, answer)
	if e != nil {
		refuse(e)
		return
	}
	writeJSON(w, shape)
}

func (q *quotaQuestion) ask(grant gateway.Grant, answer func(q *quotaQuestion) (any, *gateway.Error)) (any, *gateway.Error) {
	var err error
	if q.key, err = q.Access.Key(grant.KeyID); err != nil {
		return nil, q.trouble(err)
	}
	if q.quota, err = q.Ledger.Quota(q.req.Context(), payer(grant)); err != nil {
		return nil, q.trouble(err)
	}
	return answer(q)
}

func (q *quotaQuestion) trouble(err error) *gateway.Error {
	q.Log.Error("a quota question could not be answered", "err", err)
	return &gateway.Error{Kind: gateway.Internal, Message: i18n.T("error.relay.internal"), Err: err}
}

// tightest returns the limit of a unit with the least left; nil: there is none of that unit.
func tightest(q ledger.Quota, unit gateway.Unit) *gateway.LimitUse {
	var least *gateway.LimitUse
	for i, u := range q.Limits {
		if u.Unit == unit && (least == nil || u.Left() < least.Left()) {
			least = &q.Limits[i]
		}
	}
	return least
}

// subscription is the dollar limit with the least left: what it has spent and has left
// together, so that what is left is this less the usage. Without one it is null: nobody set a
// budget, and no number would be true.
func (q *quotaQuestion) subscription() (any, *gateway.Error) {
	var budget any
	if use := tightest(q.quota, gateway.USD); use != nil {
		budget = number(use.Spent+use.Left(), picoDigits)
	}
	return map[string]any{"object": "billing_subscription", "has_payment_method": true, "soft_limit_usd": budget,
		"hard_limit_usd": budget, "system_hard_limit_usd": budget, "access_until": unix(q.key.ExpiresAt),
		"answers_for": q.quota.AnswersFor, "unlimited": q.quota.Unlimited}, nil
}

// usage is what was spent, in hundredths of a dollar: in the days from start_date to end_date,
// both whole and in the ledger's zone; without dates in the running window of the limit that
// subscription tells, or ever.
func (q *quotaQuestion) usage() (any, *gateway.Error) {
	spent := q.quota.Spent
	if use := tightest(q.quota, gateway.USD); use != nil {
		spent = billing.Pico(use.Spent)
	}
	if q.query.Has("start_date") || q.query.Has("end_date") {
		slot, e := q.days()
		if e != nil {
			return nil, e
		}
		var err error
		if spent, err = q.Ledger.ChargedTo(q.req.Context(), q.quota.AnswersFor, q.quota.KeyID+q.quota.GroupID, slot, q.quota.Simulated); err != nil {
			return nil, q.trouble(err)
		}
	}
	return map[string]any{"object": "list", "total_usage": number(spent.Pico(), picoDigits-2), "answers_for": q.quota.AnswersFor}, nil
}

// days reads the span that usage is asked for. A bound that is left out is open.
func (q *quotaQuestion) days() (slot ledger.Slot, e *gateway.Error) {
	zone := q.Ledger.Calendar("")
	slot.To = q.Ledger.Now().AddDate(0, 0, 1)
	for _, name := range []string{"start_date", "end_date"} {
		text := q.query.Get(name)
		if text == "" {
			continue
		}
		day, err := zone.Day(text)
		if err != nil {
			return slot, &gateway.Error{Kind: gateway.Invalid, Field: name, Message: i18n.T("error.relay.no_date", "field", name)}
		}
		if name == "start_date" {
			slot.From = day.From
		} else {
			slot.To = day.To
		}
	}
	return slot, nil
}

// New API counts in units of which half a million are a dollar. A limit of tokens or calls is
// told in those.
const picoPerUnit = 2_000_000

// token is a key's quota in New API's units: never more than what is left.
func (q *quotaQuestion) token() (any, *gateway.Error) {
	unit, used, left := gateway.USD, ceil(q.quota.Spent.Pico(), picoPerUnit), int64(0)
	for _, u := range []gateway.Unit{gateway.Calls, gateway.Tokens, gateway.USD} {
		if use := tightest(q.quota, u); use != nil {
			unit, used, left = u, use.Spent, use.Left()
			if u == gateway.USD {
				used, left = ceil(use.Spent, picoPerUnit), use.Left()/picoPerUnit
			}
		}
	}
	models := map[string]bool{}
	for _, m := range q.key.Models {
		models[m] = true
	}
	data := map[string]any{"object": "token_usage", "name": q.key.Name, "total_granted": used + left, "total_used": used,
		"total_available": left, "unlimited_quota": q.quota.Unlimited, "model_limits": models, "model_limits_enabled": len(models) > 0,
		"expires_at": unix(q.key.ExpiresAt), "answers_for": q.quota.AnswersFor, "unit": unit}
	return map[string]any{"code": true, "message": "ok", "data": data}, nil
}

func ceil(n, by int64) int64 { return (n + by - 1) / by }

const picoDigits = 12

// number is an exact JSON number of so many decimals.
func number(n int64, decimals int32) exact { return exact(decimal.New(n, -decimals).String()) }

// exact is the text of a JSON number, so that none becomes a float on its way.
type exact string

// MarshalJSON writes the number as it stands.
func (e exact) MarshalJSON() ([]byte, error) { return []byte(e), nil }

// unix is a time in seconds; 0: never.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
