package edition

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"weir/billing"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// pair makes a key from a seed that only tests use.
func pair(seed byte) (ed25519.PrivateKey, Key) {
	secret := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))
	return secret, Key{Name: "test", Public: secret.Public().(ed25519.PublicKey)}
}

const small = `{"edition":{"schema":1,"version":2026112201,"created_on":"2026-11-22"}}
{"card":{"id":"p/m","provider":"p","model":"m","rates":{"input":"1","cache_read":"0.1","output":"2"},"source":"s","url":"u","checked_on":"2026-11-01"}}
`

// fault returns the code of a refusal, empty where there is none.
func fault(err error) string {
	var f *Fault
	if errors.As(err, &f) {
		return f.Code
	}
	if err != nil {
		return "no fault: " + err.Error()
	}
	return ""
}

func TestEveryByteIsSigned(t *testing.T) {
	secret, key := pair('a')
	file := Sign([]byte(small), secret)
	if _, err := Open(file, []Key{key}, today); err != nil {
		t.Fatalf("Open = %v, want the edition", err)
	}
	for i := range file {
		for bit := range 8 {
			changed := append([]byte(nil), file...)
			changed[i] ^= 1 << bit
			if e, err := Open(changed, []Key{key}, today); err == nil {
				t.Fatalf("Open with bit %d of byte %d (%q) flipped = %+v, want a refusal", bit, i, file[i], e)
			}
		}
	}
	for i := range file {
		if _, err := Open(file[:i], []Key{key}, today); err == nil {
			t.Fatalf("Open of the first %d bytes: want a refusal", i)
		}
	}
	if _, err := Open(append(file, '\n'), []Key{key}, today); fault(err) != BadSignature {
		t.Errorf("Open of a longer file = %v, want %s", err, BadSignature)
	}
}

func TestOpen(t *testing.T) {
	secret, key := pair('a')
	other, next := pair('b')
	until := func(day string) []Key { k := key; k.Until = day; return []Key{k} }
	for _, tt := range []struct {
		name, body string
		by         ed25519.PrivateKey
		keys       []Key
		want       string
	}{
		{"signed by a key that is trusted", small, secret, []Key{key}, ""},
		{"signed by the next key", small, other, []Key{key, next}, ""},
		{"signed by another", small, other, []Key{key}, UnknownKey},
		{"no key is trusted", small, secret, nil, UnknownKey},
		{"on the key's last day", small, secret, until("2026-11-22"), ""},
		{"the day after the key's last", small, secret, until("2026-11-21"), ExpiredKey},
		{"a newer schema", strings.Replace(small, `"schema":1`, `"schema":2`, 1), secret, []Key{key}, NewerSchema},
		{"a version that is no day", strings.Replace(small, "2026112201", "2026110101", 1), secret, []Key{key}, Malformed},
		{"made the day after tomorrow", strings.NewReplacer("2026112201", "2026112401", "2026-11-22", "2026-11-24").Replace(small), secret, []Key{key}, FromTomorrow},
		{"a bracket after a value", strings.Replace(small, "}\n", "}]\n", 1), secret, []Key{key}, Malformed},
		{"an unknown field", strings.Replace(small, `"model"`, `"modle":1,"model"`, 1), secret, []Key{key}, Malformed},
		{"a number for a rate", strings.Replace(small, `"1"`, `1`, 1), secret, []Key{key}, Malformed},
		{"ten decimals", strings.Replace(small, `"1"`, `"0.0000000001"`, 1), secret, []Key{key}, Malformed},
		{"a negative rate", strings.Replace(small, `"1"`, `"-1"`, 1), secret, []Key{key}, Malformed},
		{"ten thousand dollars", strings.Replace(small, `"2"`, `"10000"`, 1), secret, []Key{key}, ""},
		{"a cent more", strings.Replace(small, `"2"`, `"10000.01"`, 1), secret, []Key{key}, OutOfBounds},
		{"cached tokens dearer than fresh ones", strings.Replace(small, `"0.1"`, `"1.1"`, 1), secret, []Key{key}, OutOfBounds},
		{"the same, listed", strings.NewReplacer(`"0.1"`, `"1.1"`, `{"card"`, `{"read_above":true,"card"`).Replace(small), secret, []Key{key}, ""},
		{"the head twice", small + small, secret, []Key{key}, Malformed},
		{"no cards", small[:strings.Index(small, "\n")+1], secret, []Key{key}, Malformed},
		{"two cards for one model", small + strings.Replace(small[strings.Index(small, "\n")+1:], "p/m", "p/n", 1), secret, []Key{key}, Malformed},
		{"two values in one line", strings.Replace(small, `{"card"`, `{"rate":{},"card"`, 1), secret, []Key{key}, Malformed},
		{"a factor of a thousand", small + `{"term":{"id":"p/t","provider":"p","models":["*"],"when":{"tier":"flex"},"times":"1000","source":"s","url":"u","checked_on":"2026-11-01"}}` + "\n", secret, []Key{key}, OutOfBounds},
		{"five megabytes and a byte", small + strings.Repeat(" ", MostBytes), secret, []Key{key}, TooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := Open(Sign([]byte(tt.body), tt.by), tt.keys, today)
			if fault(err) != tt.want {
				t.Errorf("Open = %v, want %q", err, tt.want)
			}
			if err == nil && e.FileName() != "weir-prices-2026112201.jsonl" {
				t.Errorf("FileName() = %s", e.FileName())
			}
		})
	}
}

