package console

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/prices"
	"weir/billing"
	"weir/billing/edition"
	"weir/frontend/src/i18n"
)

// A PriceEdition is a published catalogue that Weir has or had.
type PriceEdition struct {
	Version   int64   `json:"version"`
	State     string  `json:"state" ts:"'checked' | 'active' | 'unread' | 'kept' | 'gone'"` // unread: applied, but it cannot be read
	CreatedOn string  `json:"created_on"`
	SignedBy  string  `json:"signed_by"`
	Publisher *string `json:"publisher"` // null: its key is not trusted any more
	From      *string `json:"from"`      // null: it was handed in
	CheckedAt string  `json:"checked_at"`
	AppliedAt *string `json:"applied_at"`
}

// A PriceKey is a publisher's key that is trusted.
type PriceKey struct {
	Fingerprint string  `json:"fingerprint"`
	Name        string  `json:"name"`
	Until       *string `json:"until"`
	Yours       bool    `json:"yours"` // else Weir's own
	AddedAt     *string `json:"added_at"`
}

// PriceUpdates is what there is to know of updates.
type PriceUpdates struct {
	Version  int64          `json:"version"` // in force
	Shipped  bool           `json:"shipped"`
	Date     string         `json:"date"`
	Problem  *string        `json:"problem"` // why the catalogue that was applied is not in force
	Source   *string        `json:"source"`  // the address to ask; null: none is set
	Editions []PriceEdition `json:"editions"`
	Keys     []PriceKey     `json:"keys"`
}

// priceUpdates shows catalogues and keys.
func (c *Console) priceUpdates(ctx context.Context, _ none) (PriceUpdates, error) {
	u := PriceUpdates{Date: c.Prices.Book().Date(), Editions: []PriceEdition{}, Keys: []PriceKey{}}
	u.Version, u.Shipped = c.Prices.InForce()
	u.Problem = c.priceProblem()
	source, err := c.Prices.Source(ctx)
	if err != nil {
		return u, err
	}
	u.Source = orNull(source)
	keys, err := c.Prices.Keys(ctx)
	if err != nil {
		return u, err
	}
	for _, k := range keys {
		u.Keys = append(u.Keys, viewKeyOf(k))
	}
	editions, err := c.Prices.Editions(ctx)
	unread := c.Prices.Unread()
	for _, e := range editions {
		v := viewEdition(e, u.Keys)
		if unread != nil && unread.Version == e.Version {
			v.State = "unread"
		}
		u.Editions = append(u.Editions, v)
	}
	return u, err
}

func viewKeyOf(k prices.TrustedKey) PriceKey {
	return PriceKey{Fingerprint: k.Fingerprint(), Name: k.Name, Until: orNull(k.Until), Yours: k.Yours, AddedAt: stampOrNull(k.AddedAt)}
}

func viewEdition(e prices.Edition, keys []PriceKey) PriceEdition {
	v := PriceEdition{Version: e.Version, State: e.State, CreatedOn: e.CreatedOn, SignedBy: e.SignedBy, From: orNull(e.From), CheckedAt: stamp(e.CheckedAt), AppliedAt: stampOrNull(e.AppliedAt)}
	if at := slices.IndexFunc(keys, func(k PriceKey) bool { return k.Fingerprint == e.SignedBy }); at >= 0 {
		v.Publisher = &keys[at].Name
	}
	return v
}

// A CheckPrices is what prices.update.check takes: a file, or nothing to ask the set address.
type CheckPrices struct {
	File string `json:"file,omitempty"`
}

// checkPrices looks at a catalogue and says what it would change.
func (c *Console) checkPrices(ctx context.Context, a CheckPrices) (PriceDifference, error) {
	var e prices.Edition
	var err error
	if a.File != "" {
		e, err = c.Prices.Check(ctx, []byte(a.File), "")
	} else {
		e, err = c.Prices.Fetch(ctx, c.Client)
	}
	if err != nil {
		return PriceDifference{}, err
	}
	return c.previewPrices(ctx, PriceVersionOf{e.Version})
}

// A PriceVersionOf names a catalogue.
type PriceVersionOf struct {
	Version int64 `json:"version"`
}

