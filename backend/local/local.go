// Package local is the console's door for programs of the same user, a unix socket or a named
// pipe, and the client that the command line and the window knock with. It knows no operation.
package local

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// AgentFile is the file in a home that says how the command line reaches its agent. Only
// its owner may read it.
const AgentFile = "agent.json"

// ErrNoAgent says that no agent runs for a home.
var ErrNoAgent = errors.New("no agent runs for this home")

// An Agent is the content of AgentFile, and of the first line that a window reads.
type Agent struct {
	Address string `json:"address"` // of the unix socket or named pipe
	Token   string `json:"token"`
	PID     int    `json:"pid"`
}

// Find reads the AgentFile of a home; without one the error is ErrNoAgent.
func Find(home string) (a Agent, err error) {
	data, err := os.ReadFile(filepath.Join(home, AgentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return a, ErrNoAgent
	}
	if err == nil {
		err = json.Unmarshal(data, &a)
	}
	if err != nil {
		return a, fmt.Errorf("read %s: %w", AgentFile, err)
	}
	return a, nil
}

// A Client asks an agent to carry out operations.
type Client struct {
	agent Agent
	http  http.Client
}

// NewClient returns a client of an agent; it connects when it is asked something.
func NewClient(a Agent) *Client {
	return &Client{agent: a, http: http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 4,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := Dial(ctx, a.Address)
			if err != nil {
				return nil, errors.Join(ErrNoAgent, err)
			}
			return conn, nil
		}}}}
}

// Close ends the client's idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Call carries out one operation with JSON arguments and returns its envelope. The error is
// ErrNoAgent when nobody listens.
func (c *Client) Call(ctx context.Context, op string, args []byte) ([]byte, error) {
	resp, err := c.send(ctx, http.MethodPost, op, bytes.NewReader(args))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	envelope, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("read the agent's answer: %w", err)
	}
	return envelope, nil
}

// Ask carries out one operation that takes nothing and reads its data into out. What the
// agent refuses is an error too.
func (c *Client) Ask(ctx context.Context, op string, out any) error {
	answer, err := c.Call(ctx, op, []byte("{}"))
	if err != nil {
		return err
	}
	var envelope struct {
		OK    bool
		Data  json.RawMessage
		Error struct{ Message string }
	}
	if err := json.Unmarshal(answer, &envelope); err != nil {
		return fmt.Errorf("read the agent's answer: %w", err)
	}
	if !envelope.OK {
		return fmt.Errorf("%s: %s", op, envelope.Error.Message)
	}
	return json.Unmarshal(envelope.Data, out)
}

func (c *Client) send(ctx context.Context, method, op string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://weir/console/"+op, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.agent.Token)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the agent: %w", err)
	}
	return resp, nil
}

// Feed opens the live feed. The returned function hands on one message after the other until
// the feed breaks or ctx ends, and always returns an error.
func (c *Client) Feed(ctx context.Context) (read func(message func(event, data string)) error, err error) {
	resp, err := c.send(ctx, http.MethodGet, "feed", nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("open the feed: %s", resp.Status)
	}
	return func(message func(event, data string)) error {
		defer resp.Body.Close()
		return frames(resp.Body, message)
	}, nil
}

// frames reads the feed's messages: an event line, a data line, an empty line.
func frames(r io.Reader, message func(event, data string)) error {
	var event string
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return fmt.Errorf("read the feed: %w", err)
		}
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			event = name
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			message(event, data)
		}
	}
}
