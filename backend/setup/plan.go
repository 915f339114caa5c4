package setup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"weir/backend/edit"
	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// A Plan is what would happen, in words and lines that a person reads before it does.
type Plan struct {
	Tool     string   `json:"tool"`
	Name     string   `json:"name"`
	Undo     bool     `json:"undo"`
	Token    string   `json:"token"` // what Apply and Undo are given, so that they do this and nothing else
	File     string   `json:"file"`
	Exists   bool     `json:"exists"`
	Changes  []Change `json:"changes"`
	Key      string   `json:"key"`    // what becomes of the access key
	Backup   bool     `json:"backup"` // the file is copied first
	Warnings []string `json:"warnings"`
}

// A Change is one value, as it is and as it will be. Secrets are shown by their first characters.
type Change struct {
	Key    string  `json:"key"`
	Kind   string  `json:"kind" ts:"'add' | 'replace' | 'same' | 'remove' | 'put_back' | 'leave'"`
	Old    *string `json:"old"`
	New    *string `json:"new"`
	Reason *string `json:"reason"` // why it is left
	Line   *int    `json:"line"`   // where it stands now
}

// A draft is a plan with what carrying it out needs.
type draft struct {
	Plan
	tool tool
	file configFile
	row  *record
	key  keyStep
}

// Preview returns what connecting an assistant would do. keyID is an access key of the person's choice; empty: one of
// the assistant's own.
func (s *Setup) Preview(ctx context.Context, id, keyID string) (Plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.draft(ctx, id, keyID)
	return d.Plan, err
}

// placeholder stands for a secret that is not made before the plan is carried out.
const placeholder = "sk-weir-"

func (s *Setup) draft(ctx context.Context, id, keyID string) (d draft, err error) {
	if d, err = s.begin(ctx, id); err != nil {
		return d, err
	}
	address := s.opt.Address()
	if address == "" {
		return d, &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.setup.no_door")}
	}
	if why, err := d.tool.refused(d.file.text); err != nil {
		return d, refusal(d.file.path, err)
	} else if why != "" {
		return d, &gateway.Error{Kind: gateway.Conflict, Field: "file", Message: i18n.T("error.setup.refused", "path", d.file.path, "why", why)}
	}
	now, err := d.tool.now(d.file.text)
	if err != nil {
		return d, refusal(d.file.path, err)
	}
	if d.key, err = s.keyStep(d.row, now.token, keyID); err != nil {
		return d, err
	}
	secret := placeholder
	if d.key.kind == keepKey {
		secret = now.token
	}
	changes := d.tool.values(address, secret)
	// What cannot be done is said before anybody agrees to it.
	if _, _, err := d.tool.format.Apply(d.file.text, changes); err != nil {
		return d, refusal(d.file.path, err)
	}
	for _, c := range changes {
		shown, err := d.change(c)
		if err != nil {
			return d, refusal(d.file.path, err)
		}
		d.Changes = append(d.Changes, shown)
	}
	d.Key = d.key.sentence(d.tool)
	d.Warnings = append(append(d.Warnings, d.file.warnings(s.opt.OS)...), warnings(s.opt, d.tool)...)
	d.sign(address, string(d.key.kind), d.key.key.ID)
	return d, nil
}

// begin reads what every plan starts from.
func (s *Setup) begin(ctx context.Context, id string) (d draft, err error) {
	if d.tool, err = toolOf(id); err != nil {
		return d, err
	}
	if !d.tool.placed(s.opt) {
		return d, &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.setup.no_home", "variable", d.tool.folderBy)}
	}
	if d.row, err = s.journal.read(ctx, id); err != nil {
		return d, err
	}
	path := d.tool.file(s.opt)
	if d.row != nil && d.row.active() {
		path = d.row.file
		if err := s.journal.fill(ctx, id, d.row); err != nil {
			return d, err
		}
	}
	if d.file, err = readFile(path); err != nil {
		return d, refusal(path, err)
	}
	if d.file.exists && d.file.info.Mode().Perm()&0o200 == 0 {
		return d, refusal(d.file.path, errReadOnly)
	}
	d.Plan = Plan{Tool: id, Name: d.tool.name, File: d.file.path, Exists: d.file.exists, Backup: d.file.exists, Changes: []Change{}, Warnings: []string{}}
	return d, nil
}

// change shows one value of a plan.
func (d *draft) change(c edit.Change) (Change, error) {
	v, err := d.tool.format.Find(d.file.text, c.Key...)
	if err != nil {
		return Change{}, err
	}
	shown := Change{Key: strings.Join(c.Key, "."), Kind: "add", New: show(c.Key, c.Value)}
	if v != nil {
		shown.Kind, shown.Old, shown.Line = "replace", show(c.Key, said(v)), &v.Line
		if v.IsText && v.Text == c.Value {
			shown.Kind = "same"
		}
	}
	return shown, nil
}

// said is what a value says, or how it is written where it is no text.
func said(v *edit.Value) string {
	if v.IsText {
		return v.Text
	}
	return v.Raw
}

func show(key []string, value string) *string {
	if isSecret(key) {
		value = masked(value)
	} else {
		value = shownURL(value)
	}
	return &value
}

// sign makes the token of a plan: it is another one when the file, or what would happen, is.
func (d *draft) sign(parts ...string) {
	h := sha256.New()
	fmt.Fprintf(h, "%s|%v|%v|%d|", d.File, d.Exists, d.Undo, len(d.file.text))
	h.Write(d.file.text)
	fmt.Fprintf(h, "|%q", parts)
	d.Token = hex.EncodeToString(h.Sum(nil)[:16])
}

// agreed refuses a plan that is not the one that was shown.
func (d *draft) agreed(token string) error {
	if token != d.Token {
		return refusal(d.file.path, errChanged)
	}
	return nil
}
