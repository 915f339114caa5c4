package tray

// State is what the tray's icon tells about the relay. Each has a shape of its own: colour
// only repeats what the shape says.
type State int

// The states, from the one that asks for nothing to the one that asks for most.
const (
	Normal  State = iota // calls go through
	Near                 // a limit has little left
	Blocked              // a limit refuses calls
	Paused               // the relay was paused
	Trouble              // the relay does not run
)
