package prices

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

func TestAnEditionIsAppliedAndTakenBack(t *testing.T) {
	h := newHouse(t)
	h.trust()
	ctx := context.Background()
	h.set("gpt-5", "7", time.Time{})
	shipped := snapshotText(h)

	e, err := h.Check(ctx, published(t, later(1), newModel), "")
	if err != nil {
		t.Fatal(err)
	}
	h.wantCost("test-9", noon, "—") // to look at it changes nothing
	d, err := h.Difference(ctx, e.Version)
	if err != nil || len(d.Changes) != 1 || d.Changes[0].Card != "openai/test-9" || len(d.Terms) != 0 || !d.Book.Known("openai", "test-9", noon) {
		t.Fatalf("Difference = %+v, %v", d, err)
	}
	if err := h.Apply(ctx, e.Version); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		h.wantCost("test-9", noon, "9")
		h.wantCost("gpt-5", noon, "7") // yours stay over it
		if v, is := h.InForce(); v != later(1) || is {
			t.Errorf("InForce = %d, %t", v, is)
		}
		h.restart()
	}
	if v, err := h.Rollback(ctx); err != nil || v == later(1) {
		t.Fatalf("Rollback = %d, %v", v, err)
	}
	for range 2 {
		h.wantCost("test-9", noon, "—")
		if now := snapshotText(h); now != shipped {
			t.Error("what was rolled back is not what was before")
		}
		if c, ok := h.Book().Card("openai/test-9"); !ok || c.Source != "s" {
			t.Errorf("Card of an edition that is taken back = %+v, %t, want it kept for the bills that name it", c, ok)
		}
		h.restart()
	}
	if _, err := h.Rollback(ctx); err == nil {
		t.Error("Rollback of the shipped catalogue: want a refusal")
	}
	if err := h.Apply(ctx, later(1)); err != nil {
		t.Errorf("Apply of one that was in force = %v", err)
	}
	h.wantCost("test-9", noon, "9")
}

// snapshotText writes all cards that price something.
func snapshotText(h *house) string {
	var cards []billing.Card
	for c := range h.Book().Cards() {
		cards = append(cards, c)
	}
	text, err := json.Marshal(cards)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

func TestCheckRefuses(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	if _, err := h.Check(ctx, published(t, later(1)), ""); err == nil || !strings.Contains(err.Error(), "trust") {
		t.Errorf("Check before its key is trusted = %v", err)
	}
	h.trust()
	h.at = noon.Add(72 * time.Hour)
	apply := func(version int64, cards ...string) {
		t.Helper()
		if _, err := h.Check(ctx, published(t, version, cards...), ""); err != nil {
			t.Fatal(err)
		}
		if err := h.Apply(ctx, version); err != nil {
			t.Fatal(err)
		}
	}
	apply(2026112402)
	for _, tt := range []struct {
		name string
		file []byte
		says string
	}{
		{"the one in force", published(t, 2026112402), "in force already"},
		{"another under its number", published(t, 2026112402, newModel), "not newer"},
		{"an older one", published(t, 2026112401, newModel), "not newer"},
		{"one older than the program", published(t, 2020010101), "not newer"},
		{"one that rewrites the past", []byte(nil), "past"},
		{"no catalogue", []byte("<!doctype html>"), "can read"},
		{"one that was changed", []byte(strings.Replace(string(published(t, 2026112403)), "gpt-5", "gpt-6", 1)), "signature"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file == nil {
				tt.file = published(t, 2026112403, strings.Replace(newModel, "test-9", "gpt-5-2026-01-01", 2))
			}
			_, err := h.Check(ctx, tt.file, "")
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Check = %v, want it to say %q", err, tt.says)
			}
			if kind, field := refused(err); kind != gateway.Invalid || field != "file" {
				t.Errorf("Check = %s, %s, want an invalid file", kind, field)
			}
		})
	}
	if _, err := h.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Check(ctx, published(t, 2026112401, newModel), ""); err == nil {
		t.Error("Check of an older one after the newer was taken back: want a refusal")
	}
	if e, err := h.Check(ctx, published(t, 2026112402), ""); err != nil || e.State != Kept {
		t.Errorf("Check of the very one that was taken back = %+v, %v, want the kept one", e, err)
	}
}

func TestWhatWasCheckedIsCheckedAgain(t *testing.T) {
	h := newHouse(t)
	h.trust()
	ctx := context.Background()
	if _, err := h.Check(ctx, published(t, later(1), newModel), ""); err != nil {
		t.Fatal(err)
	}
	keys, err := h.Keys(ctx)
	if err != nil || len(keys) != 1 {
		t.Fatalf("Keys = %v, %v", keys, err)
	}
	if err := h.Untrust(ctx, keys[0].Fingerprint()); err != nil {
		t.Fatal(err)
	}
	if err := h.Apply(ctx, later(1)); err == nil {
		t.Error("Apply after its key was taken away: want a refusal")
	}
	h.wantCost("test-9", noon, "—")
	if err := h.Untrust(ctx, keys[0].Fingerprint()); err == nil {
		t.Error("Untrust of a key that is not there: want a refusal")
	}
}

