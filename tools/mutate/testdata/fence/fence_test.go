package fence

import "testing"

func TestFits(t *testing.T) {
	for n, want := range map[int]bool{-1: false, 0: true, 9: true, 10: false} {
		if got := Fits(n, 10); got != want {
			t.Errorf("Fits(%d, 10) = %t, want %t", n, got, want)
		}
	}
}

func TestPosts(t *testing.T) {
	if n, err := Posts(100, 10, true); n != 11 || err != nil {
		t.Errorf("Posts(100, 10, true) = %d, %v, want 11", n, err)
	}
	if n, err := Posts(100, 10, false); n != 10 || err != nil {
		t.Errorf("Posts(100, 10, false) = %d, %v, want 10", n, err)
	}
}
