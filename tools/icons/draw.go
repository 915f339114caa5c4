package main

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// canvas is a picture at a size in pixels. A template is black on nothing: what is white is cut
// out, so that the system can choose the colour.
type canvas struct {
	picture
	img      *image.NRGBA
	scale    float64 // the drawing's units in a pixel
	samples  int     // in a row of a pixel
	template bool
}

func (pic picture) draw(size int, template bool) *image.NRGBA {
	c := canvas{picture: pic, img: image.NewNRGBA(image.Rect(0, 0, size, size)),
		scale: pic.side / float64(size), samples: min(8, max(1, 256/size)), template: template}
	c.paint(c.img.Rect)
	return c.img
}

// paint fills an area at once where no edge runs through it, else its quarters.
func (c canvas) paint(area image.Rectangle) {
	middle, ok := c.even(area)
	switch {
	case area.Empty():
	case ok:
		draw.Draw(c.img, area, image.NewUniform(shade(c.sample(middle, c.scale), 1)), image.Point{}, draw.Src)
	case area.Dx() == 1 && area.Dy() == 1:
		c.img.SetNRGBA(area.Min.X, area.Min.Y, c.pixel(area.Min.X, area.Min.Y))
	default:
		x, y := area.Min.X+(area.Dx()+1)/2, area.Min.Y+(area.Dy()+1)/2
		c.paint(image.Rect(area.Min.X, area.Min.Y, x, y))
		c.paint(image.Rect(x, area.Min.Y, area.Max.X, y))
		c.paint(image.Rect(area.Min.X, y, x, area.Max.Y))
		c.paint(image.Rect(x, y, area.Max.X, area.Max.Y))
	}
}

// even says whether the area has one colour: no edge is as near to its middle as its corners are.
func (c canvas) even(area image.Rectangle) (middle point, ok bool) {
	middle = point{float64(area.Min.X+area.Max.X) / 2 * c.scale, float64(area.Min.Y+area.Max.Y) / 2 * c.scale}
	reach := (math.Hypot(float64(area.Dx()), float64(area.Dy()))/2 + 1) * c.scale
	for _, s := range c.shapes {
		if math.Abs(s.distance(middle)) < reach {
			return middle, false
		}
	}
	return middle, true
}

// pixel is the mean of its samples, each softened over its own width.
func (c canvas) pixel(x, y int) color.NRGBA {
	var sum [4]float64
	step := c.scale / float64(c.samples)
	for j := range c.samples {
		for i := range c.samples {
			at := point{float64(x)*c.scale + (float64(i)+0.5)*step, float64(y)*c.scale + (float64(j)+0.5)*step}
			for k, v := range c.sample(at, step) {
				sum[k] += v
			}
		}
	}
	return shade(sum, float64(c.samples*c.samples))
}

// shade makes a colour of n added samples.
func shade(sum [4]float64, n float64) color.NRGBA {
	a := sum[3]
	if a == 0 {
		return color.NRGBA{}
	}
	return color.NRGBA{byteOf(sum[0] / a), byteOf(sum[1] / a), byteOf(sum[2] / a), byteOf(a / n)}
}

func byteOf(v float64) uint8 { return uint8(math.Round(v * 255)) }

// sample is the colour at a point, with premultiplied alpha.
func (c canvas) sample(at point, soft float64) (out [4]float64) {
	for _, s := range c.shapes {
		cover := min(1, max(0, 0.5-s.distance(at)/soft))
		if cover == 0 {
			continue
		}
		paint := [4]float64{float64(s.colour.R) / 255, float64(s.colour.G) / 255, float64(s.colour.B) / 255, 1}
		if c.template {
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
		return math.Sqrt(nearest) - s.pen/2
	case inside:
		return -math.Sqrt(nearest)
	}
	return math.Sqrt(nearest)
}

// gap is the square of the distance from a point to a straight piece.
func gap(p, a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		t = min(1, max(0, ((p.x-a.x)*dx+(p.y-a.y)*dy)/length))
	}
	x, y := p.x-a.x-t*dx, p.y-a.y-t*dy
	return x*x + y*y
}

// crosses says whether a ray from the point to the right meets the piece.
func crosses(p, a, b point) bool {
	if (a.y > p.y) == (b.y > p.y) {
		return false
	}
	return p.x < a.x+(p.y-a.y)/(b.y-a.y)*(b.x-a.x)
}
