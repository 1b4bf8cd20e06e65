package server

// Role is what a server of several does; empty is RoleAll.
type Role string

// The roles.
const (
	RoleAll    Role = "all"    // everything: what a node alone has to do
	RoleWeb    Role = "web"    // takes uploads and serves, runs no jobs
	RoleWorker Role = "worker" // runs jobs and serves nothing but metrics and readiness
)

func (r Role) valid() bool { return r == "" || r == RoleAll || r == RoleWeb || r == RoleWorker }

// serves reports whether the public HTTP face and the gateway answer.
func (r Role) serves() bool { return r != RoleWorker }

// works reports whether releases are transcoded and pins fetched.
func (r Role) works() bool { return r != RoleWeb }
