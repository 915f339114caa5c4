package ledger

import (
	"fmt"
	"sync"
	"testing"
)

// BenchmarkHoldEnd is a whole call's bookkeeping, both commits waited for: a key's dollar limit and an account's apply.
func BenchmarkHoldEnd(b *testing.B) {
	for _, callers := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("%d at once", callers), func(b *testing.B) {
			h := newHouse(b)
			h.limit("key_a", "9000000usd/day")
			b.ResetTimer()
			work := make(chan struct{})
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for range work {
						hold, err := h.hold("key_a", dollars("0.01"))
						if err != nil {
							b.Error(err)
							return
						}
						if !hold.End(settled(hold.call, dollars("0.001"))) {
							b.Error("End was not durable")
						}
					}
				})
			}
			for range b.N {
				work <- struct{}{}
			}
			close(work)
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
