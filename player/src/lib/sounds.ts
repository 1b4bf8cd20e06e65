// What a listener can choose among: languages, channels, and the samples as they
// were before encoding. Pure: hls.ts knows the library.

export interface Sound {
  id: string
  label: string
  name: string // in the playlist; empty for lossless
  surround: boolean
  lossless: boolean
}

interface Track {
  name: string
  groupId: string
  channels?: string | undefined
}

const channelsOf = (track: Track) => Number.parseInt(track.channels ?? '2', 10) || 2

// surroundGroups are the groups that hold sound of more than two channels.
export function surroundGroups(tracks: Track[]): Set<string> {
  return new Set(tracks.filter((track) => channelsOf(track) > 2).map((track) => track.groupId))
}

// soundsOf lists each sound once in stereo, then those that have more channels.
export function soundsOf(tracks: Track[]): Sound[] {
  const found = new Map<string, Sound>()
  const add = (track: Track, surround: boolean) => {
    const id = `${surround ? 'surround' : 'stereo'}/${track.name}`
    const label = surround ? `${track.name} ${channelsOf(track) === 6 ? '5.1' : `${channelsOf(track)} channels`}` : track.name
    if (!found.has(id)) found.set(id, { id, label, name: track.name, surround, lossless: false })
  }
  const groups = surroundGroups(tracks)
  for (const track of tracks) if (!groups.has(track.groupId)) add(track, false)
  for (const track of tracks) if (channelsOf(track) > 2) add(track, true)
  return [...found.values()]
}

// lossless is what there is to choose for a release with FLAC.
export const lossless: Sound = { id: 'lossless', label: 'Lossless', name: '', surround: false, lossless: true }

// standard is what else there is, where a release has one sound besides.
export const standard: Sound = { id: '', label: 'Standard', name: '', surround: false, lossless: false }
