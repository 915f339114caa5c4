package main

import (
	"bytes"
	"encoding/binary"
	"image"
)

// Sizes from this one on are stored as PNG: an icon of 256 pixels as a bitmap takes 256 kB.
// Smaller ones stay bitmaps, which every reader of icons understands.
const pngFrom = 128

type iconHeader struct{ Reserved, Kind, Count uint16 }

type iconEntry struct {
	Width, Height, Colours, Reserved uint8 // 256 is written as 0
	Planes, Bits                     uint16
	Size, Offset                     uint32
}

type bitmapHeader struct {
	Size, Width, Height   uint32
	Planes, Bits          uint16
	Compression, Bytes    uint32
	XPerMetre, YPerMetre  uint32
	Colours, ColoursInUse uint32
}

// encodeICO writes the picture in several sizes as a Windows icon.
func encodeICO(pic picture, sizes []int) []byte {
	head := &bytes.Buffer{}
	put(head, iconHeader{Kind: 1, Count: uint16(len(sizes))})
	body := &bytes.Buffer{}
	start := binary.Size(iconHeader{}) + len(sizes)*binary.Size(iconEntry{})
	for _, size := range sizes {
		img := pic.draw(size, false)
		data := encodeBitmap(img)
		if size >= pngFrom {
			data = encodePNG(img)
		}
		put(head, iconEntry{Width: uint8(size), Height: uint8(size), Planes: 1, Bits: 32,
			Size: uint32(len(data)), Offset: uint32(start + body.Len())})
		body.Write(data)
	}
	return append(head.Bytes(), body.Bytes()...)
}

// encodeBitmap writes 32-bit pixels from the bottom row up, then an empty mask: alpha says it all.
// The header counts the mask's rows into the height.
func encodeBitmap(img *image.NRGBA) []byte {
	size := img.Rect.Dx()
	b := &bytes.Buffer{}
	put(b, bitmapHeader{Size: 40, Width: uint32(size), Height: uint32(2 * size), Planes: 1, Bits: 32})
	for y := size - 1; y >= 0; y-- {
		for x := range size {
			c := img.NRGBAAt(x, y)
			b.Write([]byte{c.B, c.G, c.R, c.A})
		}
	}
	maskRow := (size + 31) / 32 * 4
	b.Write(make([]byte, maskRow*size))
	return b.Bytes()
}

func put(b *bytes.Buffer, v any) {
	if err := binary.Write(b, binary.LittleEndian, v); err != nil {
		panic(err) // a buffer takes everything, and these have fixed sizes
	}
}
