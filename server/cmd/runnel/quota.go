package main

import (
	"context"
	"fmt"
	"strconv"

	"runnel/server"
)

type userQuotaCommand struct {
	dataFlag
	Name     string `arg:"" help:"The account's name."`
	Bytes    string `arg:"" optional:"" help:"The most bytes that it keeps; 0 for no limit, default for the node's."`
	Releases string `help:"How many releases it may have; 0 for no limit, default for the node's." placeholder:"N"`
	Uploads  string `help:"How many unfinished uploads it may have." placeholder:"N"`
	Jobs     string `help:"How many of its files are transcoded at a time." placeholder:"N"`
}

// Run changes what is given and prints what an account has and may have.
func (c userQuotaCommand) Run(ctx context.Context) error {
	folder, err := server.OpenFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	account, err := folder.Catalog.AccountByName(ctx, c.Name)
	if err != nil {
		return err
	}
	_, own, err := folder.Catalog.Limits(ctx, account.ID)
	if err != nil {
		return err
	}
	changed := false
	for _, l := range []struct {
		text string
		to   **int64
	}{{c.Bytes, &own.Bytes}, {c.Releases, &own.Releases}, {c.Uploads, &own.Uploads}, {c.Jobs, &own.Jobs}} {
		if l.text == "" {
			continue
		}
		if *l.to, err = limitOf(l.text); err != nil {
			return err
		}
		changed = true
	}
	if changed {
		if err := folder.Catalog.SetLimits(ctx, account.ID, own); err != nil {
			return err
		}
	}
	used, err := folder.Catalog.AccountUsage(ctx, account.ID)
	if err != nil {
		return err
	}
	fmt.Printf("%s keeps %d bytes in %d releases\n", account.Name, used.Bytes(), used.Releases)
	for _, l := range []struct {
		name  string
		value *int64
	}{{"bytes", own.Bytes}, {"releases", own.Releases}, {"uploads", own.Uploads}, {"jobs", own.Jobs}} {
		fmt.Printf("  %-9s %s\n", l.name, limitText(l.value))
	}
	return nil
}

// limitOf reads a limit; nil is the node's default.
func limitOf(text string) (*int64, error) {
	if text == "default" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return nil, asUsage("bad_limit", `A limit is a whole number, 0 for no limit, or "default".`)
	}
	return &n, nil
}

func limitText(limit *int64) string {
	switch {
	case limit == nil:
		return "the node's default"
	case *limit == 0:
		return "no limit"
	}
	return strconv.FormatInt(*limit, 10)
}
