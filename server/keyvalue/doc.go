// Package keyvalue keeps small records in one SQLite file, as the datastore
// that the libraries of the peer network write to: records of the DHT, what this
// node announces, the peers it remembers.
//
// SQLite is in the program anyway, recovers by itself from a kill at any
// moment, and needs one file; an LSM store would bring a second engine with
// tens of packages for a few thousand rows. The file can be deleted while no node
// runs: the node announces anew and finds its peers again.
package keyvalue
