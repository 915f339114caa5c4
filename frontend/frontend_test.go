package frontend

import (
	"io/fs"
	"testing"
)

func TestFS(t *testing.T) {
	t.Run("there is always a page, built or not", func(t *testing.T) {
		page, err := fs.ReadFile(FS(), "index.html")
		if err != nil || len(page) == 0 {
			t.Errorf("ReadFile(index.html) = %d bytes, %v, want a page", len(page), err)
		}
	})
	t.Run("the placeholder is part of every build", func(t *testing.T) {
		if _, ok := folder("placeholder"); !ok {
			t.Error("folder(placeholder) = false, want true")
		}
	})
}