// A PriceChange is what a catalogue changes of a model.
type PriceChange struct {
	Kind     string            `json:"kind" ts:"'new_model' | 'new_price' | 'correction' | 'ended' | 'gone' | 'names'"`
	List     string            `json:"list"`
	ListName string            `json:"list_name"`
	Model    string            `json:"model"`
	Card     string            `json:"card"`
	From     *string           `json:"from"` // null: since ever
	To       *string           `json:"to"`
	Rates    []PriceRateChange `json:"rates"`
	Names    []string          `json:"names"`
	Jumps    bool              `json:"jumps"` // a rate changes more than threefold
	Yours    bool              `json:"yours"` // a price of your own stays over it
	Calls    int64             `json:"calls"` // of the last 30 days that would cost another sum
	Delta    *string           `json:"delta_usd"`
}

// A PriceRateChange is a rate before and after; null: there is none.
type PriceRateChange struct {
	What     string  `json:"what"`
	Tier     *string `json:"tier"` // of longer prompts: ">200000"
	Currency string  `json:"currency" ts:"'USD' | 'CNY'"`
	Old      *string `json:"old"`
	New      *string `json:"new"`
	Jump     bool    `json:"jump"`
}

// A PriceDifference is what applying a catalogue would change.
type PriceDifference struct {
	Edition PriceEdition      `json:"edition"`
	Now     int64             `json:"now"` // the version in force
	Changes []PriceChange     `json:"changes"`
	More    int               `json:"more"` // changes that are not listed
	Kinds   map[string]int    `json:"kinds"`
	Terms   []PriceTermChange `json:"terms"`
	Jumps   int               `json:"jumps"`
	// Of the calls since that instant: how many would cost another sum if they were priced again, and how much more.
	Since    string  `json:"since"`
	Calls    *int64  `json:"calls"` // null: there are too many calls to say
	DeltaUSD *string `json:"delta_usd"`
}

// A PriceTermChange is a condition that is new, changed or gone.
type PriceTermChange struct {
	Kind string `json:"kind" ts:"'new_price' | 'correction' | 'ended' | 'gone'"`
	ID   string `json:"id"`
}

// mostChanges bounds what a preview lists, jumps and what was used first.
const mostChanges = 500

// previewPrices says what applying a catalogue would change. It changes nothing.
func (c *Console) previewPrices(ctx context.Context, a PriceVersionOf) (PriceDifference, error) {
	d, err := c.Prices.Difference(ctx, a.Version)
	if err != nil {
		return PriceDifference{}, err
	}
	all, err := c.Prices.Keys(ctx)
	if err != nil {
		return PriceDifference{}, err
	}
	keys := make([]PriceKey, len(all))
	for i, k := range all {
		keys[i] = viewKeyOf(k)
	}
	out := PriceDifference{Edition: viewEdition(d.Edition, keys), Changes: []PriceChange{}, Kinds: map[string]int{}, Terms: []PriceTermChange{}}
	out.Now, _ = c.Prices.InForce()
	for _, t := range d.Terms {
		out.Terms = append(out.Terms, PriceTermChange{t.Kind, t.ID})
	}
	touched, err := c.touched(ctx, d.Book, &out)
	if err != nil {
		return out, err
	}
	for _, change := range d.Changes {
		out.Kinds[change.Kind]++
		v := c.viewChange(change)
		if sum, ok := touched[priced{change.List, change.Model}]; ok {
			v.Calls, v.Delta = sum.calls, orNull(sum.delta.String())
		}
		if v.Jumps {
			out.Jumps++
		}
		out.Changes = append(out.Changes, v)
	}
	slices.SortStableFunc(out.Changes, func(a, b PriceChange) int {
		return (order(b.Jumps)-order(a.Jumps))*2 + order(b.Calls > 0) - order(a.Calls > 0)
	})
	out.More = max(0, len(out.Changes)-mostChanges)
	out.Changes = out.Changes[:min(len(out.Changes), mostChanges)]
	return out, nil
}

func (c *Console) viewChange(change edition.Change) PriceChange {
	v := PriceChange{Kind: change.Kind, List: change.List, ListName: billing.ProviderName(change.List), Model: change.Model, Card: change.Card,
		From: stampOrNull(change.From), To: stampOrNull(change.To), Rates: []PriceRateChange{}, Names: list(change.Names), Jumps: change.Jumps()}
	for _, r := range change.Rates {
		currency := r.Currency
		if currency == "" {
			currency = "USD"
		}
		v.Rates = append(v.Rates, PriceRateChange{r.What, orNull(r.Tier), currency, orNull(r.Old), orNull(r.New), r.Jump})
	}
	s, ok := c.Prices.Book().Standing(change.List, change.Model, c.Now())
	v.Yours = ok && s.Card.Layer() == billing.Yours
	return v
}

// touch is what becomes of the calls of one model.
type touch struct {
	calls int64
	delta billing.Money
}

