package wire

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// cut feeds a stream in pieces of the given sizes, in turn, and keeps what comes out.
func cut(stream []byte, sizes ...int) (frames []Frame, rest []byte, err error) {
	var s Splitter
	for i := 0; len(stream) > 0 && err == nil; i++ {
		n := min(max(sizes[i%len(sizes)], 1), len(stream))
		piece := bytes.Clone(stream[:n])
		err = s.Feed(piece, func(f Frame) {
			f.Raw, f.Data = bytes.Clone(f.Raw), bytes.Clone(f.Data)
			frames = append(frames, f)
		})
		for i := range piece {
			piece[i] = '#' // what was kept may not be the caller's bytes
		}
		stream = stream[n:]
	}
	return frames, bytes.Clone(s.Rest()), err
}

func show(frames []Frame) string {
	out := ""
	for _, f := range frames {
		out += fmt.Sprintf("{%q %q %q %v}", f.Raw, f.Event, f.Data, f.HasData)
	}
	return out
}

func TestSplitter(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stream string
		want   []Frame // Raw is compared by the test itself
		rest   string
	}{
		{"an event has a name and data", "event: ping\ndata: {}\n\n",
			[]Frame{{Event: "ping", Data: []byte("{}"), HasData: true}}, ""},
		{"lines may end in CRLF", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n",
			[]Frame{{Event: "a", Data: []byte("1"), HasData: true}, {Data: []byte("2"), HasData: true}}, ""},
		{"lines may end in CR", "event: a\rdata: 1\r\rdata: 2\r\r",
			[]Frame{{Event: "a", Data: []byte("1"), HasData: true}, {Data: []byte("2"), HasData: true}}, ""},
		{"line ends may be mixed", "data: 1\r\n\ndata: 2\n\r\ndata: 3\r\n\r\n",
			[]Frame{{Data: []byte("1"), HasData: true}, {Data: []byte("2"), HasData: true}, {Data: []byte("3"), HasData: true}}, ""},
		{"the space after the colon may be missing", "data:1\n\n",
			[]Frame{{Data: []byte("1"), HasData: true}}, ""},
		{"only one space is dropped", "data:  1\n\n",
			[]Frame{{Data: []byte(" 1"), HasData: true}}, ""},
		{"data lines are joined", "data: {\ndata:\ndata: }\n\ndata: a\ndata: b\n\n",
			[]Frame{{Data: []byte("{\n\n}"), HasData: true}, {Data: []byte("a\nb"), HasData: true}}, ""},
		{"a byte order mark is no part of the first name", "\xef\xbb\xbfdata: 1\n\n",
			[]Frame{{Data: []byte("1"), HasData: true}}, ""},
		{"a later mark is", "data: 1\n\n\xef\xbb\xbfdata: 2\n\n",
			[]Frame{{Data: []byte("1"), HasData: true}, {}}, ""},
		{"comments and blank lines are frames without data", ": wait\n\n\n",
			[]Frame{{}, {}}, ""},
		{"a data line may be empty", "data\n\ndata:\n\n",
			[]Frame{{HasData: true}, {HasData: true}}, ""},
		{"unknown fields are kept and mean nothing", "id: 7\nretry: 5\ndatas: 2\ndata: 1\n\n",
			[]Frame{{Data: []byte("1"), HasData: true}}, ""},
		{"what is not finished is the rest", "data: 1\n\ndata: 2\n",
			[]Frame{{Data: []byte("1"), HasData: true}}, "data: 2\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for n := 1; n <= len(tt.stream); n++ {
				got, rest, err := cut([]byte(tt.stream), n)
				if err != nil {
					t.Fatal(err)
				}
				var raw []byte
				for i := range got {
					raw, got[i].Raw = append(raw, got[i].Raw...), nil
					if len(got[i].Data) == 0 {
						got[i].Data = nil
					}
				}
				if !reflect.DeepEqual(got, tt.want) || string(rest) != tt.rest {
					t.Errorf("pieces of %d: got %s, rest %q, want %s, %q", n, show(got), rest, show(tt.want), tt.rest)
				}
				if string(raw)+string(rest) != tt.stream {
					t.Errorf("pieces of %d: bytes %q, want %q", n, string(raw)+string(rest), tt.stream)
				}
			}
		})
	}
}

func TestSplitterYieldsCompleteEventsAtOnce(t *testing.T) {
	for _, stream := range []string{"data: 1\n\n", "data: 1\r\n\r\n", "data: 1\r\r"} {
		if got, rest, _ := cut([]byte(stream), 1); len(got) != 1 || len(rest) != 0 {
			t.Errorf("%q: %d frames, rest %q, want the one frame without waiting for more", stream, len(got), rest)
		}
	}
}

