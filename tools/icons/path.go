package main

import (
	"fmt"
	"math"
	"regexp"
)

// A curve becomes this many straight pieces, too short to be seen at the largest size.
const pieces = 32

// quarter is how far along its tangents the handles of a quarter circle's curve lie.
const quarter = 0.5522847498

var command = regexp.MustCompile(`([A-Za-z])([^A-Za-z]*)`)

// takes says how many numbers a path's command has; small letters count from the last point.
var takes = map[byte]int{'M': 2, 'L': 2, 'H': 1, 'V': 1, 'C': 6, 'S': 4, 'Z': 0}

// pen follows a path.
type pen struct {
	lines      [][]point
	at, handle point
}

func parsePath(d string) ([][]point, error) {
	var p pen
	for _, m := range command.FindAllStringSubmatch(d, -1) {
		letter := m[1][0]
		kind := letter &^ 0x20
		n, known := takes[kind]
		args := numbers(m[2])
		if !known || n > 0 && len(args)%n != 0 || (kind != 'M' && p.lines == nil) {
			return nil, fmt.Errorf("path command %q is not understood", m[0])
		}
		if n == 0 {
			p.lineTo(p.lines[len(p.lines)-1][0])
		}
		for ; len(args) > 0; args = args[n:] {
			p.step(kind, args[:n], letter != kind)
		}
	}
	return p.lines, nil
}

func (p *pen) step(kind byte, args []float64, relative bool) {
	var from point
	if relative {
		from = p.at
	}
	pt := func(i int) point { return point{from.x + args[i], from.y + args[i+1]} }
	switch kind {
	case 'M':
		p.at, p.handle = pt(0), pt(0)
		p.lines = append(p.lines, []point{p.at})
	case 'L':
		p.lineTo(pt(0))
	case 'H':
		p.lineTo(point{from.x + args[0], p.at.y})
	case 'V':
		p.lineTo(point{p.at.x, from.y + args[0]})
	case 'C':
		p.curveTo(pt(0), pt(2), pt(4))
	case 'S': // the first handle mirrors the last one
		p.curveTo(point{2*p.at.x - p.handle.x, 2*p.at.y - p.handle.y}, pt(0), pt(2))
	}
}

func (p *pen) lineTo(to point) {
	last := len(p.lines) - 1
	p.lines[last] = append(p.lines[last], to)
	p.at, p.handle = to, to
}

func (p *pen) curveTo(a, b, to point) {
	from := p.at
	for i := 1; i <= pieces; i++ {
		t := float64(i) / pieces
		u := 1 - t
		mix := func(p0, p1, p2, p3 float64) float64 {
			return u*u*u*p0 + 3*u*u*t*p1 + 3*u*t*t*p2 + t*t*t*p3
		}
		p.lineTo(point{mix(from.x, a.x, b.x, to.x), mix(from.y, a.y, b.y, to.y)})
	}
	p.handle = b
}

func roundRect(x, y, w, h, r float64) []point {
	r = math.Min(r, math.Min(w, h)/2)
	k := r * (1 - quarter)
	p := pen{at: point{x + r, y}, lines: [][]point{{{x + r, y}}}}
	right, bottom := x+w, y+h
	p.lineTo(point{right - r, y})
	p.curveTo(point{right - k, y}, point{right, y + k}, point{right, y + r})
	p.lineTo(point{right, bottom - r})
	p.curveTo(point{right, bottom - k}, point{right - k, bottom}, point{right - r, bottom})
	p.lineTo(point{x + r, bottom})
	p.curveTo(point{x + k, bottom}, point{x, bottom - k}, point{x, bottom - r})
	p.lineTo(point{x, y + r})
	p.curveTo(point{x, y + k}, point{x + k, y}, point{x + r, y})
	return p.lines[0]
}