// touched prices the calls of the last thirty days by another book, where they are not too many,
// and leaves out those that the book in force would price otherwise too.
func (c *Console) touched(ctx context.Context, book *billing.Book, out *PriceDifference) (map[priced]touch, error) {
	since := c.Now().AddDate(0, 0, -usedDays).UTC().Truncate(time.Hour)
	out.Since = stamp(since)
	sel := ledger.Selection{Filter: ledger.Filter{Since: since}, Book: book, Derive: c.deriveCase}
	after, err := c.Ledger.PreviewRepricing(ctx, sel)
	if e := (*gateway.Error)(nil); errors.As(err, &e) && e.Kind == gateway.Invalid {
		return nil, nil // too many calls: how many it would touch is not known
	}
	if err != nil {
		return nil, err
	}
	sel.Book = c.Prices.Book()
	before, err := c.Ledger.PreviewRepricing(ctx, sel)
	if err != nil {
		return nil, err
	}
	models, sum := map[priced]touch{}, touch{}
	for _, m := range after.Models {
		if slices.Contains(before.Models, m) {
			continue
		}
		old := m.Old
		if at := slices.IndexFunc(before.Models, func(o ledger.ModelChange) bool { return o.Provider == m.Provider && o.Model == m.Model }); at >= 0 {
			old = before.Models[at].New
		}
		t := touch{m.Calls, m.New.Sub(old)}
		sum = touch{sum.calls + t.calls, sum.delta.Add(t.delta)}
		as, _ := c.pricedAs(ledger.UsedModel{Provider: m.Provider})
		if card, ok := book.Find(as, m.Model, c.Now()); ok {
			models[priced{card.Provider, card.Model}] = t
		}
	}
	out.Calls, out.DeltaUSD = &sum.calls, orNull(sum.delta.String())
	return models, nil
}

// applyPrices puts a catalogue in force.
func (c *Console) applyPrices(ctx context.Context, a PriceVersionOf) (PriceUpdates, error) {
	if err := c.Prices.Apply(ctx, a.Version); err != nil {
		return PriceUpdates{}, err
	}
	c.Log.Info("a price catalogue was applied", "version", a.Version)
	return c.priceUpdates(ctx, none{})
}

// rollbackPrices takes the catalogue in force back.
func (c *Console) rollbackPrices(ctx context.Context, _ none) (PriceUpdates, error) {
	version, err := c.Prices.Rollback(ctx)
	if err != nil {
		return PriceUpdates{}, err
	}
	c.Log.Info("a price catalogue was taken back", "now", strconv.FormatInt(version, 10))
	return c.priceUpdates(ctx, none{})
}

// A PriceSource is the address that catalogues are fetched from, when somebody asks.
type PriceSource struct {
	URL string `json:"url"` // empty: none
}

func (c *Console) setPriceSource(ctx context.Context, s PriceSource) (PriceUpdates, error) {
	if err := c.Prices.SetSource(ctx, s.URL); err != nil {
		return PriceUpdates{}, err
	}
	return c.priceUpdates(ctx, none{})
}

// A TrustKey is what prices.keys.trust takes.
type TrustKey struct {
	Key   string `json:"key"` // the public key, base64
	Name  string `json:"name"`
	Until string `json:"until,omitempty"` // the last day on which it signs
}

func (c *Console) trustKey(ctx context.Context, k TrustKey) (PriceUpdates, error) {
	if _, err := c.Prices.Trust(ctx, k.Key, k.Name, k.Until); err != nil {
		return PriceUpdates{}, err
	}
	return c.priceUpdates(ctx, none{})
}

// A Fingerprint names a trusted key.
type Fingerprint struct {
	Fingerprint string `json:"fingerprint"`
}

func (c *Console) untrustKey(ctx context.Context, f Fingerprint) (PriceUpdates, error) {
	if err := c.Prices.Untrust(ctx, f.Fingerprint); err != nil {
		return PriceUpdates{}, err
	}
	return c.priceUpdates(ctx, none{})
}

// priceHost is the host that catalogues are fetched from, and the proxy that leads there.
func (c *Console) priceHost(ctx context.Context) (hosts []Host) {
	source, err := c.Prices.Source(ctx)
	to, bad := url.Parse(source)
	if err != nil || bad != nil || source == "" {
		return nil
	}
	hosts = append(hosts, Host{Host: to.Host, Why: i18n.T("error.console.why_prices")})
	if proxy := c.proxyTo(to); proxy != "" {
		hosts = append(hosts, Host{Host: proxy, Why: i18n.T("error.console.why_proxy")})
	}
	return hosts
}
