//go:build tray

package tray

import _ "embed"

// The notification area takes .ico files alone, and picks the size that its scale needs.
var (
	//go:embed icons/normal.ico
	normalIcon []byte
	//go:embed icons/near.ico
	nearIcon []byte
	//go:embed icons/blocked.ico
	blockedIcon []byte
	//go:embed icons/paused.ico
	pausedIcon []byte
	//go:embed icons/trouble.ico
	troubleIcon []byte
)
