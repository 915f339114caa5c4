package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
)

// A mutant is one small change of a file.
type mutant struct {
	id       int
	kind     string
	file     string   // its name
	node     ast.Node // what is changed
	line     int
	old, new string // as text; an empty new: it is left out
	typ      string // of an expression; empty: a statement is changed
	tests    []string
}

// A finder looks for what can be changed in one file.
type finder struct {
	p      *pkg
	f      *file
	found  []*mutant
	parent []ast.Node
}

// find returns the mutants of a file in the order of its text.
func (p *pkg) find(f *file) []*mutant {
	finder := &finder{p: p, f: f}
	ast.Inspect(f.syntax, finder.visit)
	return finder.found
}

func (f *finder) visit(n ast.Node) bool {
	if n == nil {
		f.parent = f.parent[:len(f.parent)-1]
		return true
	}
	switch n := n.(type) {
	case *ast.GenDecl:
		if n.Tok != token.VAR {
			return false // constants and types are no steps of a program
		}
	case *ast.CallExpr:
		if fun, ok := n.Fun.(*ast.Ident); ok && fun.Name == "make" {
			return false // how much room there is changes no result
		}
	case ast.Expr:
		f.expression(n)
	}
	f.statements(n)
	if r, ok := n.(*ast.ReturnStmt); ok {
		f.results(r)
	}
	f.parent = append(f.parent, n)
	return true
}

// text is a node as it is written.
func (f *finder) text(n ast.Node) string {
	return string(f.f.text[f.p.fset.Position(n.Pos()).Offset:f.p.fset.Position(n.End()).Offset])
}

// add notes a mutant of an expression, unless what it becomes cannot stand on one line or its type has no name here.
func (f *finder) add(kind string, n ast.Expr, becomes string) {
	typ, ok := f.typeName(n)
	becomes, flat := flattened(becomes)
	if ok && flat {
		f.keep(&mutant{kind: kind, node: n, new: becomes, typ: typ})
	}
}

func (f *finder) keep(m *mutant) {
	at := f.p.fset.Position(m.node.Pos())
	m.old, m.file, m.line = f.text(m.node), filepath.Base(at.Filename), at.Line
	f.found = append(f.found, m)
}

// flattened writes text on one line, so that no line moves.
func flattened(s string) (string, bool) {
	if strings.Contains(s, "\n") && (strings.Contains(s, "//") || strings.Contains(s, "{") || strings.Contains(s, "`")) {
		return "", false
	}
	return strings.Join(strings.Fields(s), " "), true
}

// typeName writes the type of an expression as its file would.
func (f *finder) typeName(n ast.Expr) (name string, ok bool) {
	t := types.Default(f.p.info.TypeOf(n))
	ok = t != nil
	name = types.TypeString(t, func(other *types.Package) string {
		if other == f.p.types {
			return ""
		}
		for _, imp := range f.f.syntax.Imports {
			if strings.Trim(imp.Path.Value, `"`) == other.Path() {
				if imp.Name != nil {
					return imp.Name.Name
				}
				return other.Name()
			}
		}
		ok = false
		return other.Name()
	})
	return name, ok && name != "invalid type" && name != "untyped nil"
}

// constant says whether the compiler knows an expression's value.
func (f *finder) constant(n ast.Node) bool {
	e, ok := n.(ast.Expr)
	return ok && f.p.info.Types[e].Value != nil
}

func (f *finder) up() ast.Node {
	if len(f.parent) == 0 {
		return nil
	}
	return f.parent[len(f.parent)-1]
}