func TestSplitterFramesLastUntilTheNextFeed(t *testing.T) {
	var s Splitter
	var got []Frame
	keep := func(f Frame) { got = append(got, f) }
	if err := s.Feed([]byte("data: a"), keep); err != nil {
		t.Fatal(err)
	}
	if err := s.Feed([]byte("\ndata: b\n\ndata: c\ndata: d\n\ndata: e"), keep); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || string(got[0].Data) != "a\nb" || string(got[1].Data) != "c\nd" || string(got[1].Raw) != "data: c\ndata: d\n\n" {
		t.Errorf("got %s", show(got))
	}
}

func TestSplitterMax(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stream string
		want   int
		err    error
	}{
		{"a frame of exactly Max passes", "data: 12\n\n", 1, nil},
		{"a longer one does not", "data: 123\n\n", 0, ErrFrameTooLong},
		{"nor one without an end", "data: 12345678", 0, ErrFrameTooLong},
		{"those before it pass", "data: 1\n\ndata: 123\n\n", 1, ErrFrameTooLong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{1, 3, len(tt.stream)} {
				s := Splitter{Max: 10}
				frames := 0
				var err error
				for b := []byte(tt.stream); len(b) > 0 && err == nil; b = b[min(n, len(b)):] {
					err = s.Feed(b[:min(n, len(b))], func(Frame) { frames++ })
				}
				if frames != tt.want || !errors.Is(err, tt.err) {
					t.Errorf("pieces of %d: %d frames, %v, want %d, %v", n, frames, err, tt.want, tt.err)
				}
				if err != nil && s.Feed([]byte("data: 1\n\n"), func(Frame) { frames++ }) == nil {
					t.Error("it went on after the error")
				}
			}
		})
	}
}

func TestSplitterPassesOneHugeLine(t *testing.T) {
	stream := []byte("data: " + strings.Repeat("x", 16<<20) + "\n\ndata: y\n\n")
	got, rest, err := cut(stream, 32<<10)
	if err != nil || len(got) != 2 || len(rest) != 0 || len(got[0].Data) != 16<<20 || string(got[1].Data) != "y" {
		t.Errorf("%d frames, %d bytes left, %v", len(got), len(rest), err)
	}
}

func TestSplitterAllocatesNothingForUsualFrames(t *testing.T) {
	var s Splitter
	stream := []byte(strings.Repeat("event: content_block_delta\ndata: {\"type\":\"content_block_delta\"}\n\n", 50))
	bytes := 0
	count := func(f Frame) { bytes += len(f.Data) }
	feed := func() {
		for i := 0; i < len(stream); i += 1000 {
			if err := s.Feed(stream[i:min(i+1000, len(stream))], count); err != nil {
				t.Fatal(err)
			}
		}
	}
	feed()
	if n := testing.AllocsPerRun(10, feed); n > 0 {
		t.Errorf("%v allocations for 50 frames, want 0", n)
	}
}

func FuzzSplitter(f *testing.F) {
	for _, s := range []string{
		"event: a\r\ndata: {\"a\":1}\r\n\r\n: c\n\ndata: {\"b\":\ndata: 2}\n\ndata: [DONE]\n\n",
		"data: a\r\rdata: b\r\r\ndata\r\n\r", "\xef\xbb\xbf\r\n\r\rdata\n\r\n\n", "\r\r\n\r\r\n\n\r",
	} {
		f.Add([]byte(s), uint8(1), uint8(7))
	}
	f.Fuzz(func(t *testing.T, stream []byte, n, m uint8) {
		whole, rest, err := cut(stream, max(len(stream), 1))
		pieces, left, err2 := cut(stream, int(n), int(m))
		if show(whole) != show(pieces) || !bytes.Equal(rest, left) || err != err2 {
			t.Fatalf("whole %s, %q, %v; in pieces %s, %q, %v", show(whole), rest, err, show(pieces), left, err2)
		}
		var raw []byte
		for _, f := range whole {
			raw = append(raw, f.Raw...)
		}
		if raw = append(raw, rest...); !bytes.Equal(raw, stream) {
			t.Fatalf("bytes %q, want %q", raw, stream)
		}
	})
}

func BenchmarkSplitter(b *testing.B) {
	stream := []byte(strings.Repeat("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"+
		"\"delta\":{\"type\":\"text_delta\",\"text\":\"some words of text\"}}\n\n", 100))
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	var s Splitter
	for b.Loop() {
		for i := 0; i < len(stream); i += 4096 {
			if err := s.Feed(stream[i:min(i+4096, len(stream))], func(Frame) {}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
