package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"weir/backend/console"
	"weir/backend/local"
)

// call asks the agent of the home to carry out an operation and reads its data into out.
func (s *session) call(ctx context.Context, op string, args, out any) error {
	agent, err := local.Find(s.Home)
	if err != nil {
		return err
	}
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	client := local.NewClient(agent)
	defer client.Close()
	answer, err := client.Call(ctx, op, body)
	if err != nil {
		return err
	}
	var envelope struct {
		OK    bool
		Data  json.RawMessage
		Error console.ErrorView
	}
	if err := json.Unmarshal(answer, &envelope); err != nil {
		return fmt.Errorf("read the agent's answer: %w", err)
	}
	if !envelope.OK {
		return &Failure{envelope.Error}
	}
	return json.Unmarshal(envelope.Data, out)
}
