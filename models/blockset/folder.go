package blockset

import (
	"bytes"
	"slices"
	"strings"

	dag "github.com/ipfs/boxo/ipld/merkledag"
	"github.com/ipfs/boxo/ipld/unixfs"
	"github.com/ipfs/go-cid"
	ipld "github.com/ipfs/go-ipld-format"

	"runnel/models"
)

// link is one name in a folder, or one child of a file's inner node.
type link struct {
	name string // empty in files
	cid  cid.Cid
	size uint64 // cumulative bytes of all blocks below: the Tsize
}

// folder is a decoded folder: its links in order of names, and the bytes of its
// own block.
type folder struct {
	links []link
	own   int
}

// find returns the link of a name.
func (f *folder) find(name string) (link, bool) {
	i, found := slices.BinarySearchFunc(f.links, name, func(l link, name string) int {
		return strings.Compare(l.name, name)
	})
	if !found {
		return link{}, false
	}
	return f.links[i], true
}

// dagSize is what a link to the folder has to say.
func (f *folder) dagSize() uint64 {
	sum := uint64(f.own)
	for _, l := range f.links {
		sum += l.size
	}
	return sum
}

// encodeFolder makes the block of a folder. It refuses what would have to be a
// HAMT under the profile, and more names than any of our folders has.
func encodeFolder(links []link) (models.Block, uint64, error) {
	if len(links) == 0 || len(links) > maxFolder {
		return models.Block{}, 0, invalid("folder of %d entries", len(links))
	}
	node := dag.NodeWithData(unixfs.FolderPBData())
	if err := node.SetCidBuilder(builder()); err != nil {
		return models.Block{}, 0, err
	}
	for _, l := range links {
		if err := node.AddRawLink(l.name, &ipld.Link{Size: l.size, Cid: l.cid}); err != nil {
			return models.Block{}, 0, err
		}
	}
	data, err := node.EncodeProtobuf(false)
	if err != nil {
		return models.Block{}, 0, err
	}
	if len(data) > nodeSize {
		return models.Block{}, 0, invalid("folder block of %d bytes", len(data))
	}
	size, err := node.Size()
	return block(node.Cid(), data), size, err
}

// decodeFolder accepts exactly what encodeFolder makes.
func decodeFolder(data []byte) (*folder, error) {
	node, links, err := decodeNode(data)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(node.Data(), unixfs.FolderPBData()) {
		return nil, misshapen("not a plain folder")
	}
	if len(links) == 0 || len(links) > maxFolder {
		return nil, misshapen("folder of %d entries", len(links))
	}
	for i, l := range links {
		if err := checkName(l.name); err != nil {
			return nil, misshapen("%v", err)
		}
		if i > 0 && links[i-1].name >= l.name {
			return nil, misshapen("names out of order")
		}
	}
	return &folder{links: links, own: len(data)}, nil
}

// maxTsize keeps sums of sizes far from overflow: 1,000 of them still fit.
const maxTsize = 1 << 50

func decodeNode(data []byte) (*dag.ProtoNode, []link, error) {
	node, err := dag.DecodeProtobuf(data)
	if err != nil {
		return nil, nil, misshapen("%v", err)
	}
	links := make([]link, 0, len(node.Links()))
	for _, l := range node.Links() {
		if err := checkCID(l.Cid); err != nil {
			return nil, nil, err
		}
		if l.Size > maxTsize {
			return nil, nil, misshapen("link claims %d bytes", l.Size)
		}
		links = append(links, link{name: l.Name, cid: l.Cid, size: l.Size})
	}
	return node, links, nil
}
