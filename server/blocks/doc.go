// Package blocks keeps blocks on disk: one read-only file a block, named by its
// multihash in lower-case base32 and laid into 1,024 folders by two characters
// of that name, so that the same bytes under two codecs are one file.
//
//	blocks/
//	  y4/ciq….y4q          mode 0444, exactly the bytes that hash to its name
//	  tmp/<process>/…      files being written; swept when their process is gone
//
// What Put has acknowledged is on disk: temporary files are written, synced,
// renamed and their folders synced before it returns. What Get hands out has
// been hashed in that very call, and what OpenChecked opens in a call of the last
// minutes. A file that can be seen while its folder's
// lock is held is durable, and no file is removed but under that lock; the lock
// holds across processes, so that a command may work on the folder of a running
// node.
//
// A failed sync leaves the kernel's pages in an unknown state, and a second
// sync would succeed without having written them. The store then refuses every
// further write until it is opened again; reads go on.
package blocks
