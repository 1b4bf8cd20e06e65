package blocks

import (
	"fmt"
	"os"
	"slices"
)

// syncAllFrom is the number of files from which one sync of the whole file
// system is cheaper than a sync of each file. One syncfs also writes what
// others have unwritten, so small batches keep to their own files.
const syncAllFrom = 8

// syncFiles makes the contents of the temporary files durable. A failed sync
// is never tried again: the kernel has dropped the pages and would report
// success. Running out of space is the one that leaves the store usable, since
// the files it concerns are thrown away.
func (s *Store) syncFiles(list []*staged) error {
	err := s.syncContents(list)
	if err == nil {
		return nil
	}
	if full(err) {
		return diskError(err)
	}
	s.fail(err)
	return s.Writable()
}

func (s *Store) syncContents(list []*staged) error {
	if len(list) >= syncAllFrom && syncAllReports() {
		return syncAll(s.root)
	}
	for _, b := range list {
		if err := b.file.Sync(); err != nil {
			return err
		}
	}
	return nil
}

// publish renames the synced files to their names and syncs the folders, all
// under the locks of their shards.
func (s *Store) publish(list []*staged) error {
	if len(list) == 0 {
		return nil
	}
	locks, err := s.lockShards(list)
	defer release(locks)
	if err != nil {
		return diskError(err)
	}
	if err := s.Writable(); err != nil { // it may have failed while we waited
		return err
	}
	renamed, err := s.rename(list)
	if err == nil {
		if err = s.syncFolders(locks, renamed); err == nil {
			return nil
		}
		s.fail(fmt.Errorf("folder: %w", err))
	}
	// Nobody may take for durable what is not: withdraw it before the locks go.
	for _, b := range renamed {
		_ = os.Remove(s.path(b.key))
	}
	return firstError(s.Writable(), diskError(err))
}

// rename moves the files to their names, but for those that a concurrent Put
// has brought meanwhile.
func (s *Store) rename(list []*staged) (renamed []*staged, err error) {
	for _, b := range list {
		if s.touch(b.key, b.data) {
			continue
		}
		if err := os.Rename(b.file.Name(), s.path(b.key)); err != nil {
			return renamed, err
		}
		renamed = append(renamed, b)
	}
	return renamed, nil
}

// syncFolders makes the new names durable, and the folders that are new.
func (s *Store) syncFolders(locks map[int]*held, renamed []*staged) error {
	folders := map[int]*held{}
	made := false
	for _, b := range renamed {
		n := b.key.shard()
		folders[n] = locks[n]
		made = made || !locks[n].durable
	}
	if err := s.syncNames(folders, made); err != nil {
		return err
	}
	for _, h := range folders {
		h.durable = true
	}
	return nil
}

// syncNames syncs each folder or, from as many as for files, the whole file
// system, whose journal takes all new names in one go.
func (s *Store) syncNames(folders map[int]*held, made bool) error {
	if len(folders) >= syncAllFrom && syncAllReports() {
		return syncAll(s.root)
	}
	for _, h := range folders {
		if err := h.dir.Sync(); err != nil {
			return err
		}
	}
	if made {
		return s.root.Sync()
	}
	return nil
}

// lockShards takes the locks of the blocks' shards in ascending order. What it
// returns with an error is what it took until then.
func (s *Store) lockShards(list []*staged) (map[int]*held, error) {
	shards := make([]int, 0, len(list))
	for _, b := range list {
		shards = append(shards, b.key.shard())
	}
	slices.Sort(shards)
	locks := make(map[int]*held, len(shards))
	for _, n := range slices.Compact(shards) {
		h, err := s.lock(n)
		if err != nil {
			return locks, err
		}
		locks[n] = h
	}
	return locks, nil
}

func release(locks map[int]*held) {
	for _, h := range locks {
		h.release()
	}
}
