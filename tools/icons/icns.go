package main

import (
	"bytes"
	"encoding/binary"
)

// appleSizes are the types of a macOS icon that hold PNGs, and their size in pixels.
var appleSizes = []struct {
	kind string
	size int
}{
	{"icp4", 16}, {"icp5", 32}, {"ic11", 32}, {"ic12", 64}, {"ic07", 128}, {"ic13", 256}, {"ic08", 256}, {"ic14", 512}, {"ic09", 512}, {"ic10", 1024},
}

// encodeICNS writes the picture as a macOS icon. Each part, and the whole, starts with four
// letters and its length.
func encodeICNS(pic picture) []byte {
	var body bytes.Buffer
	for _, s := range appleSizes {
		data := encodePNG(pic.draw(s.size, false))
		putPart(&body, s.kind, data)
	}
	var whole bytes.Buffer
	putPart(&whole, "icns", body.Bytes())
	return whole.Bytes()
}

func putPart(b *bytes.Buffer, kind string, data []byte) {
	b.WriteString(kind)
	b.Write(binary.BigEndian.AppendUint32(nil, uint32(8+len(data))))
	b.Write(data)
}
