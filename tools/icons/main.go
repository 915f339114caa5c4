// Command icons draws Weir's icons from the SVG sources in build/icons: the program's own, and
// the tray's, one for each state. It understands only what those sources use.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
)

// states are the tray's; each has a source build/icons/tray-<state>.svg.
var states = []string{"normal", "near", "blocked", "paused", "trouble"}

// A panel that is 22 pixels high asks for 44 on a dense screen.
const panelSize = 44

var (
	windowsProgramSizes = []int{16, 20, 24, 32, 48, 64, 128, 256}
	windowsTraySizes    = []int{16, 20, 24, 32, 48}
	linuxSizes          = []int{48, 128, 256} // for desktops that draw no SVG
)

func main() {
	root := flag.String("root", ".", "the repository's folder")
	flag.Parse()
	if err := run(*root); err != nil {
		fmt.Fprintln(os.Stderr, "icons:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	files, err := drawAll(filepath.Join(root, "build/icons"))
	if err != nil {
		return err
	}
	for name, data := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// drawAll returns every file that is made, by its path in the repository.
func drawAll(sources string) (map[string][]byte, error) {
	app, err := load(filepath.Join(sources, "app.svg"))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		"build/windows/icon.ico": encodeICO(app, windowsProgramSizes),
		"build/darwin/icon.icns": encodeICNS(app),
		"build/appicon.png":      encodePNG(app.draw(1024, false)),
	}
	for _, size := range linuxSizes {
		files[fmt.Sprintf("build/linux/icons/%d.png", size)] = encodePNG(app.draw(size, false))
	}
	for _, state := range states {
		pic, err := load(filepath.Join(sources, "tray-"+state+".svg"))
		if err != nil {
			return nil, err
		}
		to := "backend/tray/icons/" + state
		files[to+".png"] = encodePNG(pic.draw(panelSize, false))
		files[to+"-template.png"] = encodePNG(pic.draw(panelSize, true))
		files[to+".ico"] = encodeICO(pic, windowsTraySizes)
	}
	return files, nil
}

func load(name string) (picture, error) {
	f, err := os.Open(name)
	if err != nil {
		return picture{}, err
	}
	defer f.Close()
	pic, err := parse(f)
	if err != nil {
		return picture{}, fmt.Errorf("%s: %w", name, err)
	}
	return pic, nil
}

func encodePNG(img image.Image) []byte {
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&b, img); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}
