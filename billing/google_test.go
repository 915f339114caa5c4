package billing

import (
	"slices"
	"strings"
	"testing"
)

// googleSounds are reports with sound, as Google's endpoints write them.
var googleSounds = []struct{ endpoint, usage string }{
	{"generateContent", `{"promptTokenCount":1000,"promptTokensDetails":[{"modality":"TEXT","tokenCount":100},{"modality":"AUDIO","tokenCount":900}],"candidatesTokenCount":1}`},
	{"generateContent", `{"promptTokenCount":300000,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":300000}],"cachedContentTokenCount":100000,"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":100000}],"candidatesTokenCount":1}`},
	{"chat/completions", `{"prompt_tokens":1000,"completion_tokens":1,"prompt_tokens_details":{"audio_tokens":900}}`},
	{"embedContent", `{"promptTokenCount":1000,"promptTokenDetails":[{"modality":"AUDIO","tokenCount":900}]}`},
}

// TestGooglesModelsHaveAPriceForSound, or the book says in words that there is none. Pictures and
// films are counted as text at Google's chat endpoints.
func TestGooglesModelsHaveAPriceForSound(t *testing.T) {
	b := shipped(t)
	for c := range b.Cards() {
		if c.Provider != "google" || c.claude() {
			continue
		}
		said := slices.ContainsFunc(c.Always(), func(one Condition) bool { return strings.HasPrefix(one.ID, "google/sound-") })
		at := noon
		if !c.ValidTo.IsZero() {
			at = c.ValidTo.AddDate(0, 0, -1)
		} else if !c.ValidFrom.IsZero() {
			at = c.ValidFrom
		}
		for _, tt := range googleSounds {
			if strings.Contains(c.Model, "embedding") != (tt.endpoint == "embedContent") {
				continue
			}
			bill := b.Bill(Case{Provider: "google", Endpoint: tt.endpoint, Model: c.Model, At: at, Usage: []byte(tt.usage)})
			if bill.Card != c.ID {
				t.Fatalf("%s is priced by %s", c.ID, bill.Card)
			}
			if missing := slices.Contains(bill.Flags, flagRateMissing); missing != said {
				t.Errorf("%s, %s %s: %s %q; the book says that sound has no price: %t", c.ID, tt.endpoint, tt.usage, bill.Status, bill.Flags, said)
			}
		}
	}
}

// TestOneInputPrice: sound costs what text does where Google's list has one price, also of a longer
// prompt and out of a cache.
func TestOneInputPrice(t *testing.T) {
	b := shipped(t)
	for _, tt := range []struct{ name, model, usage, want string }{
		{"2.5 Pro", "gemini-2.5-pro", googleSounds[0].usage, "0.00126"},
		{"2.5 Pro, a longer prompt, a third of it cached", "gemini-2.5-pro", googleSounds[1].usage, "0.525015"},
		{"3 Pro", "gemini-3-pro-preview", googleSounds[0].usage, "0.002012"},
		{"3.1 Pro, a longer prompt, a third of it cached", "gemini-3.1-pro-preview", googleSounds[1].usage, "0.840018"},
		{"2.5 Flash has a price of its own for sound", "gemini-2.5-flash", googleSounds[0].usage, "0.0009325"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := b.Bill(Case{Provider: "google", Endpoint: "generateContent", Model: tt.model, At: noon, Usage: []byte(tt.usage)})
			if bill.Total == nil || bill.Total.String() != tt.want || bill.Status != Priced || len(bill.Flags) != 0 {
				t.Errorf("Bill = %s %v %q, want %s", bill.Status, bill.Total, bill.Flags, tt.want)
			}
		})
	}
}
