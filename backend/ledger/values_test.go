package ledger

import (
	"fmt"
	"strings"
	"testing"
)

// spoiled is a fault that a column of all of a table's rows has a value that it cannot have.
func (h *house) spoiled(table, column, value string) fault {
	h.t.Helper()
	_, columns := h.tables()
	var all []string
	for _, c := range columns[table] {
		if c == column {
			c = value + " AS " + c
		}
		all = append(all, c)
	}
	return fault{fmt.Sprintf("%s of %s is %s", column, table, value), table + "." + column,
		[]string{"PRAGMA legacy_alter_table = ON", "ALTER TABLE " + table + " RENAME TO lost",
			fmt.Sprintf("CREATE VIEW %s AS SELECT %s FROM lost", table, strings.Join(all, ", "))},
		[]string{"DROP VIEW " + table, "ALTER TABLE lost RENAME TO " + table, "PRAGMA legacy_alter_table = OFF"}}
}

// TestValuesThatCannotBeReadAreAnError: no names, parts of a token, text where JSON should be.
func TestValuesThatCannotBeReadAreAnError(t *testing.T) {
	h := furnished(t)
	for _, tt := range []struct{ question, table, column, value string }{
		{"repricings of calls", "repricing", "reason", "NULL"},
		{"repricings", "repricing", "prices", "NULL"},
		{"a repricing", "repricing", "source", "NULL"},
		{"what a repricing would do", "call", "seq", "NULL"},
		{"what a repricing would do", "call", "priced_by", "'{'"},
		{"what is usually spent", "rollup", "charge_pico", "0.3"},
		{"which limits there are", "limit_rule", "amount", "NULL"},
		{"which limits there are", "limit_rule", "tz", "'Nowhere/Else'"},
		{"reconciliations", "reconciliation", "name", "NULL"},
		{"a provider's days", "upstream_day", "requests", "NULL"},
		{"calls that are apart", "call", "id", "NULL"},
		{"sums", "rollup", "input", "0.3"},
		{"parts", "rollup_hour", "output", "0.3"},
		{"parts", "unsettled_hour", "calls", "0.3"},
		{"sums", "unsettled_hour", "calls", "0.3"},
		{"charges", "rollup", "unpriced", "0.3"},
		{"charges of a key", "rollup_hour", "charge_pico", "0.3"},
		{"what was spent", "key_total", "charge_pico", "0.3"},
		{"a quota", "limit_window", "held", "NULL"},
		{"a limit's changes", "limit_change", "reason", "NULL"},
		{"models that were used", "rollup_hour", "charge_tokens", "0.3"},
		{"models without a price", "upstream_day", "requests", "0.3"},
		{"what earlier starts left", "call", "progress", "'{'"},
		{"what earlier starts left", "call", "hold_pico", "NULL"},
		{"every call", "call", "native", "'{'"},
		{"calls", "call", "attempts", "5"},
		{"a page", "call", "key_name", "NULL"},
		{"a call", "call", "flags", "x'00'"},
		{"a key's name", "call", "key_name", "NULL"},
		{"the oldest whole call", "call", "started_at", "NULL"},
	} {
		f := h.spoiled(tt.table, tt.column, tt.value)
		h.suffer(f.wrong)
		for _, q := range questions {
			if q.name != tt.question {
				continue
			}
			if answer, err := q.ask(h, bg); err == nil {
				t.Errorf("%s, when %s: %+v and no error", q.name, f.name, answer)
			}
		}
		h.suffer(f.right)
	}
	h.check()
}
