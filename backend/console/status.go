package console

import (
	"cmp"
	"context"
	"slices"

	"weir/backend/gateway"
)

func (c *Console) status(ctx context.Context, _ none) (Status, error) {
	hasReal, err := c.Ledger.HasReal(ctx)
	if err != nil {
		return Status{}, err
	}
	hasCalls, err := c.Ledger.HasCalls(ctx)
	if err != nil {
		return Status{}, err
	}
	healthy, message := c.Ledger.Healthy()
	box := c.Box.State()
	return Status{Version: c.Version, Relay: c.Relay.Address(), Home: c.Home, SimulatedOnly: !hasReal, HasCalls: hasCalls,
		PricesDate: c.Prices.Book().Date(), Secrets: Secrets{KeptIn: box.KeptIn, Locked: box.Locked, Message: orNull(box.Message)},
		Healthy: healthy, Message: orNull(message), Role: c.role(), Tray: c.tray(),
		Paused: c.Relay.Paused(), Door: c.door(), HasProviders: c.hasProviders(), HasKeys: c.hasKeys()}, nil
}

// unlockSecrets tries the keychain once more.
func (c *Console) unlockSecrets(ctx context.Context, _ none) (Status, error) {
	c.Box.Unlock(ctx)
	c.changes.tell("status")
	return c.status(ctx, none{})
}

func (c *Console) role() string { return cmp.Or(c.Role, "server") }

func (c *Console) tray() bool { return c.Tray != nil && c.Tray() }

func (c *Console) hasProviders() bool {
	return slices.ContainsFunc(c.Channels.All(), func(ch gateway.Channel) bool { return ch.Enabled })
}

func (c *Console) hasKeys() bool {
	return slices.ContainsFunc(c.Access.Keys(), func(k gateway.Key) bool { return k.State == gateway.KeyActive })
}

func invalid(field, message string) error {
	return &gateway.Error{Kind: gateway.Invalid, Field: field, Message: message}
}

// Login is a link that opens the page in a browser, once.
type Login struct {
	LoginURL string `json:"login_url"`
}

func (c *Console) newLogin(context.Context, none) (Login, error) {
	url, err := c.LoginURL()
	return Login{url}, err
}
