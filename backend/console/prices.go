package console

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/backend/ledger"
	"weir/backend/prices"
	"weir/backend/provider"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// usedDays is over how many days uses of a price are counted.
const usedDays = 30

// A PriceTier is a dearer price for longer prompts.
type PriceTier struct {
	Prompt int64             `json:"prompt"`
	Op     string            `json:"op" ts:"'>' | '>='"`
	Rates  map[string]string `json:"rates"`
}

// A PriceWindow is a part of the week at which a price holds.
type PriceWindow struct {
	Zone          string `json:"zone"` // IANA; empty: the offset holds
	OffsetMinutes int    `json:"offset_minutes"`
	Days          []int  `json:"days"` // empty: every day; 0 is Sunday
	From          string `json:"from"`
	To            string `json:"to"`
}

// A PriceVersion is one price of a model, of now, of the past or of the future.
type PriceVersion struct {
	Card      string            `json:"card"`
	Layer     string            `json:"layer" ts:"'you' | 'update' | 'overlay' | 'catalogue'"`
	Currency  string            `json:"currency" ts:"'USD' | 'CNY'"`
	Rates     map[string]string `json:"rates"` // decimal text: tokens per million, searches and requests per thousand
	Tiers     []PriceTier       `json:"tiers"`
	Window    *PriceWindow      `json:"window"`
	ValidFrom *string           `json:"valid_from"` // null: since ever
	ValidTo   *string           `json:"valid_to"`   // null: open
	Source    string            `json:"source"`
	URL       *string           `json:"url"`
	CheckedOn string            `json:"checked_on"`
	Flags     []string          `json:"flags"`
	Note      *string           `json:"note"`
	Ended     bool              `json:"ended"` // it never held: another took its place
}

// A PriceRow is a model with its price of now.
type PriceRow struct {
	PriceVersion
	List       string         `json:"list"` // the price list, as commands name it
	ListName   string         `json:"list_name"`
	Model      string         `json:"model"`
	OtherNames int            `json:"other_names"` // further ids at the same price
	Windows    []PriceVersion `json:"windows"`     // prices at certain hours
	NextFrom   *string        `json:"next_from"`   // when another price begins
	State      string         `json:"state" ts:"'now' | 'later' | 'over'"`
	Used       int64          `json:"used"` // calls of the last 30 days
}

// A PriceQuestion is what prices.list takes; what is empty does not restrict.
type PriceQuestion struct {
	Search string `json:"search,omitempty"`
	List   string `json:"list,omitempty"`
	Layer  string `json:"layer,omitempty"`
	Used   bool   `json:"used,omitempty"` // only models of which there were calls in the last 30 days
	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

// A PriceList is one of those in the book.
type PriceList struct {
	List string `json:"list"`
	Name string `json:"name"`
}

// A PricePage is a part of the book, used models first.
type PricePage struct {
	Rows    []PriceRow  `json:"rows"`
	Total   int         `json:"total"`
	Cursor  *string     `json:"cursor"` // null: nothing follows
	Lists   []PriceList `json:"lists"`
	Date    string      `json:"date"` // the newest day on which a price was compared
	Version int64       `json:"version"`
	Shipped bool        `json:"shipped"` // the catalogue that came with Weir is in force
	Problem *string     `json:"problem"` // why your prices, or the catalogue that you applied, are not in force
}

const (
	usualPrices = 200
	mostPrices  = 400
)

// listPrices shows the book.
func (c *Console) listPrices(ctx context.Context, q PriceQuestion) (PricePage, error) {
	rows, err := c.priceRows(ctx)
	if err != nil {
		return PricePage{}, err
	}
	page := PricePage{Rows: []PriceRow{}, Date: c.Prices.Book().Date(), Lists: listsOf(rows)}
	page.Version, page.Shipped = c.Prices.InForce()
	page.Problem = c.priceProblem()
	rows = slices.DeleteFunc(rows, func(r PriceRow) bool { return !q.wants(r) })
	page.Total = len(rows)
	at, err := strconv.Atoi(cmp.Or(q.Cursor, "0"))
	if err != nil || at < 0 {
		return page, invalid("cursor", i18n.T("error.prices.cursor"))
	}
	limit := min(cmp.Or(max(q.Limit, 0), usualPrices), mostPrices)
	at = min(at, len(rows))
	end := min(at+limit, len(rows))
	page.Rows = append(page.Rows, rows[at:end]...)
	if end < len(rows) {
		page.Cursor = orNull(strconv.Itoa(end))
	}
	return page, nil
}

// priceProblem says why what lies over the shipped catalogue is not in force; nil: it is.
func (c *Console) priceProblem() *string {
	if u := c.Prices.Unread(); u != nil {
		version, _ := c.Prices.InForce()
		return orNull(u.Sentence(version))
	}
	if err := c.Prices.Problem(); err != nil {
		return orNull(i18n.T("error.prices.problem", "reason", err))
	}
	return nil
}

func (q PriceQuestion) wants(r PriceRow) bool {
	has := func(text string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(strings.TrimSpace(q.Search)))
	}
	return (q.List == "" || r.List == billing.ListOf(q.List)) && (q.Layer == "" || r.Layer == q.Layer) && (!q.Used || r.Used > 0) &&
		(q.Search == "" || has(r.Model) || has(r.ListName) || has(r.Card))
}

