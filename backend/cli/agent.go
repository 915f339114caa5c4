package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"weir/backend/console"
)

// call asks the agent of the home to carry out an operation and reads its data into out.
func (s *session) call(ctx context.Context, op string, args, out any) error {
	agent, err := readAgent(s.Home)
	if err != nil {
		return err
	}
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://weir/console/"+op, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+agent.Token)
	var dialed bool
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := console.DialLocal(ctx, agent.Address)
		dialed = err == nil
		return conn, err
	}}}
	resp, err := client.Do(req)
	if err != nil {
		if !dialed {
			return errNoAgent
		}
		return fmt.Errorf("ask the agent: %w", err)
	}
	defer resp.Body.Close()
	var envelope struct {
		OK    bool
		Data  json.RawMessage
		Error console.ErrorView
	}
	if err := json.NewDecoder(resp.Body).Decode(&envelope); err != nil {
		return fmt.Errorf("read the agent's answer: %w", err)
	}
	if !envelope.OK {
		return &Failure{envelope.Error}
	}
	return json.Unmarshal(envelope.Data, out)
}

func readAgent(home string) (a console.Agent, err error) {
	data, err := os.ReadFile(filepath.Join(home, console.AgentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return a, errNoAgent
	}
	if err != nil {
		return a, fmt.Errorf("read %s: %w", console.AgentFile, err)
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("read %s: %w", console.AgentFile, err)
	}
	return a, nil
}