// cards writes a catalogue of cards that differ in what a test is about.
func cards(lines ...string) []byte {
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(`{"provider":"p","source":"s","url":"u","checked_on":"2026-11-01",` + l + "}\n")
	}
	return []byte(text.String())
}

// editionOf builds the edition of a catalogue.
func editionOf(t *testing.T, l billing.Layers, corrected ...string) *Edition {
	t.Helper()
	body, err := Body(Head{Schema: 1, Version: 2026112201, CreatedOn: "2026-11-22"}, l, corrected, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Reopen(Sign(body, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestFollow: what was is not rewritten, what will be may be.
func TestFollow(t *testing.T) {
	const m, from = `"id":"p/m","model":"m","rates":{"input":"1"}`, `"id":"p/m@x","model":"m","rates":{"input":"2"},"valid_from":`
	old := cards(m, `"id":"p/f","model":"f","rates":{"input":"1"},"valid_from":"2027-01-01T00:00:00Z"`)
	future := `"id":"p/f","model":"f","rates":{"input":"1"},"valid_from":"2027-01-01T00:00:00Z"`
	for _, tt := range []struct {
		name      string
		now       []byte
		corrected []string
		want      string
	}{
		{"nothing changes", old, nil, ""},
		{"three is three", cards(strings.Replace(m, `"1"`, `"1.0"`, 1), future), nil, ""},
		{"another price since ever", cards(strings.Replace(m, `"1"`, `"3"`, 1), future), nil, Rewrites},
		{"the same as a correction", cards(strings.Replace(m, `"1"`, `"3"`, 1), future), []string{"p/m"}, ""},
		{"a price ends today and another begins", cards(m+`,"valid_to":"2026-11-22T00:00:00Z"`, from+`"2026-11-22T00:00:00Z"`, future), nil, ""},
		{"a price ended yesterday", cards(m+`,"valid_to":"2026-11-21T00:00:00Z"`, from+`"2026-11-21T00:00:00Z"`, future), nil, Rewrites},
		{"a card that held is left out", cards(future), nil, Rewrites},
		{"a card that never held is left out", cards(m), nil, ""},
		{"a card that never held is changed", cards(m, strings.Replace(future, `"1"`, `"9"`, 1)), nil, ""},
		{"a model without a price gets one, also for the past", cards(m, future, `"id":"p/n","model":"n","rates":{"input":"1"}`), nil, ""},
		{"a name is added", cards(m+`,"aliases":["m-new"]`, future), nil, ""},
		{"a name is added that had a price", cards(m+`,"aliases":["m-2026-01-01"]`, future), nil, Rewrites},
		{"a card under a dated name whose model had a price", cards(m, future, `"id":"p/m2","model":"m-2026-01-01","rates":{"input":"9"}`), nil, Rewrites},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := editionOf(t, billing.Layers{Catalogue: tt.now}, tt.corrected...).Follow(billing.Layers{Catalogue: old})
			if fault(err) != tt.want {
				t.Errorf("Follow = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestFollowTermsAndRates(t *testing.T) {
	const term = `{"id":"p/batch","provider":"p","models":["*"],"when":{"tier":"batch"},"times":"0.5","source":"s","url":"u","checked_on":"2026-11-01"}` + "\n"
	const rate = `{"day":"2026-11-20","cny_per_usd":"7.1","source":"s"}` + "\n"
	catalogue := cards(`"id":"p/m","model":"m","rates":{"input":"1"}`)
	for _, tt := range []struct {
		name, terms, rates string
		corrected          []string
		want               string
	}{
		{"nothing changes", term, rate, nil, ""},
		{"a condition of the past is changed", strings.Replace(term, "0.5", "0.6", 1), rate, nil, Rewrites},
		{"as a correction", strings.Replace(term, "0.5", "0.6", 1), rate, []string{"p/batch"}, ""},
		{"it was checked again", strings.Replace(term, "2026-11-01", "2026-11-21", 1), rate, nil, ""},
		{"it is left out", "", rate, nil, Rewrites},
		{"one begins today", term + strings.NewReplacer("p/batch", "p/flex", `"batch"`, `"flex"`, `"source"`, `"valid_from":"2026-11-22T00:00:00Z","source"`).Replace(term), rate, nil, ""},
		{"one began yesterday", term + strings.NewReplacer("p/batch", "p/flex", `"batch"`, `"flex"`, `"source"`, `"valid_from":"2026-11-21T00:00:00Z","source"`).Replace(term), rate, nil, Rewrites},
		{"a day's rate is another", term, strings.Replace(rate, "7.1", "7.2", 1), nil, Rewrites},
		{"a day gets a rate", term, rate + strings.Replace(rate, "-20", "-21", 1), nil, ""},
		{"a day loses its rate", term, "", nil, Rewrites},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := billing.Layers{Catalogue: catalogue, Terms: []byte(term), Exchange: []byte(rate)}
			e := editionOf(t, billing.Layers{Catalogue: catalogue, Terms: []byte(tt.terms), Exchange: []byte(tt.rates)}, tt.corrected...)
			if err := e.Follow(before); fault(err) != tt.want {
				t.Errorf("Follow = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	before := cards(`"id":"p/a","model":"a","rates":{"input":"1","output":"2"}`, `"id":"p/b","model":"b","rates":{"input":"1"}`,
		`"id":"p/c","model":"c","rates":{"input":"1"},"tiers":[{"prompt":200000,"op":">","rates":{"input":"2"}}]`, `"id":"p/g","model":"g","rates":{"input":"1"},"valid_from":"2027-01-01T00:00:00Z"`)
	after := cards(`"id":"p/a","model":"a","rates":{"input":"1","output":"2"},"valid_to":"2026-12-01T00:00:00Z"`,
		`"id":"p/a@1","model":"a","rates":{"input":"1.00","output":"7"},"valid_from":"2026-12-01T00:00:00Z"`,
		`"id":"p/b","model":"b","aliases":["bb"],"rates":{"input":"1"}`,
		`"id":"p/c","model":"c","rates":{"input":"1"},"tiers":[{"prompt":200000,"op":">","rates":{"input":"3"}}]`,
		`"id":"p/d","model":"d","rates":{"input":"5"}`)
	got, err := Compare(billing.Layers{Catalogue: before}, billing.Layers{Catalogue: after})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ kind, card, what, old, now string }{
		{Ended, "p/a", "", "", ""}, {NewPrice, "p/a@1", "output", "2", "7"}, {Names, "p/b", "", "", ""},
		{Correction, "p/c", "input", "2", "3"}, {NewModel, "p/d", "input", "", "5"}, {Gone, "p/g", "input", "1", ""},
	}
	if len(got) != len(want) {
		t.Fatalf("Compare = %+v, want %d changes", got, len(want))
	}
	for i, w := range want {
		c := got[i]
		if c.Kind != w.kind || c.Card != w.card || (w.what == "") != (len(c.Rates) == 0) {
			t.Errorf("change %d = %+v, want %+v", i, c, w)
			continue
		}
		if w.what != "" && (len(c.Rates) != 1 || c.Rates[0].What != w.what || c.Rates[0].Old != w.old || c.Rates[0].New != w.now) {
			t.Errorf("change %d = %+v, want %+v", i, c, w)
		}
	}
	if !got[1].Jumps() || got[3].Jumps() || got[3].Rates[0].Tier != ">200000" {
		t.Errorf("from 2 to 7 is more than threefold, from 2 to 3 is not: %+v", got)
	}
}

func TestTheShippedBookIsAnEdition(t *testing.T) {
	shipped, err := billing.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	e := editionOf(t, shipped)
	if err := e.Follow(shipped); err != nil {
		t.Errorf("Follow of itself = %v", err)
	}
	changes, err := Compare(shipped, e.Layers(shipped))
	if err != nil || len(changes) != 0 || len(CompareTerms(shipped, e.Layers(shipped))) != 0 {
		t.Errorf("Compare with itself = %v, %v", changes, err)
	}
}

func TestKeys(t *testing.T) {
	if keys, err := CompiledKeys(); err != nil || len(keys) != 0 {
		t.Errorf("CompiledKeys = %v, %v, want none: there is no publisher", keys, err)
	}
	_, key := pair('a')
	for _, tt := range []struct {
		name, text string
		want       int
		bad        bool
	}{
		{"a key without an end", key.Text() + " - Somebody's team\n", 1, false},
		{"a key with its last day", "# a remark\n\n" + key.Text() + " 2027-01-01 Current", 1, false},
		{"a key without a name", key.Text() + " -\n", 0, true},
		{"a day that is none", key.Text() + " soon Current\n", 0, true},
		{"half a key", key.Text()[:20] + " - Current\n", 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			keys, err := parseKeys(tt.text)
			if len(keys) != tt.want || (err != nil) != tt.bad {
				t.Errorf("parseKeys = %v, %v", keys, err)
			}
		})
	}
}
