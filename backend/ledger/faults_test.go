package ledger

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"weir/backend/gateway"
)

// A fault is what can be wrong with a file, and how it is put right.
type fault struct {
	name, of     string // of which table, or of which column: "call", "call.id"
	wrong, right []string
}

// table says that a fault is of a whole table.
func (f fault) table() bool { return !strings.Contains(f.of, ".") }

func (h *house) suffer(steps []string) {
	h.t.Helper()
	for _, step := range steps {
		h.mustExec(step)
	}
}

// tables are the file's tables with their columns.
func (h *house) tables() (names []string, columns map[string][]string) {
	h.t.Helper()
	rows, err := h.st.Read().Query(`SELECT t.name, c.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE 'price_%' AND t.name NOT LIKE 'connection%' ORDER BY 1, c.cid`)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	columns = map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			h.t.Fatal(err)
		}
		if columns[table] == nil {
			names = append(names, table)
		}
		columns[table] = append(columns[table], column)
	}
	return names, columns
}

// lost are the faults that a table, or a column of it, is not there.
func (h *house) lost() (all []fault) {
	names, columns := h.tables()
	for _, table := range names {
		all = append(all, fault{"the table " + table + " is lost", table, []string{"ALTER TABLE " + table + " RENAME TO lost"}, []string{"ALTER TABLE lost RENAME TO " + table}})
		for _, c := range columns[table] {
			all = append(all, fault{table + " lacks its " + c, table + "." + c, []string{fmt.Sprintf("ALTER TABLE %s RENAME COLUMN %s TO lost", table, c)},
				[]string{fmt.Sprintf("ALTER TABLE %s RENAME COLUMN lost TO %s", table, c)}})
		}
	}
	return all
}

// unreadable are the faults that one of a table's first rows cannot be read.
func (h *house) unreadable() (all []fault) {
	names, columns := h.tables()
	for _, table := range names {
		for row := range min(4, h.count("SELECT count(*) FROM "+table)) {
			view := fmt.Sprintf(`CREATE VIEW %s AS SELECT %s FROM (SELECT *, row_number() OVER () AS nth FROM lost) WHERE abs(nth - %d - 9223372036854775807 - 1)`,
				table, strings.Join(columns[table], ", "), row+1)
			all = append(all, fault{fmt.Sprintf("row %d of %s cannot be read", row+1, table), table,
				[]string{"PRAGMA legacy_alter_table = ON", "ALTER TABLE " + table + " RENAME TO lost", view},
				[]string{"DROP VIEW " + table, "ALTER TABLE lost RENAME TO " + table, "PRAGMA legacy_alter_table = OFF"}})
		}
	}
	return all
}

// askUnder asks everything under each fault: the answer is an error or what it is without the fault, never a part of it.
func askUnder(t *testing.T, h *house, faults []fault) {
	t.Helper()
	whole := map[string]any{}
	for _, q := range questions {
		answer, err := q.ask(h, bg)
		if err != nil {
			t.Fatalf("%s: %v", q.name, err)
		}
		whole[q.name] = answer
	}
	failed, needs := map[string]bool{}, map[[2]string]bool{}
	for _, f := range faults {
		h.suffer(f.wrong)
		for _, q := range questions {
			table, _, _ := strings.Cut(f.of, ".")
			if !f.table() && !needs[[2]string{q.name, table}] {
				continue
			}
			answer, err := q.ask(h, bg)
			if err == nil && !reflect.DeepEqual(answer, whole[q.name]) {
				t.Errorf("%s, when %s: %+v and no error, want an error or %+v", q.name, f.name, answer, whole[q.name])
			}
			var e *gateway.Error
			if errors.As(err, &e) && e.Kind == gateway.NotFound {
				t.Errorf("%s, when %s: %v, as if there were none", q.name, f.name, err)
			}
			if err != nil {
				failed[q.name], needs[[2]string{q.name, table}] = true, true
			}
		}
		h.suffer(f.right)
	}
	for _, q := range questions {
		if !failed[q.name] {
			t.Errorf("%s: no fault mattered", q.name)
		}
		if answer, err := q.ask(h, bg); err != nil || !reflect.DeepEqual(answer, whole[q.name]) {
			t.Errorf("%s, when all is well again: %+v, %v, want %+v", q.name, answer, err, whole[q.name])
		}
	}
}
