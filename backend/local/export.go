package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// A Refusal is what an agent answered instead of a file.
type Refusal struct{ Kind, Message string }

func (r *Refusal) Error() string { return r.Message }

// Export writes the export of a ticket to w. When it ends with an error, what was written is a
// part at most; what the agent refuses is a *Refusal.
func (c *Client) Export(ctx context.Context, ticket string, w io.Writer) error {
	resp, err := c.send(ctx, http.MethodGet, "export/"+ticket, http.NoBody)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		var envelope struct{ Error Refusal }
		if err := json.NewDecoder(resp.Body).Decode(&envelope); err != nil {
			return fmt.Errorf("read the agent's answer: %w", err)
		}
		return &envelope.Error
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("read the export: %w", err)
	}
	return nil
}

// Save writes a file that is there whole or not at all: one that was there before stays until the
// new one is complete. What is no file, such as a pipe or /dev/null, is written to as it is.
func Save(path string, write func(io.Writer) error) error {
	if at, err := os.Stat(path); err == nil && !at.Mode().IsRegular() {
		return pass(path, write)
	}
	part, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	err = write(part)
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return nil
}

// pass writes to something that takes bytes as they come.
func pass(path string, write func(io.Writer) error) error {
	to, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("open the file: %w", err)
	}
	return errors.Join(write(to), to.Close())
}
