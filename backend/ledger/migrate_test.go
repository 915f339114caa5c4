package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/billing"
)

// firstTables are the first schema's, but for the rollup, which is made anew, and the holds, which lie in their calls now.
var firstTables = []string{"boot", "setting", "access_key", "key_digest", "channel", "limit_rule", "limit_window", "call", "entry"}

// TestAHomeOfTheFirstSchemaIsCarriedOver writes calls into a ledger as the first schema has
// them, and opens it.
func TestAHomeOfTheFirstSchemaIsCarriedOver(t *testing.T) {
	c := newCrowd(t, "Europe/Berlin", rand.Uint64(), crowdSize, noon.Add(-30*time.Hour), noon)
	c.limit("key_1", "500usd/day", "90000calls/total")
	for range 20 {
		c.add(noon)
	}
	for range 3 {
		c.mustHold("key_1", dollars("0.5"))
	}
	c.stop()
	columns := downgrade(t, c.house)
	for i := range c.calls {
		u := &c.calls[i].Bill.Usage
		u[billing.Thinking], u[billing.Citation] = 0, 0 // nobody counted them then
	}
	before := dump(t, c.home, columns)
	c.start()
	c.check()
	after := dump(t, c.home, columns)
	for table, rows := range before {
		if table != "boot" && rows != after[table] {
			t.Errorf("table %s =\n%s\nwant\n%s", table, after[table], rows)
		}
	}
	for _, simulated := range []bool{false, true} {
		c.compareSums(Slot{noon.Add(-40 * time.Hour), noon.Add(time.Hour)}, simulated)
	}
	if n := c.count("SELECT count(DISTINCT slot) FROM rollup"); n < 50 {
		t.Errorf("the calls of 30 hours lie in %d slots", n)
	}
	hold := c.mustHold("key_1", dollars("1"))
	hold.End(settled(hold.call, dollars("1")))
	c.check()
}

func (h *house) count(query string) (n int) {
	h.t.Helper()
	if err := h.st.Read().QueryRow(query).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// downgrade gives a closed ledger the first schema: its file's statements, and its tables' rows.
// It returns the columns of its tables.
func downgrade(t *testing.T, h *house) map[string]string {
	t.Helper()
	first, err := os.ReadFile("../store/sql/0001_ledger.sql")
	if err != nil {
		t.Fatal(err)
	}
	path, old := filepath.Join(h.home, "ledger.db"), filepath.Join(h.home, "old.db")
	columns := map[string]string{}
	script := "ATTACH '" + path + "' AS new;"
	onFile(t, old, func(db *sql.DB) error {
		_, err := db.Exec(string(first))
		for _, table := range firstTables {
			var names string
			err = errors.Join(err, db.QueryRow("SELECT group_concat(name) FROM pragma_table_info(?)", table).Scan(&names))
			columns[table] = names
			script += fmt.Sprintf("INSERT INTO main.%s (%s) SELECT %s FROM new.%s;", table, names, names, table)
		}
		return err
	})
	// Holds in a table of their own; and sums by hours, without the columns that the first schema lacks.
	script += `UPDATE main.call SET meters = json_remove(meters, '$.thinking', '$.citation') WHERE meters IS NOT NULL;
		INSERT INTO main.hold SELECT c.id, each.value ->> 'limit', each.value ->> 'start',
			CASE each.value ->> 'unit' WHEN 'usd' THEN hold_pico WHEN 'tokens' THEN hold_tokens ELSE hold_calls END
		FROM new.call AS c, json_each(c.holds) AS each;
		INSERT INTO main.rollup SELECT slot - slot % 3600000 AS hour, key_id, channel_id, provider, model, simulated, sum(calls),
		sum(unpriced), sum(cost_pico), sum(charge_pico), sum(charge_tokens), sum(charge_calls), sum(without_cache_pico), sum(input),
		sum(cache_read), sum(cache_write_5m + cache_write_1h), sum(output)
		FROM new.rollup GROUP BY hour, key_id, channel_id, provider, model, simulated;
		PRAGMA main.application_id = 2003134834; PRAGMA main.user_version = 1; DETACH new;`
	onFile(t, old, func(db *sql.DB) error {
		_, err := db.Exec(script)
		return err
	})
	if err := errors.Join(os.Remove(path), os.Rename(old, path)); err != nil {
		t.Fatal(err)
	}
	return columns
}

// dump returns the rows of the first tables in the first columns, as text.
func dump(t *testing.T, home string, columns map[string]string) map[string]string {
	t.Helper()
	all := map[string]string{}
	onFile(t, filepath.Join(home, "ledger.db"), func(db *sql.DB) error {
		for _, table := range firstTables {
			rows, err := db.Query("SELECT " + columns[table] + " FROM " + table + " ORDER BY 1, 2")
			if err != nil {
				return err
			}
			all[table], err = textOf(rows)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if strings.Count(all["call"], "\n") < crowdSize || all["entry"] == "" {
		t.Fatal("the ledger to carry over is not full")
	}
	return all
}

func textOf(rows *sql.Rows) (string, error) {
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for rows.Next() {
		values, dests := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			dests[i] = &values[i]
		}
		if err := rows.Scan(dests...); err != nil {
			return "", err
		}
		fmt.Fprintln(&b, values...)
	}
	return b.String(), rows.Err()
}

func onFile(t *testing.T, path string, do func(*sql.DB) error) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if err := errors.Join(do(db), db.Close()); err != nil {
		t.Fatal(err)
	}
}
