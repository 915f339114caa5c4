package ledger

import "weir/backend/gateway"

// Covers says whether a hard limit of a unit applies to a key's calls.
func (l *Ledger) Covers(keyID string, unit gateway.Unit) bool {
	for _, r := range l.covering(keyID) {
		if r.Hard && r.Unit == unit {
			return true
		}
	}
	return false
}

// Zone returns the IANA zone in which new limits' windows start.
func (l *Ledger) Zone() string { return l.zone }
