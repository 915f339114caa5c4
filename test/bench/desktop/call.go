//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// call asks the sandbox for one reply.
func call(ctx context.Context, relay, secret string) error {
	body := strings.NewReader(`{"model":"sandbox/claude-sonnet-4-6","max_tokens":50,"messages":[{"role":"user","content":"Hello"}]}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, relay+"/v1/messages", body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Header.Set("Anthropic-Version", "2023-06-01")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, answer)
	}
	return nil
}
