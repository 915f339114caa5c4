package prices

import (
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
	"weir/billing/edition"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// A house is a home with prices and a clock that a test sets.
type house struct {
	*Prices
	t    *testing.T
	home string
	st   *store.Store
	at   time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, home: t.TempDir(), at: noon}
	h.open()
	t.Cleanup(func() { _ = h.st.Close() })
	return h
}

func (h *house) open() {
	h.t.Helper()
	var err error
	if h.st, err = store.Open(context.Background(), h.home); err != nil {
		h.t.Fatal(err)
	}
	if h.Prices, err = Open(context.Background(), h.st, func() time.Time { return h.at }); err != nil {
		h.t.Fatal(err)
	}
	if err := h.Problem(); err != nil {
		h.t.Fatalf("Problem = %v", err)
	}
}

// restart closes the store and opens it anew.
func (h *house) restart() {
	h.t.Helper()
	if err := h.st.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.open()
}

func (h *house) set(model, input string, from time.Time) Own {
	h.t.Helper()
	o, err := h.Set(context.Background(), NewPrice{Provider: "openai", Model: model, Rates: billing.Rates{"input": input, "output": "10"}, From: from})
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

// costs is what a million input tokens of a model cost at an instant, and by which card; "—": nobody knows.
func (h *house) costs(provider, model string, at time.Time) (total, card string) {
	h.t.Helper()
	b := h.Book().Bill(billing.Case{Provider: provider, Endpoint: "chat/completions", Model: model, At: at,
		Usage: []byte(`{"prompt_tokens":1000000,"completion_tokens":0,"total_tokens":1000000}`)})
	if b.Total == nil {
		return "—", b.Card
	}
	return b.Total.String(), b.Card
}

func (h *house) wantCost(model string, at time.Time, want string) {
	h.t.Helper()
	if got, card := h.costs("openai", model, at); got != want {
		h.t.Errorf("a million tokens of %s at %s cost %s (%s), want %s", model, at.Format(time.RFC3339), got, card, want)
	}
}

// refused returns the kind and field of a refusal.
func refused(err error) (gateway.Kind, string) {
	var e *gateway.Error
	if !errors.As(err, &e) {
		return "", ""
	}
	return e.Kind, e.Field
}

// publisher signs with a key that only tests have.
var publisher = ed25519.NewKeyFromSeed([]byte(strings.Repeat("p", ed25519.SeedSize)))

func publicText(secret ed25519.PrivateKey) string {
	return edition.Key{Public: secret.Public().(ed25519.PublicKey)}.Text()
}

func (h *house) trust() {
	h.t.Helper()
	if _, err := h.Trust(context.Background(), publicText(publisher), "Our team", ""); err != nil {
		h.t.Fatal(err)
	}
}

// later is a version after the shipped one's, of the same day.
func later(n int64) int64 {
	l, err := billing.Shipped()
	if err != nil {
		panic(err)
	}
	return l.Version + n
}

// published is the shipped book as an edition, with cards put behind its catalogue.
func published(t *testing.T, version int64, cards ...string) []byte {
	t.Helper()
	l, err := billing.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	l.Catalogue = append(append([]byte(nil), l.Catalogue...), strings.Join(append(cards, ""), "\n")...)
	day := time.Date(int(version/1_000_000), time.Month(version/10_000%100), int(version/100%100), 0, 0, 0, 0, time.UTC)
	body, err := edition.Body(edition.Head{Schema: 1, Version: version, CreatedOn: day.Format(time.DateOnly)}, l, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return edition.Sign(body, publisher)
}

const newModel = `{"id":"openai/test-9","provider":"openai","model":"test-9","rates":{"input":"9","output":"18"},"source":"s","url":"u","checked_on":"2026-11-22"}`
