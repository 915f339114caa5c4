package console

import (
	"testing"

	"weir/backend/ledger"
	"weir/backend/reuse"
	"weir/billing"
)

// TestCacheShares: what the ledger knows of tokens and the watch of misses and waste meets in one row for each model.
func TestCacheShares(t *testing.T) {
	part := func(key, model string, fresh, read, compared, without int64) ledger.Part {
		return ledger.Part{KeyID: key, Model: model, Sums: ledger.Sums{Calls: 1, Fresh: fresh, CacheRead: read, Compared: billing.Pico(compared), WithoutCache: billing.Pico(without)}}
	}
	parts := []ledger.Part{part("key_1", "a", 100, 300, 10, 30), part("key_2", "a", 0, 100, 5, 5), part("key_1", "b", 50, 0, 7, 7)}
	sums := []reuse.Sum{
		{KeyID: "key_1", Model: "a", What: string(reuse.Tools), Calls: 2, Tokens: 500, Pico: 9, Unpriced: 1},
		{KeyID: "key_1", Model: "a", What: reuse.Wasted, Calls: 3, Tokens: 70, Pico: 4},
		{KeyID: "key_1", Model: "b", What: string(reuse.Pause), Calls: 1, Tokens: 20, Pico: 30},
	}
	models := cacheShares(parts, sums, func(_, model string) string { return model }, func(id string) string { return id })
	if len(models) != 2 || models[0].ID != "a" {
		t.Fatalf("models are %+v, want a before b", models)
	}
	a := models[0]
	if a.Misses != 2 || a.MissedTokens != 500 || a.UnpricedMisses != 1 || a.WastedTokens != 70 || a.WastedUSD != "0.000000000004" || a.SavedUSD != "0.00000000002" || *a.HitPermille != 800 {
		t.Errorf("a is %+v, want two misses of 500 tokens, 70 wasted, and four fifths read", a)
	}
	all := causes(sums)
	if len(all) != 2 || all[0].Cause != "pause" || all[1].Cause != "tools" || all[1].CostUSD != "0.000000000009" {
		t.Errorf("causes are %+v, want the dearer one first, and no waste among them", all)
	}
}
