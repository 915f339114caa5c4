package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
)

// instead are the operators that take another's place.
var instead = map[token.Token][]struct {
	kind string
	op   token.Token
}{
	token.LSS:     {{"boundary", token.LEQ}, {"condition", token.GEQ}},
	token.LEQ:     {{"boundary", token.LSS}, {"condition", token.GTR}},
	token.GTR:     {{"boundary", token.GEQ}, {"condition", token.LEQ}},
	token.GEQ:     {{"boundary", token.GTR}, {"condition", token.LSS}},
	token.EQL:     {{"condition", token.NEQ}},
	token.NEQ:     {{"condition", token.EQL}},
	token.LAND:    {{"logic", token.LOR}},
	token.LOR:     {{"logic", token.LAND}},
	token.ADD:     {{"arithmetic", token.SUB}},
	token.SUB:     {{"arithmetic", token.ADD}},
	token.MUL:     {{"arithmetic", token.QUO}},
	token.QUO:     {{"arithmetic", token.MUL}},
	token.REM:     {{"arithmetic", token.MUL}},
	token.AND:     {{"bits", token.OR}},
	token.OR:      {{"bits", token.AND}},
	token.XOR:     {{"bits", token.AND}},
	token.AND_NOT: {{"bits", token.AND}},
	token.SHL:     {{"bits", token.SHR}},
	token.SHR:     {{"bits", token.SHL}},
}

// expression notes what an expression may become.
func (f *finder) expression(n ast.Expr) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if f.constant(n) || n.Op == token.ADD && isString(f.p.info.TypeOf(n)) {
			return
		}
		for _, other := range instead[n.Op] {
			f.add(other.kind, n, f.text(n.X)+" "+other.op.String()+" "+f.text(n.Y))
		}
	case *ast.UnaryExpr:
		if !f.constant(n) && (n.Op == token.NOT || n.Op == token.SUB) {
			f.add("negation", n, f.text(n.X))
		}
	case *ast.BasicLit:
		f.number(n)
	case *ast.Ident:
		if obj := f.p.info.Uses[n]; obj != nil && obj.Parent() == types.Universe && (n.Name == "true" || n.Name == "false") {
			f.add("constant", n, map[string]string{"true": "false", "false": "true"}[n.Name])
		}
	}
}

// number notes a whole number's neighbours. Where the compiler must know it, it stays.
func (f *finder) number(n *ast.BasicLit) {
	if n.Kind != token.INT || f.constant(f.up()) {
		return
	}
	switch up := f.up().(type) {
	case *ast.ArrayType:
		return
	case *ast.KeyValueExpr:
		if up.Key == n {
			return // an index within an array's literal
		}
	}
	value, err := strconv.ParseInt(n.Value, 0, 64)
	if err != nil {
		return
	}
	typ, ok := f.typeName(n)
	if !ok {
		return
	}
	f.add("constant", n, fmt.Sprintf("%s(%d)", typ, value+1))
	if value > 0 {
		f.add("constant", n, fmt.Sprintf("%s(%d)", typ, value-1))
	}
}

// results notes what a return may give instead.
func (f *finder) results(r *ast.ReturnStmt) {
	for _, e := range r.Results {
		t := f.p.info.TypeOf(e)
		switch e.(type) {
		case *ast.CallExpr, *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr:
		default:
			continue // its own operators are changed
		}
		if tv := f.p.info.Types[e]; t == nil || tv.IsNil() || tv.Value != nil || tv.IsType() {
			continue
		}
		if becomes := f.other(e, t); becomes != "" {
			f.add("result", e, becomes)
		}
	}
}

// other is what a result of a type becomes; empty: it stays.
func (f *finder) other(e ast.Expr, t types.Type) string {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch {
		case u.Info()&types.IsBoolean != 0:
			return "!" + f.text(e)
		case u.Info()&types.IsNumeric != 0:
			return f.text(e) + " + 1"
		case u.Info()&types.IsString != 0:
			return `""`
		}
	case *types.Pointer, *types.Slice, *types.Map, *types.Interface, *types.Signature, *types.Chan:
		return "nil"
	}
	return ""
}

func isString(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}
