package main

import (
	"go/ast"
	"go/token"
)

// unseen are calls that no test can miss: they write logs, guard memory, or make room.
var unseen = map[string]bool{"Lock": true, "Unlock": true, "RLock": true, "RUnlock": true, "Grow": true,
	"Debug": true, "Info": true, "Warn": true, "Error": true, "panic": true}

// turned are assignments that do the opposite.
var turned = map[token.Token]token.Token{token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN,
	token.MUL_ASSIGN: token.QUO_ASSIGN, token.QUO_ASSIGN: token.MUL_ASSIGN, token.INC: token.DEC, token.DEC: token.INC}

// statements notes which statements of a list may be left out.
func (f *finder) statements(n ast.Node) {
	var list []ast.Stmt
	switch n := n.(type) {
	case *ast.BlockStmt:
		list = n.List
	case *ast.CaseClause:
		list = n.Body
	case *ast.CommClause:
		list = n.Body
	}
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok && !unseen[called(call)] {
				f.leaveOut(s)
			}
		case *ast.AssignStmt:
			f.assignment(s)
		case *ast.IncDecStmt:
			f.leaveOut(s)
			f.keep(&mutant{kind: "step", node: s, new: f.text(s.X) + turned[s.Tok].String()})
		case *ast.BranchStmt:
			if s.Tok == token.BREAK || s.Tok == token.CONTINUE {
				f.leaveOut(s)
			}
		}
	}
}

func (f *finder) assignment(s *ast.AssignStmt) {
	if s.Tok == token.DEFINE || blank(s) {
		return
	}
	f.leaveOut(s)
	op, ok := turned[s.Tok]
	if !ok || isString(f.p.info.TypeOf(s.Lhs[0])) {
		return
	}
	if becomes, flat := flattened(f.text(s.Lhs[0]) + " " + op.String() + " " + f.text(s.Rhs[0])); flat {
		f.keep(&mutant{kind: "step", node: s, new: becomes})
	}
}

func (f *finder) leaveOut(s ast.Stmt) { f.keep(&mutant{kind: "left out", node: s}) }

// blank says whether an assignment keeps nothing.
func blank(s *ast.AssignStmt) bool {
	for _, e := range s.Lhs {
		if id, ok := e.(*ast.Ident); !ok || id.Name != "_" {
			return false
		}
	}
	return true
}

func called(call *ast.CallExpr) string {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	}
	return ""
}
