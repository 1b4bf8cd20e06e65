import { describe, expect, it, vi } from 'vitest'
import { quick } from './abr'

vi.mock('hls.js', () => ({ AbrController: class {} })) // it needs a browser

const ladder = (...known: boolean[]) => [150_000, 330_000, 530_000, 1_350_000, 3_000_000].map((rate, i) => ({ rate, known: known[i] ?? false }))

describe('the quality after a seek', () => {
  for (const [what, known, rate, want] of [
    ['the best that is here in a moment', [true, true, true, true, true], 10e6, 2],
    ['the best of all on a fast link', [true, true, true, true, true], 100e6, 4],
    ['one whose playlist is here before a better one', [true, true, false, false, false], 6.5e6, 1],
    ['the lowest where none is here in a moment', [true, true, true, true, true], 1e6, 0],
    ['the one that comes first, if not the lowest', [false, true, false, false, false], 8e6, 1],
  ] as const) {
    it(`is ${what}`, () => expect(quick(ladder(...known), rate, 0.1)).toBe(want))
  }
})
