package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

type configCommand struct{}

// Run prints a settings file with every setting of 'serve', its default and
// what it means, all commented out.
func (configCommand) Run(app *kong.Kong) error {
	fmt.Println("# Runnel's settings. Flags win over RUNNEL_* variables, those over this file.")
	for _, command := range app.Model.Children {
		if command.Name != "serve" {
			continue
		}
		for _, flag := range command.Flags {
			fmt.Printf("\n# %s\n# %s: %s\n", flag.Help, flag.Name, sample(flag))
		}
	}
	return nil
}

func sample(flag *kong.Flag) string {
	switch {
	case flag.IsSlice():
		return "[]"
	case flag.Target.Kind() == reflect.Pointer: // neither, unless it is given
		return "true"
	case flag.Default == "" && flag.IsBool():
		return "false"
	case flag.Default == "" || strings.ContainsAny(flag.Default, ": "):
		return `"` + flag.Default + `"`
	}
	return flag.Default
}
