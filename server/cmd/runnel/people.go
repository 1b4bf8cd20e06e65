package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"runnel/models"
	"runnel/server"
)

type userCommand struct {
	Add    userAddCommand    `cmd:"" help:"Make an account."`
	Passwd userPasswdCommand `cmd:"" help:"Set an account's password; it signs out everywhere."`
	Quota  userQuotaCommand  `cmd:"" help:"Show what an account may keep, or set it."`
}

type passwordFlag struct {
	PasswordStdin bool `help:"Read the password from standard input."`
}

type userAddCommand struct {
	dataFlag
	passwordFlag
	Name string `arg:"" help:"The account's name."`
	Role string `help:"listener, creator, moderator or admin." enum:"listener,creator,moderator,admin" required:""`
}

// Run makes an account; without a password it prints a one-time sign-in link's
// secret instead.
func (c userAddCommand) Run(ctx context.Context) error {
	folder, err := server.MakeFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	password, err := c.read(false)
	if err != nil {
		return err
	}
	made, err := folder.AddAccount(ctx, c.Name, models.Role(c.Role), password)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %s\n", made.Account.Name, made.Account.Role)
	if made.Channel.ID != "" {
		fmt.Printf("  channel       %s\n", made.Channel.ID)
	}
	if made.RecoveryKey != "" {
		fmt.Printf("  recovery key  %s (shown only now: keep it safe)\n", made.RecoveryKey)
	}
	if made.SetupLink != "" {
		fmt.Printf("  set-up link   %s (works once, for %d days)\n", made.SetupLink, int(server.SetupLife/(24*time.Hour)))
	}
	return nil
}

type userPasswdCommand struct {
	dataFlag
	passwordFlag
	Name string `arg:"" help:"The account's name."`
}

// Run sets a password.
func (c userPasswdCommand) Run(ctx context.Context) error {
	folder, err := server.OpenFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	password, err := c.read(true)
	if err != nil {
		return err
	}
	return folder.SetPassword(ctx, c.Name, password)
}

// read takes a password from standard input, or asks for it on a terminal when
// it is needed.
func (c passwordFlag) read(needed bool) (string, error) {
	if c.PasswordStdin {
		line, err := bufio.NewReaderSize(os.Stdin, 4096).ReadString('\n')
		password := strings.TrimRight(line, "\r\n")
		if password == "" {
			return "", fmt.Errorf("no password on standard input: %w", err)
		}
		return password, nil
	}
	if !needed {
		return "", nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return "", asUsage("no_password", "Give the password on standard input, with --password-stdin.")
	}
	fmt.Fprint(os.Stderr, "New password: ")
	typed, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(os.Stderr)
	return string(typed), err
}

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Make a token; it is the last line printed."`
	Revoke tokenRevokeCommand `cmd:"" help:"End a token."`
}

type tokenCreateCommand struct {
	dataFlag
	User  string `arg:"" help:"The account to act as."`
	Label string `help:"What it is for." default:"command line"`
	Scope string `help:"all, upload or read." enum:"all,upload,read" default:"all"`
	Days  int    `help:"How many days it lives; 0 for ever." default:"365"`
}

// Run makes a token and prints it once.
func (c tokenCreateCommand) Run(ctx context.Context) error {
	folder, err := server.OpenFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	id, secret, err := folder.CreateToken(ctx, c.User, c.Label, models.Scope(c.Scope), time.Duration(c.Days)*24*time.Hour)
	if err != nil {
		return err
	}
	fmt.Printf("token %s of %s, shown only now:\n%s\n", id, c.User, secret)
	return nil
}

type tokenRevokeCommand struct {
	dataFlag
	ID string `arg:"" name:"id" help:"The token's id, or the token itself."`
}

// Run ends a token at once.
func (c tokenRevokeCommand) Run(ctx context.Context) error {
	folder, err := server.OpenFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.RevokeToken(ctx, c.ID)
}
