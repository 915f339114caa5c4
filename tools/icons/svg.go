package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// picture is a square drawing: shapes from back to front.
type picture struct {
	side   float64
	shapes []shape
}

// shape is a set of lines, filled or drawn with a round pen.
type shape struct {
	lines  [][]point
	filled bool
	pen    float64 // the pen's width; 0 draws no line
	colour color.NRGBA
}

type point struct{ x, y float64 }

// element has the attributes of all kinds that the sources use.
type element struct {
	XMLName xml.Name
	ViewBox string    `xml:"viewBox,attr"`
	Cx      float64   `xml:"cx,attr"`
	Cy      float64   `xml:"cy,attr"`
	R       float64   `xml:"r,attr"`
	Width   string    `xml:"width,attr"`
	Height  string    `xml:"height,attr"`
	Rx      float64   `xml:"rx,attr"`
	X       float64   `xml:"x,attr"`
	Y       float64   `xml:"y,attr"`
	D       string    `xml:"d,attr"`
	Fill    string    `xml:"fill,attr"`
	Stroke  string    `xml:"stroke,attr"`
	Pen     float64   `xml:"stroke-width,attr"`
	Inside  []element `xml:",any"`
}

// parse reads a square SVG of rect, circle and path elements with plain colours.
func parse(r io.Reader) (picture, error) {
	var root element
	if err := xml.NewDecoder(r).Decode(&root); err != nil {
		return picture{}, err
	}
	box := numbers(root.ViewBox)
	if len(box) != 4 || box[0] != 0 || box[1] != 0 || box[2] != box[3] {
		return picture{}, fmt.Errorf("viewBox %q is not a square at 0 0", root.ViewBox)
	}
	pic := picture{side: box[2]}
	for _, e := range root.Inside {
		shapes, err := e.shapes()
		if err != nil {
			return picture{}, fmt.Errorf("%s: %w", e.XMLName.Local, err)
		}
		pic.shapes = append(pic.shapes, shapes...)
	}
	return pic, nil
}

// shapes are the element's fill and, over it, its stroke.
func (e element) shapes() (list []shape, err error) {
	lines, err := e.outline()
	if err != nil {
		return nil, err
	}
	if e.Fill != "none" {
		c, err := parseColour(e.Fill)
		if err != nil {
			return nil, err
		}
		list = append(list, shape{lines: lines, filled: true, colour: c})
	}
	if e.Stroke != "" {
		c, err := parseColour(e.Stroke)
		if err != nil {
			return nil, err
		}
		list = append(list, shape{lines: lines, pen: e.Pen, colour: c})
	}
	return list, nil
}

func (e element) outline() ([][]point, error) {
	switch e.XMLName.Local {
	case "path":
		return parsePath(e.D)
	case "circle":
		return [][]point{roundRect(e.Cx-e.R, e.Cy-e.R, 2*e.R, 2*e.R, e.R)}, nil
	case "rect":
		w, h := numbers(e.Width), numbers(e.Height)
		if len(w) != 1 || len(h) != 1 {
			return nil, errors.New("wants a width and a height")
		}
		return [][]point{roundRect(e.X, e.Y, w[0], h[0], e.Rx)}, nil
	}
	return nil, errors.New("is not understood")
}

// parseColour reads #rgb and #rrggbb.
func parseColour(s string) (color.NRGBA, error) {
	hex := strings.TrimPrefix(s, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 || !strings.HasPrefix(s, "#") {
		return color.NRGBA{}, fmt.Errorf("colour %q is not understood", s)
	}
	return color.NRGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}, nil
}

// SVG lets signs and points part numbers: "2-2.5.5" is 2, -2.5, .5.
var number = regexp.MustCompile(`-?(\d+\.?\d*|\.\d+)`)

func numbers(s string) (list []float64) {
	for _, text := range number.FindAllString(s, -1) {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			panic(err) // the pattern lets only numbers through
		}
		list = append(list, n)
	}
	return list
}
