import { expect, test } from 'vitest'
import { atEnd } from './finish'

const loaded = (...ends: number[]) => ({ length: ends.length, end: (i: number) => ends[i] ?? Number.NaN })

test.each([
  ['watched up to its end', loaded(39.999), 39.94, 40.07, true],
  ['a last segment of padding', loaded(4), 3.98, 4.02, true],
  ['more is to come', loaded(36), 35.9, 40.07, false],
  ['a hole before the end', loaded(10, 39.999), 9.9, 40.07, false],
  ['nothing yet', loaded(), 0, 40.07, false],
])('%s', (_, buffered, time, end, ended) => expect(atEnd(buffered, time, end)).toBe(ended))
