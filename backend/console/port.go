package console

import (
	"context"
	"strconv"

	"weir/backend/store"
)

// The ports that nobody else of this kind has: the relay's and the console's for browsers.
const (
	UsualPort        = 9347
	UsualConsolePort = 9348
)

// portSetting is the name of the port that was chosen.
const portSetting = "port"

// StoredPort returns the relay's port as it was chosen, or the usual one.
func StoredPort(ctx context.Context, st *store.Store) (int, error) {
	text, err := st.Setting(ctx, portSetting)
	if err != nil || text == "" {
		return UsualPort, err
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < lowestPort || port > highestPort {
		return UsualPort, nil // no such port was ever stored
	}
	return port, nil
}

// StorePort remembers the relay's port.
func StorePort(ctx context.Context, st *store.Store, port int) error {
	return st.Set(ctx, portSetting, strconv.Itoa(port))
}

// URL is the relay's base URL behind an open door.
func (d Door) URL() string { return "http://127.0.0.1:" + strconv.Itoa(d.Port) }
