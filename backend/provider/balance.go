package provider

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"weir/frontend/src/i18n"
)

// A Funds is what an amount at a provider belongs to.
type Funds string

const (
	KeyLimit Funds = "key_limit" // what this one key may spend
	Account  Funds = "account"   // what the account behind it has
)

// An Amount is what a provider tells of the money that is left. Numbers are decimal text; one
// that is not known is empty, and never a zero.
type Amount struct {
	Funds     Funds  `json:"kind"`
	Currency  string `json:"currency"` // ISO 4217; empty with no number
	Total     string `json:"total,omitempty"`
	Used      string `json:"used,omitempty"`
	Left      string `json:"left,omitempty"`
	Unlimited bool   `json:"unlimited,omitempty"` // there is no bound, and so no number
}

// A Balance is a question about the money that is left. It costs nothing.
type Balance struct {
	Funds    Funds
	Paths    []string // asked one after the other, from the server's root on; the answer needs all of them
	Optional bool     // many keys may not ask it, which is no failure
	read     func(reply) ([]Amount, bool)
}

// Read returns the amounts in the answers, one for each of the Paths; ok is false for what is no
// answer in a form that is known.
func (b Balance) Read(bodies [][]byte) (amounts []Amount, ok bool) {
	var all reply
	for _, body := range bodies {
		doc, ok := parseDoc(body)
		if !ok {
			return nil, false
		}
		all = append(all, doc)
	}
	if amounts, ok = b.read(all); !ok || len(amounts) == 0 {
		return nil, false
	}
	for i := range amounts {
		amounts[i].Funds = cmp.Or(amounts[i].Funds, b.Funds)
	}
	return amounts, true
}

// BalanceRequest returns the request for one path of a Balance.
func BalanceRequest(ctx context.Context, p Provider, base, secret, path string) (*http.Request, error) {
	u, err := p.base(base, p.Dialect, "")
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, join(u, path, ""), nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s for the balance: %w", p.ID, err)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Accept-Encoding", "identity")
	p.Sign(r.Header, secret)
	return r, nil
}

// An Unanswered says why a question about the balance has no answer.
type Unanswered struct {
	Refused bool   // the key is not let in: asking again with it is of no use
	Absent  bool   // there is no such question at this server
	Says    string // a sentence
}

// answers that were no balance, by their status.
var noBalance = map[int]string{
	http.StatusUnauthorized:     "error.balance.refused",
	http.StatusForbidden:        "error.balance.forbidden",
	http.StatusNotFound:         "error.balance.absent",
	http.StatusMethodNotAllowed: "error.balance.absent",
	http.StatusTooManyRequests:  "error.balance.wait",
}

// NoBalance says what an answer means that is no balance; its text is never repeated, because it
// may hold the key. Gateways with a page of their own answer what they do not know with it.
func NoBalance(p Provider, a Answer) Unanswered {
	says, known := noBalance[a.Status]
	switch {
	case a.Status == 0 || a.Err != nil:
		says = failure(a)
	case a.Status == http.StatusOK && html(a.Body):
		says = "error.balance.absent"
	case known:
	case a.Status >= 500:
		says = "error.balance.trouble"
	case a.Status >= 300 && a.Status < 400:
		says = "error.provider.redirect"
	case a.Status != http.StatusOK:
		says = "error.provider.status"
	default:
		says = "error.balance.unreadable"
	}
	return Unanswered{Refused: a.Status == http.StatusUnauthorized, Absent: says == "error.balance.absent",
		Says: i18n.T(says, "provider", p.Name, "host", a.Host, "path", strings.TrimSuffix(a.Path, "/"), "proxy", a.Proxy, "status", a.Status)}
}
