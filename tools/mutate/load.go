package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// A pkg is a package with its types and what can be changed in it.
type pkg struct {
	path, dir, name string
	fset            *token.FileSet
	info            *types.Info
	types           *types.Package
	files           []*file
	mutants         []*mutant // by their id
}

// A file is one of a package's sources.
type file struct {
	path    string
	text    []byte
	syntax  *ast.File
	mutants []*mutant
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Name, Export string
	GoFiles                       []string
	DepOnly                       bool
}

// load reads a package and finds its mutants.
func load(ctx context.Context, dir string) (*pkg, error) {
	of, exports, err := list(ctx, dir)
	if err != nil {
		return nil, err
	}
	p := &pkg{path: of.ImportPath, dir: of.Dir, name: of.Name, fset: token.NewFileSet()}
	var syntax []*ast.File
	for _, name := range of.GoFiles {
		f := &file{path: filepath.Join(of.Dir, name)}
		if f.text, err = os.ReadFile(f.path); err != nil {
			return nil, err
		}
		if f.syntax, err = parser.ParseFile(p.fset, f.path, f.text, parser.ParseComments); err != nil {
			return nil, err
		}
		p.files, syntax = append(p.files, f), append(syntax, f.syntax)
	}
	p.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	open := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	conf := types.Config{Importer: importer.ForCompiler(p.fset, "gc", open)}
	if p.types, err = conf.Check(p.path, p.fset, syntax, p.info); err != nil {
		return nil, err
	}
	for _, f := range p.files {
		for _, m := range p.find(f) {
			m.id = len(p.mutants)
			p.mutants = append(p.mutants, m)
			f.mutants = append(f.mutants, m)
		}
	}
	return p, nil
}

// list asks Go for a package and for the compiled types of what it imports.
func list(ctx context.Context, dir string) (of listed, exports map[string]string, err error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Name,Export,GoFiles,DepOnly", dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return of, nil, fmt.Errorf("go list: %w", err)
	}
	exports = map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := dec.Decode(&l); err == io.EOF {
			return of, exports, nil
		} else if err != nil {
			return of, nil, err
		}
		exports[l.ImportPath] = l.Export
		if !l.DepOnly {
			of = l
		}
	}
}
