//go:build tray && !windows && !darwin

package tray

import _ "embed"

// Panels take a PNG and scale it; its middle tones stand out on dark and on light ones.
var (
	//go:embed icons/normal.png
	normalIcon []byte
	//go:embed icons/near.png
	nearIcon []byte
	//go:embed icons/blocked.png
	blockedIcon []byte
	//go:embed icons/paused.png
	pausedIcon []byte
	//go:embed icons/trouble.png
	troubleIcon []byte
)
