package wire

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"
)

const formType = `multipart/form-data; boundary=cut`

// lines joins what a form consists of as the wire has it.
func lines(l ...string) string { return strings.Join(l, "\r\n") }

func field(name, value string) string {
	return lines("--cut", `Content-Disposition: form-data; name="`+name+`"`, "", value, "")
}

func TestScanForm(t *testing.T) {
	file := lines("--cut", `Content-Disposition: form-data; name="file"; filename="Grüße \"1\".mp3"`, "Content-Type: audio/mpeg", "", "ID3\x00\r\n--cu\n-\xff", "")
	for _, tt := range []struct {
		name, kind, body string
		model, stream    string
		files            string
		fault            error
	}{
		{"fields may come in any order", formType, field("stream", "true") + file + field("model", "whisper-1") + "--cut--\r\n", "whisper-1", "true", "ID3\x00\r\n--cu\n-\xff", nil},
		{"the boundary may be quoted", `Multipart/Form-Data; charset=utf-8; boundary="cut"`, field("model", "m") + "--cut--\r\n", "m", "", "", nil},
		{"the last line end may be missing", formType, field("model", "m") + "--cut--", "m", "", "", nil},
		{"what stands before and behind is no field", formType, "hello\r\n" + field("model", "m") + "--cut--\r\nbye", "m", "", "", nil},
		{"delimiters may be padded", formType, strings.Replace(field("model", "m"), "--cut", "--cut \t", 1) + "--cut-- \r\n", "m", "", "", nil},
		{"a value may be empty", formType, field("model", "") + "--cut--", "", "", "", nil},
		{"a value may hold lines", formType, field("model", "a\r\nb\n") + "--cut--", "a\r\nb\n", "", "", nil},
		{"a charset changes nothing", formType, lines("--cut", `content-disposition: form-data; name=model`, "content-type: text/plain; charset=utf-8", "", "m", "--cut--"), "m", "", "", nil},
		{"a second model is refused", formType, field("model", "a") + field("model", "b") + "--cut--", "a", "", "", ErrDuplicateKey},
		{"a second model in other letters is refused", formType, field("model", "a") + field(`mo\dEl`, "b") + "--cut--", "a", "", "", ErrDuplicateKey},
		{"a model that is a file is refused", formType, strings.ReplaceAll(file, `name="file"`, `name="model"`) + "--cut--", "", "", "ID3\x00\r\n--cu\n-\xff", ErrForm},
		{"a model in a transfer encoding is refused", formType, lines("--cut", "Content-Transfer-Encoding: quoted-printable", `Content-Disposition: form-data; name="model"`, "", "=6d", "--cut--"), "", "", "", ErrForm},
		{"no boundary", "multipart/form-data", field("model", "m") + "--cut--", "", "", "", ErrForm},
		{"another boundary", "multipart/form-data; boundary=other", field("model", "m") + "--cut--", "", "", "", ErrForm},
		{"no end", formType, field("model", "m"), "", "", "", ErrForm},
		{"bare line feeds are read differently by every parser", formType, strings.ReplaceAll(field("model", "m")+"--cut--\r\n", "\r\n", "\n"), "", "", "", ErrForm},
		{"a delimiter behind a bare line feed", formType, field("model", "a\n--cut\r\n") + "--cut--", "", "", "", ErrForm},
		{"a line that begins as a delimiter does", formType, field("model", "a\r\n--cutter") + "--cut--", "", "", "", ErrForm},
		{"a delimiter behind the end", formType, field("model", "a") + "--cut--\r\n" + field("model", "b") + "--cut--", "a", "", "", ErrForm},
		{"a part without a header", formType, "--cut\r\n\r\nx\r\n--cut--", "", "", "", ErrForm},
		{"a part without a blank line", formType, "--cut\r\nContent-Disposition: form-data; name=\"model\"\r\n--cut--\r\n\r\n", "", "", "", ErrForm},
		{"nothing", formType, "", "", "", "", ErrForm},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, files, err := ScanForm(tt.kind, []byte(tt.body), []string{"model", "stream"})
			if !errors.Is(err, tt.fault) || (err == nil) != (tt.fault == nil) {
				t.Fatalf("got %v, want %v", err, tt.fault)
			}
			got := ""
			for _, f := range files {
				got += string(f.Raw)
			}
			if string(found[0].Raw) != tt.model || string(found[1].Raw) != tt.stream || got != tt.files {
				t.Errorf("model %q, stream %q, files %q", found[0].Raw, found[1].Raw, got)
			}
			if f := found[0]; f.Found && tt.body[f.Start:f.End] != tt.model {
				t.Errorf("the model's place holds %q", tt.body[f.Start:f.End])
			}
		})
	}
}

func TestIsForm(t *testing.T) {
	for kind, want := range map[string]bool{"multipart/form-data": true, " Multipart/Form-Data ;boundary=x": true, "application/json": false, "": false, "multipart/mixed; boundary=x": false} {
		if got := IsForm(kind); got != want {
			t.Errorf("IsForm(%q) = %v, want %v", kind, got, want)
		}
	}
}

// FuzzScanForm: what is accepted means the same to the standard library's parser, before the
// model is renamed and after, and renaming changes nothing but the name.
func FuzzScanForm(f *testing.F) {
	file := lines("--cut", `Content-Disposition: form-data; name="file"; filename="a"`, "", "\x00\r\n--cu", "")
	for _, seed := range []string{field("model", "m") + file + "--cut--\r\n", file + field("model", "whisper-1") + "--cut--", "x\r\n" + field("Model", "") + "--cut--\r\ny",
		field("model", "a\n--cut\r\n") + "--cut--", "--cut\r\n\r\n--cut--", field("model", "--cut") + "--cut --"} {
		f.Add(formType, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		found, _, err := ScanForm(kind, body, []string{"model"})
		if err != nil || !found[0].Found {
			return
		}
		model := found[0]
		if string(body[model.Start:model.End]) != string(model.Raw) {
			t.Fatalf("the model's place holds %q, not %q", body[model.Start:model.End], model.Raw)
		}
		sameParts(t, kind, body, string(model.Raw))
		const name = "x-1.5"
		renamed := Splice(body, model.Replace([]byte(name)))
		if !bytes.Equal(renamed[:model.Start], body[:model.Start]) || !bytes.Equal(renamed[model.Start+len(name):], body[model.End:]) {
			t.Fatalf("more than the name was changed: %q", renamed)
		}
		again, _, err := ScanForm(kind, renamed, []string{"model"})
		if err != nil || string(again[0].Raw) != name {
			t.Fatalf("%q, %v after the name was changed in %q", again[0].Raw, err, renamed)
		}
		sameParts(t, kind, renamed, name)
	})
}

// sameParts reads a form with the standard library and looks for its model.
func sameParts(t *testing.T, kind string, body []byte, model string) {
	t.Helper()
	boundary := boundaryOf(t, kind)
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		p, err := r.NextRawPart()
		if err != nil {
			t.Fatalf("%q has no model for another parser: %v", body, err)
		}
		got, err := io.ReadAll(p)
		if !strings.EqualFold(strings.ReplaceAll(p.FormName(), `\`, ""), "model") {
			continue
		}
		if err != nil || string(got) != model {
			t.Fatalf("another parser reads %q (%v) as the model of %q, want %q", got, err, body, model)
		}
		return
	}
}

func boundaryOf(t *testing.T, kind string) string {
	t.Helper()
	_, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	return params["boundary"]
}
