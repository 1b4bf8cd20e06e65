package web

import (
	"net"
	"net/http"
	"net/url"
	"time"
)

// sessionLife is how long a session lasts without signing in again.
const sessionLife = 30 * 24 * time.Hour

// cookies writes and reads the session cookie. Where browsers allow Secure
// cookies (https, or localhost by special grace) it carries the __Host- prefix,
// which no other host and no plain-http attacker can set.
type cookies struct {
	name   string
	secure bool
}

func newCookies(public *url.URL) cookies {
	host := public.Hostname()
	if public.Scheme == "https" || host == "localhost" || isLoopback(host) {
		return cookies{name: "__Host-runnel", secure: true}
	}
	return cookies{name: "runnel"}
}

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
