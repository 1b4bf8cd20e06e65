import { describe, expect, it } from 'vitest'
import { soundsOf, surroundGroups } from './sounds'

const film = [
  { name: 'English', groupId: 'aac-64-2', channels: '2' },
  { name: 'français', groupId: 'aac-64-2', channels: '2' },
  { name: 'English', groupId: 'aac-128-2', channels: '2' },
  { name: 'français', groupId: 'aac-128-2', channels: '2' },
  { name: 'English', groupId: 'aac-384-6', channels: '6' },
  { name: 'français', groupId: 'aac-384-6', channels: '2' }, // lent from stereo
]

describe('sounds', () => {
  it('lists each language once, then surround where there is any', () => {
    expect(soundsOf(film).map((s) => s.label)).toEqual(['English', 'français', 'English 5.1'])
    expect(soundsOf(film).map((s) => s.id)).toEqual(['stereo/English', 'stereo/français', 'surround/English'])
  })
  it('knows which groups are surround', () => {
    expect([...surroundGroups(film)]).toEqual(['aac-384-6'])
  })
  it('has nothing to choose without groups', () => {
    expect(soundsOf([])).toEqual([])
  })
})
