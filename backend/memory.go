package backend

// collectFrom is how much is allocated between two collections of garbage at least. What a
// relay keeps is so little that Go, which collects once it has doubled, would look through all
// of it a hundred times a second under load.
const collectFrom = 12 << 20

// ballast makes Go collect later, by memory that is never written to and so takes none. A
// memory limit would do the same, but where large bodies pass it, Go would do nothing else.
func ballast() []byte { return make([]byte, collectFrom) }
