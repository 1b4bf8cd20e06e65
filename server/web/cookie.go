package web

import (
	"net"
	"net/http"
	"net/url"
	"time"
)

// sessionLife is how long a session lasts without signing in again.
const sessionLife = 30 * 24 * time.Hour

// cookies writes and reads the session cookie. Where browsers keep Secure
// cookies (https, or localhost by special grace) it carries the __Host- prefix,
// which no other host and no plain-http attacker can set.
type cookies struct {
	name   string
	secure bool
}

// cookiesAt returns the cookie's form at the host that a request came to: a node
// with a public https name is also reached by its address in a home network,
// over plain HTTP, where a browser drops a Secure cookie without a word.
func cookiesAt(public *url.URL, r *http.Request) cookies {
	host := hostname(r.Host)
	named := net.ParseIP(host) == nil
	if r.TLS != nil || host == "localhost" || isLoopback(host) || public.Scheme == "https" && named {
		return cookies{name: "__Host-runnel", secure: true}
	}
	return cookies{name: "runnel"}
}

// hostname is a Host header's name or address, without port and brackets.
func hostname(host string) string { return (&url.URL{Host: host}).Hostname() }

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (c cookies) secret(r *http.Request) string {
	ck, err := r.Cookie(c.name)
	if err != nil || len(ck.Value) > 100 {
		return ""
	}
	return ck.Value
}

func (c cookies) set(secret string) http.Cookie {
	return http.Cookie{
		Name: c.name, Value: secret, Path: "/", Secure: c.secure, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, MaxAge: int(sessionLife / time.Second),
	}
}

func (c cookies) clear() http.Cookie {
	ck := c.set("")
	ck.MaxAge = -1
	return ck
}
