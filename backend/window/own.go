//go:build desktop

package window

// own says that this program is the window too.
const own = true
