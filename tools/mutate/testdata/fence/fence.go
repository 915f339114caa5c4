// Package fence has something of each kind that can be changed.
package fence

import "errors"

var errFull = errors.New("full")

// Fits says whether n posts fit before most.
func Fits(n, most int) bool { return n >= 0 && n < most }

// Posts is how many posts a fence needs; ends says whether it has ends.
func Posts(length, apart int, ends bool) (int, error) {
	if !ends {
		return length / apart, nil
	}
	n := length / apart
	n++
	if n > 1000 {
		return 0, errFull
	}
	return n, nil
}

// Unused is called by no test.
func Unused(n int) int { return n - 1 }