// priceRows are all models with a price, those first that were used most.
func (c *Console) priceRows(ctx context.Context) ([]PriceRow, error) {
	used, err := c.pricesUsed(ctx)
	if err != nil {
		return nil, err
	}
	_, shipped := c.Prices.InForce()
	book, now := c.Prices.Book(), c.Now()
	standings := book.Standings(now)
	rows := make([]PriceRow, len(standings))
	for i, s := range standings {
		rows[i] = rowOf(s, now, shipped)
		rows[i].Used = used[priced{s.Card.Provider, strings.ToLower(s.Card.Model)}]
	}
	slices.SortStableFunc(rows, func(a, b PriceRow) int { return cmp.Compare(b.Used, a.Used) })
	return rows, nil
}

func listsOf(rows []PriceRow) []PriceList {
	lists := []PriceList{}
	for _, r := range rows {
		if one := (PriceList{r.List, r.ListName}); !slices.Contains(lists, one) {
			lists = append(lists, one)
		}
	}
	slices.SortFunc(lists, func(a, b PriceList) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return lists
}

func rowOf(s billing.Standing, now time.Time, shipped bool) PriceRow {
	r := PriceRow{PriceVersion: versionOf(s.Card, shipped), List: s.Card.Provider, ListName: billing.ProviderName(s.Card.Provider), Model: s.Card.Model,
		OtherNames: len(s.Card.Aliases), Windows: []PriceVersion{}, NextFrom: stampOrNull(s.Next), State: "now"}
	for _, w := range s.Windows {
		r.Windows = append(r.Windows, versionOf(w, shipped))
	}
	if s.Over {
		r.State = "over"
		if s.Card.ValidFrom.After(now) {
			r.State = "later"
		}
	}
	return r
}

// versionOf shows a card.
func versionOf(card billing.Card, shipped bool) PriceVersion {
	v := PriceVersion{Card: card.ID, Layer: "update", Currency: cmp.Or(card.Currency, "USD"), Rates: card.Rates, Tiers: []PriceTier{}, ValidFrom: stampOrNull(card.ValidFrom),
		ValidTo: stampOrNull(card.ValidTo), Source: card.Source, URL: orNull(card.URL), CheckedOn: card.CheckedOn, Flags: list(card.Flags)}
	switch {
	case card.Layer() == billing.Yours:
		v.Layer = "you"
	case shipped && card.Layer() == billing.Overlay:
		v.Layer = "overlay"
	case shipped:
		v.Layer = "catalogue"
	}
	for _, t := range card.Tiers {
		v.Tiers = append(v.Tiers, PriceTier{t.Prompt, t.Op, t.Rates})
	}
	if w := card.Window; w != nil {
		v.Window = &PriceWindow{Zone: w.TZ, OffsetMinutes: w.OffsetMinutes, Days: []int{}, From: w.From, To: w.To}
		for _, d := range w.Days {
			v.Window.Days = append(v.Window.Days, int(d))
		}
	}
	return v
}

// priced names a model of a price list, in lower case.
type priced struct{ list, model string }

// pricesUsed counts the calls of the last thirty days by the price that such calls have now.
func (c *Console) pricesUsed(ctx context.Context) (map[priced]int64, error) {
	models, err := c.Ledger.UsedModels(ctx, c.Now().AddDate(0, 0, -usedDays))
	if err != nil {
		return nil, err
	}
	book, used := c.Prices.Book(), map[priced]int64{}
	for _, u := range models {
		as, model := c.pricedAs(u)
		if card, ok := book.Find(as, model, c.Now()); ok {
			used[priced{card.Provider, strings.ToLower(card.Model)}] += u.Calls
		}
	}
	return used, nil
}

// pricedAs says whose prices hold for a used model, and what that provider calls it.
func (c *Console) pricedAs(u ledger.UsedModel) (as, model string) {
	p, _ := provider.ByID(u.Provider)
	as, model = p.Prices, u.Model
	if ch, err := c.Channels.Channel(u.ChannelID); err == nil {
		as = cmp.Or(ch.PriceAs, p.Prices)
		if there, mapped := ch.Map[model]; mapped {
			model = there
		}
	}
	return cmp.Or(as, u.Provider), model
}

// A PricedModel is what prices.show and others take.
type PricedModel struct {
	Provider string `json:"provider"` // a provider, or the price list
	Model    string `json:"model"`
}

// A PriceCondition changes a price where a request or reply says something.
type PriceCondition struct {
	ID        string            `json:"id"`
	Kind      string            `json:"kind" ts:"'tier' | 'speed' | 'geo' | 'cache' | 'search' | ''"` // empty: it always holds
	Value     string            `json:"value"`
	Times     *string           `json:"times"` // multiplies the token rates
	Rates     map[string]string `json:"rates"` // these hold instead
	OfInput   map[string]string `json:"of_input"`
	Below     *int64            `json:"prompt_below"`
	ValidFrom *string           `json:"valid_from"`
	ValidTo   *string           `json:"valid_to"`
	Source    string            `json:"source"`
	URL       string            `json:"url"`
	CheckedOn string            `json:"checked_on"`
}

// A PriceDetail is all that the book knows of a model.
type PriceDetail struct {
	Row        *PriceRow        `json:"row"` // null: there is no price
	Names      []string         `json:"names"`
	History    []PriceVersion   `json:"history"` // the newest first
	Conditions []PriceCondition `json:"conditions"`
	Alias      *PriceAlias      `json:"alias"` // by which the model is priced
	Similar    []PricedModel    `json:"similar"`
}

// A PriceAlias is your word that a model costs what another one does.
type PriceAlias struct {
	Provider     string `json:"provider"`
	ProviderName string `json:"provider_name"`
	Model        string `json:"model"`
	LikeProvider string `json:"like_provider"`
	LikeName     string `json:"like_name"`
	LikeModel    string `json:"like_model"`
}

func viewAlias(a billing.Alias) PriceAlias {
	return PriceAlias{a.Provider, billing.ProviderName(a.Provider), a.Model, a.LikeProvider, billing.ProviderName(a.LikeProvider), a.LikeModel}
}

// showPrice shows a model's price with all that it was and will be.
func (c *Console) showPrice(ctx context.Context, m PricedModel) (PriceDetail, error) {
	if strings.TrimSpace(m.Model) == "" || strings.TrimSpace(m.Provider) == "" {
		return PriceDetail{}, invalid("model", i18n.T("error.prices.no_model"))
	}
	book, now := c.Prices.Book(), c.Now()
	d := PriceDetail{Names: []string{}, History: []PriceVersion{}, Conditions: []PriceCondition{}, Similar: []PricedModel{}}
	from, name := book.Canonical(m.Provider, m.Model)
	if found, ok := book.Find(m.Provider, m.Model, now); ok {
		from, name = found.Provider, found.Model
		if a, ok := book.AliasOf(m.Provider, m.Model, now); ok {
			view := viewAlias(a)
			d.Alias = &view
		}
	}
	_, shipped := c.Prices.InForce()
	s, ok := book.Standing(from, name, now)
	if !ok {
		for _, one := range book.Alike(m.Provider, m.Model, 5) {
			d.Similar = append(d.Similar, PricedModel{one.List, one.Model})
		}
		return d, nil
	}
	used, err := c.pricesUsed(ctx)
	if err != nil {
		return d, err
	}
	row := rowOf(s, now, shipped)
	row.Used = used[priced{from, strings.ToLower(name)}]
	d.Row, d.Names = &row, append([]string{s.Card.Model}, s.Card.Aliases...)
	d.History = c.history(book, from, name, shipped)
	for _, t := range slices.Concat(s.Card.Always(), s.Card.Conditions()) {
		d.Conditions = append(d.Conditions, PriceCondition{ID: t.ID, Kind: t.Kind, Value: t.Value, Times: orNull(t.Times), Rates: table(t.Rates), OfInput: table(t.OfInput),
			Below: orNull(t.Below), ValidFrom: stampOrNull(t.ValidFrom), ValidTo: stampOrNull(t.ValidTo), Source: t.Source, URL: t.URL, CheckedOn: t.CheckedOn})
	}
	return d, nil
}

// history are all prices of a model, yours with their notes, also those that never held.
func (c *Console) history(book *billing.Book, from, model string, shipped bool) []PriceVersion {
	notes := map[string]prices.Own{}
	var never []PriceVersion
	for _, o := range c.Prices.Own(from, model) {
		notes[o.ID] = o
		if o.Ended {
			v := versionOf(o.Card, shipped)
			v.Layer, v.Note, v.Ended = "you", orNull(o.Note), true
			never = append(never, v)
		}
	}
	all := []PriceVersion{}
	for _, card := range book.History(from, model) {
		v := versionOf(card, shipped)
		v.Note = orNull(notes[card.ID].Note)
		all = append(all, v)
	}
	return append(all, never...)
}
