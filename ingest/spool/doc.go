// Package spool keeps the bytes of uploads until they are whole. It is a data
// store for tusd's handler (tus 1.0.0, https://tus.io/protocols/resumable-upload)
// over one row in the catalogue and one data file an upload.
//
// The promise: an offset that was told to a client is on disk. A file is
// created, synced and its folder synced before its row is written; bytes are
// synced before the row's offset moves; the row moves before the client hears
// of it. What lies in a file beyond the row's offset was never acknowledged
// and is cut off before the next byte is written. A sync that failed is an
// error and is never tried again over the same pages: the bytes beyond the
// acknowledged offset are sent again.
//
// Every operation acts for the Owner in its context; whoever is not the owner
// of an upload cannot tell that it exists.
package spool
