package main

import (
	"image"
	"image/color"
	"math"
)

// draw renders the picture at a size in pixels. A template is black on nothing: white holes are
// cut out, so that the system can choose the colour.
func (pic picture) draw(size int, template bool) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			img.SetNRGBA(x, y, pic.pixel(x, y, size, template))
		}
	}
	return img
}

// pixel is the mean of n × n samples, each softened over its own width.
func (pic picture) pixel(x, y, size int, template bool) color.NRGBA {
	n := max(1, 256/size)
	n = min(n, 8)
	scale := pic.side / float64(size*n)
	var r, g, b, a float64
	for j := range n {
		for i := range n {
			at := point{(float64(x*n+i) + 0.5) * scale, (float64(y*n+j) + 0.5) * scale}
			s := pic.sample(at, scale, template)
			r, g, b, a = r+s[0], g+s[1], b+s[2], a+s[3]
		}
	}
	if a == 0 {
		return color.NRGBA{}
	}
	return color.NRGBA{byteOf(r / a), byteOf(g / a), byteOf(b / a), byteOf(a / float64(n*n))}
}

func byteOf(v float64) uint8 { return uint8(math.Round(v * 255)) }

// sample is the colour at a point, with premultiplied alpha.
func (pic picture) sample(at point, soft float64, template bool) (out [4]float64) {
	for _, s := range pic.shapes {
		cover := min(1, max(0, 0.5-s.distance(at)/soft))
		if cover == 0 {
			continue
		}
		paint := [4]float64{float64(s.colour.R) / 255, float64(s.colour.G) / 255, float64(s.colour.B) / 255, 1}
		if template {
			paint = [4]float64{}
			if s.colour != (color.NRGBA{255, 255, 255, 255}) {
				paint[3] = 1
			}
		}
		for i := range out {
			out[i] = out[i]*(1-cover) + paint[i]*cover
		}
	}
	return out
}

// distance is how far a point lies outside the shape; inside it is negative.
func (s shape) distance(at point) float64 {
	nearest, inside := math.Inf(1), false
	for _, line := range s.lines {
		for i := range len(line) - 1 {
			nearest = min(nearest, gap(at, line[i], line[i+1]))
			inside = inside != crosses(at, line[i], line[i+1])
		}
		if s.filled && len(line) > 1 { // a fill closes its outline
			nearest = min(nearest, gap(at, line[len(line)-1], line[0]))
			inside = inside != crosses(at, line[len(line)-1], line[0])
		}
	}
	switch {
	case !s.filled:
		return nearest - s.pen/2
	case inside:
		return -nearest
	}
	return nearest
}

// gap is the distance from a point to a straight piece.
func gap(p, a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		t = min(1, max(0, ((p.x-a.x)*dx+(p.y-a.y)*dy)/length))
	}
	return math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy)
}

// crosses says whether a ray from the point to the right meets the piece.
func crosses(p, a, b point) bool {
	if (a.y > p.y) == (b.y > p.y) {
		return false
	}
	return p.x < a.x+(p.y-a.y)/(b.y-a.y)*(b.x-a.x)
}
