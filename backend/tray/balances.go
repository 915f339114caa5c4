package tray

import (
	"time"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// balances says what is left at each provider that told it, and how long ago that was.
func balances(g console.Glance, now time.Time) []Row {
	var rows []Row
	for _, b := range g.Balances {
		at, err := time.Parse(time.RFC3339, b.FetchedAt)
		if err != nil {
			continue // an amount without its age is not shown
		}
		key := "tray.balance." + b.Kind
		if b.Stale {
			key = "tray.balance.stale." + b.Kind
		}
		text := i18n.T(key, "name", shorten(b.Name), "amount", i18n.Money(b.Currency, b.Left), "ago", ago(now.Sub(at)))
		rows = append(rows, Row{text, Action{Verb: Open, Page: "/providers/" + b.ProviderID}})
	}
	return rows
}

// ago writes an age in its largest unit.
func ago(age time.Duration) string {
	switch {
	case age < time.Minute:
		return i18n.T("tray.ago.now")
	case age < time.Hour:
		return i18n.T("tray.ago.minutes", "n", int(age.Minutes()))
	case age < 48*time.Hour:
		return i18n.T("tray.ago.hours", "n", int(age.Hours()))
	}
	return i18n.T("tray.ago.days", "n", int(age.Hours()/24))
}
