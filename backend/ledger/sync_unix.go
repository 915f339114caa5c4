//go:build !windows

package ledger

import (
	"errors"
	"fmt"
	"os"
)

// syncFolder makes the names within a folder survive a power cut.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
