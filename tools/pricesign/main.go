// Command pricesign makes published price catalogues: it makes a key, writes the shipped price
// book as a catalogue, signs it and checks one. It publishes nothing.
package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"weir/billing"
	"weir/billing/edition"
)

const usage = `usage:
  pricesign keygen  -secret FILE                           make a key: the secret goes into a new file, the public key to stdout
  pricesign build   -out FILE [-version N] [-note TEXT]     write the price book inside this program as a catalogue, unsigned
                    [-correction ID,…] [-read-above ID,…]
  pricesign sign    -secret FILE -out FILE CATALOGUE        sign a catalogue
  pricesign verify  -key PUBLIC [-after FILE] FILE          check a signed catalogue, also that it may follow an earlier one`

func main() {
	if err := run(os.Args[1:], os.Stdout, time.Now()); err != nil {
		fmt.Fprintln(os.Stderr, "pricesign:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer, now time.Time) error {
	verbs := map[string]func([]string, io.Writer, time.Time) error{"keygen": keygen, "build": build, "sign": signFile, "verify": verify}
	if len(args) == 0 || verbs[args[0]] == nil {
		return errors.New(usage)
	}
	return verbs[args[0]](args[1:], out, now)
}

// keygen makes a key. It never writes over a file.
func keygen(args []string, out io.Writer, _ time.Time) error {
	f := flag.NewFlagSet("keygen", flag.ContinueOnError)
	path := f.String("secret", "", "where the secret goes")
	if err := f.Parse(args); err != nil || *path == "" {
		return errors.Join(err, errors.New(usage))
	}
	public, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(*path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, base64.StdEncoding.EncodeToString(secret.Seed()))
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	key := edition.Key{Public: public}
	fmt.Fprintf(out, "%s\nfingerprint %s\n", key.Text(), key.Fingerprint())
	return nil
}

// build writes the shipped book as a catalogue of today.
func build(args []string, out io.Writer, now time.Time) error {
	f := flag.NewFlagSet("build", flag.ContinueOnError)
	path := f.String("out", "", "where the catalogue goes")
	version := f.Int64("version", 0, "its number: the day and two digits; usually today's first")
	note := f.String("note", "", "what it brings")
	corrected := f.String("correction", "", "cards and terms that may change the past, by id, parted by commas")
	above := f.String("read-above", "", "cards whose cached tokens may cost more than fresh ones")
	if err := f.Parse(args); err != nil || *path == "" {
		return errors.Join(err, errors.New(usage))
	}
	day := now.UTC()
	if *version == 0 {
		if _, err := fmt.Sscan(day.Format("20060102")+"01", version); err != nil {
			return err
		}
	}
	made, err := time.Parse("20060102", fmt.Sprint(*version/100))
	if err != nil {
		return fmt.Errorf("version %d is no day and two digits", *version)
	}
	shipped, err := billing.Shipped()
	if err != nil {
		return err
	}
	head := edition.Head{Schema: edition.Schema, Version: *version, CreatedOn: made.Format(time.DateOnly), Note: *note}
	body, err := edition.Body(head, shipped, split(*corrected), split(*above))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d bytes\n", head.FileName(), len(body))
	return os.WriteFile(*path, body, 0o644)
}

func split(ids string) []string {
	return strings.FieldsFunc(ids, func(r rune) bool { return r == ',' || r == ' ' })
}

func signFile(args []string, out io.Writer, now time.Time) error {
	f := flag.NewFlagSet("sign", flag.ContinueOnError)
	secretPath := f.String("secret", "", "the file with the secret")
	path := f.String("out", "", "where the signed catalogue goes")
	if err := f.Parse(args); err != nil || *secretPath == "" || *path == "" || f.NArg() != 1 {
		return errors.Join(err, errors.New(usage))
	}
	secret, err := readSecret(*secretPath)
	if err != nil {
		return err
	}
	body, err := os.ReadFile(f.Arg(0))
	if err != nil {
		return err
	}
	file := edition.Sign(body, secret)
	key := edition.Key{Public: secret.Public().(ed25519.PublicKey)}
	e, err := edition.Open(file, []edition.Key{key}, now) // what nobody would take is not signed
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, signed by %s\n", e.FileName(), key.Fingerprint())
	return os.WriteFile(*path, file, 0o644)
}

func readSecret(path string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	seed, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s holds no secret of pricesign keygen", path)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func verify(args []string, out io.Writer, now time.Time) error {
	f := flag.NewFlagSet("verify", flag.ContinueOnError)
	text := f.String("key", "", "the public key")
	after := f.String("after", "", "an earlier catalogue that it has to follow")
	if err := f.Parse(args); err != nil || *text == "" || f.NArg() != 1 {
		return errors.Join(err, errors.New(usage))
	}
	public, err := edition.ParseKey(*text)
	if err != nil {
		return err
	}
	file, err := os.ReadFile(f.Arg(0))
	if err != nil {
		return err
	}
	e, err := edition.Open(file, []edition.Key{{Public: public}}, now)
	if err != nil {
		return err
	}
	if *after != "" {
		if err := follows(e, *after); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s is in order\n", e.FileName())
	return nil
}

// follows checks an edition against an earlier file.
func follows(e *edition.Edition, path string) error {
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	earlier, err := edition.Reopen(file)
	if err != nil {
		return err
	}
	if e.Version <= earlier.Version {
		return fmt.Errorf("version %d does not follow %d", e.Version, earlier.Version)
	}
	return e.Follow(earlier.Layers(billing.Layers{}))
}
