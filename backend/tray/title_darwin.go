//go:build tray

package tray

// title is what stands beside the icon in the menu bar.
func title(v View) string { return v.Title }
