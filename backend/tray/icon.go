//go:build tray

package tray

// icon is the picture of a state as the platform's tray wants it.
func icon(s State) []byte {
	return [...][]byte{Normal: normalIcon, Near: nearIcon, Blocked: blockedIcon, Paused: pausedIcon, Trouble: troubleIcon}[s]
}
