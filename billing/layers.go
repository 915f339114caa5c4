package billing

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed book/catalog.jsonl
var catalogText []byte

//go:embed book/overlay.jsonl
var overlayText []byte

//go:embed book/terms.jsonl
var termsText []byte

//go:embed book/fx.jsonl
var ratesText []byte

//go:embed book/former.jsonl
var formerText []byte

//go:embed book/version
var versionText string

// A Layer says where a card is from. One of a higher layer wins.
type Layer uint8

const (
	Catalogue Layer = iota // imported
	Overlay                // kept by hand, with the catalogue
	Yours                  // set by the user
)

// Layer returns where the card is from.
func (c Card) Layer() Layer { return c.layer }

// An Alias is the user's word that a model costs what another one does.
type Alias struct {
	Provider     string `json:"provider"`
	Model        string `json:"model"`
	LikeProvider string `json:"like_provider"`
	LikeModel    string `json:"like_model"`
}

// Layers are what a book is made of. Texts are JSON, one value per line.
type Layers struct {
	Version   int64
	Catalogue []byte  // cards
	Overlay   []byte  // cards over them
	Terms     []byte  // what changes prices under conditions
	Exchange  []byte  // rates of exchange
	Former    []byte  // cards that price nothing any more, kept for the bills that name them
	User      []Card  // those of the user, over all; of two for one model the newer one that holds
	Ended     []Card  // those of the user that never held: replaced or taken back before their day
	Aliases   []Alias // the user's
	Rates     []Rate  // of exchange, the user's
}

// Shipped are the layers inside the program.
func Shipped() (Layers, error) {
	version, err := strconv.ParseInt(strings.TrimSpace(versionText), 10, 64)
	if err != nil {
		return Layers{}, fmt.Errorf("read the catalogue's version: %w", err)
	}
	return Layers{Version: version, Catalogue: catalogText, Overlay: overlayText, Terms: termsText, Exchange: ratesText, Former: formerText}, nil
}

// ShippedBook reads the price book inside the program: the imported catalogue,
// and over it the cards and terms that are kept by hand.
func ShippedBook() (*Book, error) {
	l, err := Shipped()
	if err != nil {
		return nil, err
	}
	return NewBook(l)
}

// NewBook makes a book of layers. Two cards of one rank for one model at one instant are an error.
func NewBook(l Layers) (*Book, error) {
	lines := bytes.Count(l.Catalogue, []byte("\n")) + bytes.Count(l.Overlay, []byte("\n"))
	cards, err := parseCards(make([]Card, 0, lines+2+len(l.User)), l.Catalogue, Catalogue)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	if cards, err = parseCards(cards, l.Overlay, Overlay); err != nil {
		return nil, fmt.Errorf("read the overlay: %w", err)
	}
	if cards, err = appendYours(cards, l.User); err != nil {
		return nil, err
	}
	terms, err := parseTerms(l.Terms)
	if err != nil {
		return nil, fmt.Errorf("read the terms: %w", err)
	}
	rates, err := parseRates(l.Exchange)
	if err != nil {
		return nil, fmt.Errorf("read the rates of exchange: %w", err)
	}
	b, err := newBook(cards, terms, append(rates, l.Rates...))
	if err != nil {
		return nil, err
	}
	b.version = l.Version
	if err := b.keep(l.Former, l.Ended); err != nil {
		return nil, err
	}
	return b, b.alike(l.Aliases)
}

// appendYours adds the user's cards.
func appendYours(cards, yours []Card) ([]Card, error) {
	for _, c := range yours {
		if err := c.CheckYours(); err != nil {
			return nil, fmt.Errorf("your price card %q: %w", c.ID, err)
		}
		c.layer = Yours
		cards = append(cards, c)
	}
	return cards, nil
}

// CheckYours refuses a card that cannot be one of the user's.
func (c Card) CheckYours() error {
	c.layer = Yours
	if c.Window != nil {
		return fmt.Errorf("a price of your own holds at all hours")
	}
	return c.check()
}

// claims are the names that cards of the user's are made for.
func claims(cards []Card) map[nameKey]bool {
	claimed := map[nameKey]bool{}
	for i := range cards {
		if c := &cards[i]; c.layer == Yours {
			for _, name := range c.names() {
				claimed[nameKey{c.Provider, strings.ToLower(name)}] = true
			}
		}
	}
	return claimed
}

// inherit gives a card of the user's the other names of the model that it prices, those
// apart that another such card is made for.
func (b *Book) inherit(i int, claimed map[nameKey]bool) {
	c := &b.cards[i]
	seen := map[nameKey]bool{}
	for _, name := range c.names() {
		for _, j := range b.byName[nameKey{c.Provider, strings.ToLower(name)}] {
			if b.cards[j].layer == Yours {
				continue
			}
			for _, other := range b.cards[j].names() {
				if key := (nameKey{c.Provider, strings.ToLower(other)}); !claimed[key] && !seen[key] {
					seen[key] = true
					b.byName[key] = append(b.byName[key], i)
				}
			}
		}
	}
}

// keep takes in the cards that price nothing.
func (b *Book) keep(former []byte, ended []Card) error {
	cards, err := parseCards(nil, former, Catalogue)
	if err != nil {
		return fmt.Errorf("read former cards: %w", err)
	}
	b.former = make(map[string]Card, len(cards)+len(ended))
	for _, c := range cards {
		b.former[c.ID] = c
	}
	for _, c := range ended {
		c.layer = Yours
		b.former[c.ID] = c
	}
	return nil
}

// alike takes in the user's aliases.
func (b *Book) alike(aliases []Alias) error {
	b.aliases = make(map[nameKey]Alias, len(aliases))
	for _, a := range aliases {
		_, id, _ := vendorOf(a.Provider)
		key := nameKey{id, strings.ToLower(a.Model)}
		if a.Model == "" || a.LikeModel == "" || a.LikeProvider == "" {
			return fmt.Errorf("alias for %q: provider and model must be there on both sides", a.Model)
		}
		if other, taken := b.aliases[key]; taken {
			return fmt.Errorf("model %q is to cost what %q does and what %q does", a.Model, other.LikeModel, a.LikeModel)
		}
		b.aliases[key] = a
	}
	return nil
}

// Aliases are the user's, sorted by the model that they are for.
func (b *Book) Aliases() []Alias {
	var all []Alias
	for _, a := range b.aliases {
		all = append(all, a)
	}
	slices.SortFunc(all, func(x, y Alias) int {
		return cmp.Or(strings.Compare(x.Provider, y.Provider), strings.Compare(x.Model, y.Model))
	})
	return all
}
