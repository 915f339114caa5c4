// Package i18n is the one catalogue of the sentences that people read: Go reads it here, the
// page in index.ts. It decides nothing and holds no state.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
)

//go:embed en/*.json
var files embed.FS

// sentences are all files of the catalogue in one map.
var sentences = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	names, err := files.ReadDir("en")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	for _, name := range names {
		text, err := files.ReadFile("en/" + name.Name())
		if err != nil {
			panic(err)
		}
		var some map[string]string
		if err := json.Unmarshal(text, &some); err != nil {
			panic(fmt.Errorf("catalogue %s: %w", name.Name(), err))
		}
		maps.Copy(all, some)
	}
	return all
})

// T returns the sentence of a key with its {placeholders} filled in; values are names and
// what they stand for, in turns. A key without a sentence is returned as it is.
func T(key string, values ...any) string {
	sentence, ok := sentences()[key]
	if !ok {
		return key
	}
	if len(values) == 0 {
		return sentence
	}
	pairs := make([]string, 0, len(values))
	for i := 0; i+1 < len(values); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", values[i]), fmt.Sprint(values[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(sentence)
}

// N returns the form of a sentence that fits a number, which fills {n}: its keys end in .one and .other.
func N(stem string, n int64, values ...any) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return T(stem+form, append([]any{"n", n}, values...)...)
}

// Has says whether there is a sentence for a key.
func Has(key string) bool {
	_, ok := sentences()[key]
	return ok
}
