import { describe, expect, it, vi } from 'vitest'
import { placed } from './placed'

vi.mock('hls.js', () => ({ default: { DefaultConfig: { streamController: class {} } } })) // it needs a browser

const times = (start: number, end: number) => ({ startPTS: start, endPTS: end, startDTS: start, endDTS: end })

describe('where a segment is shown', () => {
  for (const [what, of, want] of [
    ['is where its playlist has it, though its samples come two frames later', times(8.083333, 12.083333), times(8, 12)],
    ['is so for one whose first sample is decoded before it is shown', times(7.916667, 12.083333), times(8, 12)],
    ['is where its samples say, if that is another place', times(20, 24), times(20, 24)],
    ['is where its samples say, if it has another length', times(8, 10), times(8, 10)],
  ] as const) {
    it(what, () => expect(placed(of, { start: 8, duration: 4 })).toEqual(want))
  }
})
