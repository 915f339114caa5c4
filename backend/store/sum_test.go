package store

import (
	"errors"
	"strings"
	"testing"
)

// A list is a sum of names, written as one row.
type list struct {
	names []string
	told  *[]string // the rows that were committed; nil: nobody asks
}

const insertList = "INSERT INTO setting (name, value) VALUES (?, 'x')"

func (l *list) Write(tx *Tx) error {
	_, err := tx.Exec(insertList, strings.Join(l.names, "+"))
	return err
}

func (l *list) Committed() {
	if l.told != nil {
		*l.told = append(*l.told, strings.Join(l.names, "+"))
	}
}

// add adds a name to the list of the commit.
func add(name string) func(*Tx) error { return addTold(name, nil) }

func addTold(name string, told *[]string) func(*Tx) error {
	return func(tx *Tx) error {
		sum, err := tx.Sum("list", func() Sum { return &list{told: told} })
		if err != nil {
			return err
		}
		l := sum.(*list)
		l.names = append(l.names, name)
		return nil
	}
}

func TestSums(t *testing.T) {
	fails := func(name string) func(*Tx) error {
		return func(tx *Tx) error { return errors.Join(add(name)(tx), errNo) }
	}
	flushes := func(tx *Tx) error { return errors.Join(add("c")(tx), tx.Flush(), add("d")(tx)) }
	for _, tt := range []struct {
		name string
		ops  []func(*Tx) error
		want string
	}{
		{"of one commit are written once", []func(*Tx) error{add("a"), add("b"), put("z")}, "a+b z"},
		{"of an op that stands alone are written too", []func(*Tx) error{add("a")}, "a"},
		{"are written when an op asks for it, and begin anew", []func(*Tx) error{add("a"), add("b"), flushes}, "a+b+c d"},
		{"do not have what was undone", []func(*Tx) error{add("a"), fails("b"), add("c")}, "a c"},
		{"that cannot be written together are written op by op", []func(*Tx) error{put("a+b"), add("a"), add("b")}, "a a+b b"},
		{"that cannot be written are undone with their op alone", []func(*Tx) error{put("a"), add("a"), put("z")}, "a z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			release := occupy(t, s)
			var answers []<-chan error
			for _, op := range tt.ops {
				answers = append(answers, s.Send(bg, op))
			}
			release()
			for _, answer := range answers {
				if err := <-answer; err != nil && !errors.Is(err, errNo) && !strings.Contains(err.Error(), "UNIQUE") {
					t.Error(err)
				}
			}
			if got := names(t, s); got != tt.want {
				t.Errorf("rows = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSumsHearOfTheirCommit(t *testing.T) {
	var told []string
	tell := func(name string) func(*Tx) error { return addTold(name, &told) }
	flushes := func(tx *Tx) error { return errors.Join(tell("b")(tx), tx.Flush(), tell("c")(tx)) }
	undone := func(tx *Tx) error { return errors.Join(tell("x")(tx), tx.Flush(), errNo) }
	for _, tt := range []struct {
		name string
		ops  []func(*Tx) error
		want string
	}{
		{"once for each that was written, in that order", []func(*Tx) error{tell("a"), flushes}, "a+b c"},
		{"but not those that were undone", []func(*Tx) error{tell("a"), undone, tell("d")}, "a d"},
		{"nor those of a commit that failed", []func(*Tx) error{undone}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told = nil
			s := open(t, t.TempDir())
			release := occupy(t, s)
			var answers []<-chan error
			for _, op := range tt.ops {
				answers = append(answers, s.Send(bg, op))
			}
			release()
			for _, answer := range answers {
				if err := <-answer; err != nil && !errors.Is(err, errNo) {
					t.Error(err)
				}
			}
			if got := strings.Join(told, " "); got != tt.want {
				t.Errorf("told of %q, want %q", got, tt.want)
			}
		})
	}
}