func TestThreeEditionsAreKept(t *testing.T) {
	h := newHouse(t)
	h.trust()
	ctx := context.Background()
	for n := range int64(5) {
		h.at = h.at.Add(time.Minute)
		if _, err := h.Check(ctx, published(t, later(1+n)), ""); err != nil {
			t.Fatal(err)
		}
		if err := h.Apply(ctx, later(1+n)); err != nil {
			t.Fatal(err)
		}
	}
	states := func() (text string) {
		all, err := h.Editions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			text += e.State + " "
		}
		return text
	}
	if got := states(); got != "active kept kept gone gone " {
		t.Errorf("Editions = %s", got)
	}
	for _, want := range []int64{later(4), later(3)} {
		if v, err := h.Rollback(ctx); err != nil || v != want {
			t.Errorf("Rollback = %d, %v, want %d", v, err, want)
		}
	}
	if v, err := h.Rollback(ctx); err != nil || v != h.snapshot.Load().shipped.Version {
		t.Errorf("Rollback = %d, %v, want the shipped one: what was before is gone", v, err)
	}
	if err := h.Apply(ctx, later(2)); err == nil {
		t.Error("Apply of one that is gone: want a refusal")
	}
}

// TestBetweenTheSteps: whoever is stopped after looking has changed nothing, and can go on.
func TestBetweenTheSteps(t *testing.T) {
	h := newHouse(t)
	h.trust()
	ctx := context.Background()
	if _, err := h.Check(ctx, published(t, later(1), newModel), ""); err != nil {
		t.Fatal(err)
	}
	h.restart()
	h.wantCost("test-9", noon, "—")
	if err := h.Apply(ctx, later(1)); err != nil {
		t.Fatal(err)
	}
	h.wantCost("test-9", noon, "9")
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := h.Rollback(gone); err == nil {
		t.Error("Rollback by somebody who left: want an error")
	}
	h.wantCost("test-9", noon, "9") // neither the book nor the file changed
	h.restart()
	h.wantCost("test-9", noon, "9")
}

func TestFetch(t *testing.T) {
	h := newHouse(t)
	h.trust()
	ctx := context.Background()
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(published(t, later(1))) }))
	defer other.Close()
	here := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/there":
			_, _ = w.Write(published(t, later(1), newModel))
		case "/moved":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/away":
			http.Redirect(w, r, other.URL+"/", http.StatusFound)
		case "/plain":
			http.Redirect(w, r, "http://"+r.Host+"/there", http.StatusFound)
		case "/large":
			_, _ = w.Write(make([]byte, 6<<20))
		default:
			http.NotFound(w, r)
		}
	}))
	defer here.Close()
	for _, tt := range []struct{ path, says string }{
		{"/there", ""}, {"/moved", ""}, {"/away", "another host"}, {"/plain", "another host"}, {"/large", "5 MB"}, {"/gone", "404"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			if err := h.SetSource(ctx, here.URL+tt.path); err != nil {
				t.Fatal(err)
			}
			e, err := h.Fetch(ctx, here.Client().Transport)
			if tt.says == "" && (err != nil || e.State != Checked || e.From != here.URL+tt.path) {
				t.Errorf("Fetch = %+v, %v", e, err)
			}
			if tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("Fetch = %v, want it to say %q", err, tt.says)
			}
		})
	}
	for _, address := range []string{"http://example.org/x", "ftp://example.org/x", "https://", "https://user:word@example.org/", "example.org"} {
		if err := h.SetSource(ctx, address); err == nil {
			t.Errorf("SetSource(%s): want a refusal", address)
		}
	}
	if err := h.SetSource(ctx, ""); err != nil {
		t.Error(err)
	}
	if _, err := h.Fetch(ctx, here.Client().Transport); err == nil {
		t.Error("Fetch from nowhere: want a refusal")
	}
}

func TestTransfer(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.set("gpt-5", "7", noon.Add(-48*time.Hour))
	h.set("gpt-5", "8", noon.Add(48*time.Hour))
	h.set("our-model", "3", time.Time{})
	if err := h.SetAlias(ctx, billing.Alias{Provider: "openai", Model: "their-model", LikeModel: "our-model"}); err != nil {
		t.Fatal(err)
	}
	if err := h.SetRate(ctx, "2026-11-20", "7.1", "our bank"); err != nil {
		t.Fatal(err)
	}
	file, err := json.Marshal(h.Export())
	if err != nil {
		t.Fatal(err)
	}
	other := newHouse(t)
	done, err := other.Import(ctx, file)
	if err != nil || done != (Imported{Prices: 3, Aliases: 1, Rates: 1}) {
		t.Fatalf("Import = %+v, %v", done, err)
	}
	for range 2 {
		other.wantCost("gpt-5", noon, "7")
		other.wantCost("gpt-5", noon.Add(48*time.Hour), "8")
		other.wantCost("their-model", noon, "3")
		if again, err := json.Marshal(other.Export()); err != nil || string(again) != string(file) {
			t.Errorf("Export = %s, %v, want %s", again, err, file)
		}
		other.restart()
	}
	if done, err := other.Import(ctx, file); err != nil || done.Prices != 0 || done.Known != 3 {
		t.Errorf("Import again = %+v, %v, want nothing new", done, err)
	}
	differs := strings.Replace(string(file), `"input":"7"`, `"input":"6"`, 1)
	before := snapshotText(other)
	for name, text := range map[string]string{"it says otherwise": differs, "another form": `{"weir_own_prices":2}`, "no file": "x", "more than one": string(file) + "{}",
		"an unknown field": strings.Replace(string(file), `"prices"`, `"price"`, 1)} {
		if _, err := other.Import(ctx, []byte(text)); err == nil {
			t.Errorf("Import where %s: want a refusal", name)
		}
	}
	if snapshotText(other) != before {
		t.Error("a refused import changed something")
	}
}
