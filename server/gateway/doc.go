// Package gateway answers the IPFS gateway protocols on an origin of its own:
// paths, subdomains, raw blocks, CAR, TAR and IPNS records
// (https://specs.ipfs.tech/http-gateways/).
//
// A block that the catalogue knows leaves only while a servable root holds it,
// whatever the request and the mode. The bytes that pages run belong to
// strangers, so the address must share no host with the player: on subdomains
// each root is an origin, and what is read by path is sandboxed.
package gateway
