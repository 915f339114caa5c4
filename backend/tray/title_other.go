//go:build tray && !darwin

package tray

// title is empty: on Linux some panels would show it in place of a name, Windows has none.
func title(View) string { return "" }
