import { describe, expect, it, vi } from 'vitest'
import { expects, here, useless } from './seek'

// It needs a browser; only its watch over holes is extended.
vi.mock('hls.js', () => ({ default: { DefaultConfig: { gapController: class {} } }, AbrController: class {} }))

describe('what a seek expects', () => {
  for (const [what, state, start, want] of [
    ['a segment of its place', 'FRAG_LOADING', 28, true],
    ['a segment being taken in', 'PARSING', 28, true],
    ['a playlist', 'WAITING_LEVEL', undefined, true],
    ["the sound's playlist", 'WAITING_TRACK', undefined, true],
    ['not a segment behind its place', 'FRAG_LOADING', 32, false],
    ['nothing of a part that rests', 'IDLE', 28, false],
    ['nothing of a part that has ended', 'ENDED', undefined, false],
  ] as const) {
    it(`is ${what}`, () => expect(expects(30.2, { state, frag: start === undefined ? null : { start } } as never)).toBe(want))
  }
  it('is nothing of a part that is not there', () => expect(expects(30.2, undefined)).toBe(false))
})

describe('a segment in flight when a seek begins', () => {
  const rungs = [150_000, 330_000, 530_000, 1_350_000, 3_000_000].map((rate) => ({ rate, known: true }))
  const segment = { start: 28, end: 32, rate: 3_000_000 }
  for (const [what, at, rate, loaded, total, want] of [
    ['of another place is given up', 8, 100e6, 0, 1_500_000, true],
    ['that begins where the place is, is kept if it is quick', 28, 100e6, 0, 1_500_000, false],
    ['that ends there is given up', 32, 100e6, 0, 1_500_000, true],
    ['is given up if its rest takes longer than a lower one', 30.2, 10e6, 0, 1_500_000, true],
    ['is kept when it is nearly here', 30.2, 10e6, 1_400_000, 1_500_000, false],
    ['is given up if it will be long, though its length is not told yet', 30.2, 10e6, 0, 0, true],
  ] as const) {
    it(what, () => expect(useless(at, { ...segment, stats: { loaded, total } }, rungs, rate, 0.1)).toBe(want))
  }
})

describe('what is here', () => {
  const ranges = [[0, 4], [8, 12]] as const
  const media = { buffered: { length: 2, start: (i: number) => ranges[i]![0], end: (i: number) => ranges[i]![1] } } as HTMLMediaElement
  for (const [at, want] of [[0, true], [3.99, true], [4, false], [6, false], [8, true], [12, false]] as const) {
    it(`is ${want ? '' : 'not '}the second ${at}`, () => expect(here(media, at)).toBe(want))
  }
})
