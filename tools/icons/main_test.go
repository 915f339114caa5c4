package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// tolerance is how far a colour may be off: processors round the last digit differently, and
// releases of Go compress differently, so that bytes need not agree.
const tolerance = 2

func TestCommittedIconsAreWhatTheSourcesSay(t *testing.T) {
	files, err := drawAll(filepath.Join(root, "build/icons"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		t.Run(name, func(t *testing.T) {
			got, err := os.ReadFile(filepath.Join(root, name))
			if err != nil {
				t.Fatal(err)
			}
			a, b := images(t, got), images(t, want)
			if len(a) != len(b) {
				t.Fatalf("%d pictures, want %d", len(a), len(b))
			}
			for i := range a {
				if !alike(a[i], b[i]) {
					t.Errorf("picture %d differs from its source; run make icons", i)
				}
			}
		})
	}
}

func TestThePageHasTheSameMark(t *testing.T) {
	app, err := os.ReadFile(filepath.Join(root, "build/icons/app.svg"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "frontend/public/icon.svg"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(app)) != strings.TrimSpace(string(page)) {
		t.Error("frontend/public/icon.svg differs from build/icons/app.svg")
	}
}

func TestNoTwoStatesLookAlikeWithoutColour(t *testing.T) {
	var templates []*image.NRGBA
	for _, state := range states {
		pic, err := load(filepath.Join(root, "build/icons/tray-"+state+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		templates = append(templates, pic.draw(panelSize/2, true))
	}
	for i, a := range templates {
		for j, b := range templates[:i] {
			if n := apart(a, b, 128); n < panelSize/2 {
				t.Errorf("%s and %s differ in %d pixels only", states[i], states[j], n)
			}
		}
	}
}

func TestParseRefusesWhatItDoesNotDraw(t *testing.T) {
	for _, tt := range []struct{ name, svg string }{
		{"a view box that is no square", `<svg viewBox="0 0 22 20"></svg>`},
		{"an unknown element", `<svg viewBox="0 0 22 22"><text fill="#fff">w</text></svg>`},
		{"an unknown path command", `<svg viewBox="0 0 22 22"><path d="M1 1Q2 2 3 3" fill="#fff"/></svg>`},
		{"a path that starts nowhere", `<svg viewBox="0 0 22 22"><path d="L1 1" fill="#fff"/></svg>`},
		{"a colour by name", `<svg viewBox="0 0 22 22"><circle r="2" fill="red"/></svg>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parse(strings.NewReader(tt.svg)); err == nil {
				t.Errorf("parse(%s) = nil, want an error", tt.svg)
			}
		})
	}
}

// images returns the picture of a PNG, or all of an icon's.
func images(t *testing.T, data []byte) []*image.NRGBA {
	t.Helper()
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG")):
		return []*image.NRGBA{readPNG(t, data)}
	case bytes.HasPrefix(data, []byte("icns")):
		return imagesOfICNS(t, data)
	}
	return imagesOfICO(t, data)
}

func imagesOfICNS(t *testing.T, data []byte) (list []*image.NRGBA) {
	t.Helper()
	for rest := data[8:]; len(rest) > 0; {
		size := binary.BigEndian.Uint32(rest[4:8])
		list = append(list, readPNG(t, rest[8:size]))
		rest = rest[size:]
	}
	return list
}

func imagesOfICO(t *testing.T, data []byte) (list []*image.NRGBA) {
	t.Helper()
	r := bytes.NewReader(data)
	var head iconHeader
	if err := binary.Read(r, binary.LittleEndian, &head); err != nil {
		t.Fatal(err)
	}
	entries := make([]iconEntry, head.Count)
	if err := binary.Read(r, binary.LittleEndian, entries); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		part := data[e.Offset : e.Offset+e.Size]
		if bytes.HasPrefix(part, []byte("\x89PNG")) {
			list = append(list, readPNG(t, part))
			continue
		}
		img := image.NewNRGBA(image.Rect(0, 0, int(e.Width), int(e.Height)))
		for i := 0; i < len(img.Pix); i += 4 { // upside down, blue first; alike on both sides
			copy(img.Pix[i:i+4], part[40+i:])
		}
		list = append(list, img)
	}
	return list
}

func readPNG(t *testing.T, data []byte) *image.NRGBA {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img.(*image.NRGBA)
}

func alike(a, b *image.NRGBA) bool { return a.Rect == b.Rect && apart(a, b, tolerance) == 0 }

// apart counts the pixels that differ by more than limit in some channel, as they look on black:
// what can hardly be seen may have any colour.
func apart(a, b *image.NRGBA, limit int) (n int) {
	for i := 0; i < len(a.Pix); i += 4 {
		p, q := a.Pix[i:i+4], b.Pix[i:i+4]
		for c := range 4 {
			d := int(p[c])*int(p[3]) - int(q[c])*int(q[3])
			if d > limit*255 || d < -limit*255 {
				n++
				break
			}
		}
	}
	return n
}
