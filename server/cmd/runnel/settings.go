package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"runnel/models"
)

// errUsage marks a wrong setting or argument.
var errUsage = errors.New("usage")

// settingsFile reads the YAML file named by --config or RUNNEL_CONFIG as a
// source below flags and environment. No name means no file.
func settingsFile(args []string, getenv func(string) string) (kong.Resolver, error) {
	path := getenv("RUNNEL_CONFIG")
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--config="); ok {
			path = value
		} else if arg == "--config" && i+1 < len(args) {
			path = args[i+1]
		}
	}
	k := koanf.New("\x00") // keys are flat: "public-url", not public.url
	if path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			return nil, fmt.Errorf("%w: cannot read the settings file %s: %w", errUsage, path, err)
		}
	}
	return &fileSettings{values: k, path: path}, nil
}

// fileSettings answers kong's questions for flags from a settings file.
type fileSettings struct {
	values *koanf.Koanf
	path   string
}

// Validate refuses keys that are no setting of any command.
func (f *fileSettings) Validate(app *kong.Application) error {
	var known []string
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			known = append(known, flag.Name)
		}
		return next(nil)
	})
	var unknown []string
	for _, key := range f.values.Keys() {
		if !slices.Contains(known, key) {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("%s: unknown settings: %s", f.path, strings.Join(unknown, ", "))
	}
	return nil
}

// Resolve returns the file's value of a flag, or nil.
func (f *fileSettings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if flag.Name == "config" || !f.values.Exists(flag.Name) {
		return nil, nil
	}
	if list, ok := f.values.Get(flag.Name).([]any); ok {
		parts := make([]string, len(list))
		for i, item := range list {
			parts[i] = fmt.Sprint(item)
		}
		return strings.Join(parts, ","), nil
	}
	return fmt.Sprint(f.values.Get(flag.Name)), nil
}

// defaultData is the user's XDG data folder for Runnel.
func defaultData() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "runnel")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "data"
	}
	return filepath.Join(home, ".local", "share", "runnel")
}

// printable replaces control characters, so that a title or a peer's words
// cannot steer the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// asUsage marks err as the caller's mistake.
func asUsage(code, text string) error {
	return fmt.Errorf("%w: %w", errUsage, models.NewFault(models.ErrInvalid, code, text))
}
