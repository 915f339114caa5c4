//go:build tray

package tray

import _ "embed"

// The menu bar takes templates: black on nothing, tinted by the system.
var (
	//go:embed icons/normal-template.png
	normalIcon []byte
	//go:embed icons/near-template.png
	nearIcon []byte
	//go:embed icons/blocked-template.png
	blockedIcon []byte
	//go:embed icons/paused-template.png
	pausedIcon []byte
	//go:embed icons/trouble-template.png
	troubleIcon []byte
)
