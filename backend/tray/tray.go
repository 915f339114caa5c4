// Package tray is the menu behind Weir's icon: what it says (view.go), and the one file that
// knows the library which draws it (systray.go, tag tray). It never asks the ledger anything.
package tray

// A View is all that the tray shows at one moment.
type View struct {
	Icon     State
	Title    string // beside the icon, where the system has a place for it
	Tooltip  string
	Spent    Row
	Saved    Row
	Unpriced Row
	Burning  Row
	Quotas   []Row // the worst first
	Last     Row
	Address  Row
	Copies   []Row
	Paused   bool
	Pause    Row
	Open     Row
	Quit     Row
}

// A Row is one line of the menu; one without text is hidden.
type Row struct {
	Text string
	Do   Action
}

// An Action is what a click asks for.
type Action struct {
	Verb Verb
	Page string // Open: the page's address after its #, such as /keys/key_1
	Text string // Copy: what goes to the clipboard
	What string // Copy: what people call it
}

// A Verb is what an Action does.
type Verb int

// The verbs of the menu.
const (
	Nothing Verb = iota
	Open
	Copy
	Pause
	Resume
	Quit
)
