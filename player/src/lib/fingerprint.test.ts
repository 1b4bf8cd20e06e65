import { expect, test } from 'vitest'
import { fingerprint } from './fingerprint'

const blob = (size: number, change: [number, number][] = []) => {
  const bytes = new Uint8Array(size)
  for (const [at, value] of change) bytes[at] = value
  return new Blob([bytes])
}

test('files are told apart by size, beginning and end', async () => {
  const size = 1_000_000
  const marks = await Promise.all([blob(size), blob(size, [[0, 1]]), blob(size, [[size - 1, 1]]), blob(size + 1), blob(0), blob(10)].map(fingerprint))
  expect(new Set(marks).size).toBe(marks.length)
  expect(await fingerprint(blob(size))).toBe(marks[0])
  expect(marks[0]).toMatch(/^1000000-[0-9a-f]{40}$/)
})
