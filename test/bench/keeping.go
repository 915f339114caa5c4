package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"weir/backend/ledger"
)

const (
	keepRounds  = 3    // of each kind, in turns
	keepCalls   = 1500 // of a round
	keepCallers = 4
)

// A keeping is how long calls take to be held and settled, alone and while old calls lose their details.
type keeping struct {
	alone, beside []time.Duration
	taken         int64         // calls that lost their details meanwhile
	took          time.Duration // in so much time
}

// measureKeeping measures both in turns.
func (s *scale) measureKeeping(ctx context.Context, l *ledger.Ledger) error {
	for n := range keepRounds {
		if err := s.keep.round(ctx, l, &s.keep.alone, fmt.Sprintf("call_y%dq", n)); err != nil {
			return err
		}
		if err := l.SetRetention(ctx, ledger.Retention{Months: 1}); err != nil {
			return err
		}
		began := time.Now()
		inner, cancel := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() {
			taken, err := l.RetainOnce(inner)
			s.keep.taken += taken
			ended <- err
		}()
		err := s.keep.round(ctx, l, &s.keep.beside, fmt.Sprintf("call_y%db", n))
		cancel()
		s.keep.took += time.Since(began)
		if late := <-ended; late != nil && !errors.Is(late, context.Canceled) {
			err = errors.Join(err, late)
		}
		if err = errors.Join(err, l.SetRetention(ctx, ledger.Retention{})); err != nil {
			return err
		}
	}
	return nil
}

// round settles calls and notes how long each took.
func (k *keeping) round(ctx context.Context, l *ledger.Ledger, times *[]time.Duration, prefix string) error {
	took, errs := make([][]time.Duration, keepCallers), make([]error, keepCallers)
	var wg sync.WaitGroup
	for caller := range keepCallers {
		wg.Go(func() {
			for n := range keepCalls / keepCallers {
				began := time.Now()
				if err := settleOne(ctx, l, fmt.Sprintf("%s%d%018d", prefix, caller, n)); err != nil {
					errs[caller] = err
					return
				}
				took[caller] = append(took[caller], time.Since(began))
			}
		})
	}
	wg.Wait()
	*times = append(*times, slices.Concat(took...)...)
	return errors.Join(errs...)
}

// line says what was measured.
func (k keeping) line() string {
	at := func(times []time.Duration, of int) string {
		sorted := slices.Sorted(slices.Values(times))
		return milli(sorted[min(len(sorted)-1, len(sorted)*of/1000)])
	}
	return fmt.Sprintf("a call held and settled, %d at once: median %s ms, 99th percentile %s; while old calls lose their details (%.0f a second): %s and %s",
		keepCallers, at(k.alone, 500), at(k.alone, 990), float64(k.taken)/k.took.Seconds(), at(k.beside, 500), at(k.beside, 990))
}
