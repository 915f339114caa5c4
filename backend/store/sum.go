package store

import "fmt"

// A Sum is what several ops of one commit add to the same rows, so that these are read and
// written once for all of them: they end as if each op had written them by itself.
type Sum interface {
	// Write brings the rows to what the ops made of them.
	Write(tx *Tx) error
	// Committed is told once what was written is durable, in the order of writing. Without it nothing was.
	Committed()
}

// Sum returns the sum that the ops of this commit share under a name. It is made by fresh
// when it is asked for first, and forgotten with what was undone.
func (tx *Tx) Sum(name string, fresh func() Sum) (Sum, error) {
	if err := tx.mark(); err != nil {
		return nil, err
	}
	sum, ok := tx.w.sums[name]
	if !ok {
		sum = fresh()
		tx.w.sums[name] = sum
	}
	return sum, nil
}

// Flush writes and forgets all sums. Who reads rows that others sum up calls it first.
func (tx *Tx) Flush() error {
	for name, sum := range tx.w.sums {
		delete(tx.w.sums, name)
		if err := sum.Write(tx); err != nil {
			return fmt.Errorf("write the sum %s: %w", name, err)
		}
		tx.w.written = append(tx.w.written, sum)
	}
	return nil
}
