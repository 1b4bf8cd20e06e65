import { expect, test } from 'vitest'
import { Listened, threshold } from './listened'

function play(enough: number, times: number[], rate = 1): number[] {
  const told: number[] = []
  const listened = new Listened(enough, (s) => told.push(Math.round(s * 100) / 100))
  for (const time of times) listened.at(time, rate)
  listened.flush()
  return told
}

const from = (a: number, b: number, step = 0.25) => Array.from({ length: Math.round((b - a) / step) + 1 }, (_, i) => a + i * step)

test('a play is ten seconds, or half of what is shorter', () => {
  expect([threshold(3600), threshold(8), threshold(0)]).toEqual([10, 4, 10])
  expect(play(10, from(0, 9.75))).toEqual([])
  expect(play(10, from(0, 10))).toEqual([10])
  expect(play(10, from(0, 15))).toEqual([10, 5])
  expect(play(10, from(0, 75))).toEqual([10, 60, 5])
})

test('seeking is not playing', () => {
  expect(play(10, [0, 100, 200, 300])).toEqual([])
  expect(play(10, [...from(0, 6), ...from(500, 506)])).toEqual([10, 2])
  expect(play(10, [...from(0, 6), ...from(2, 7)])).toEqual([10, 1])
  expect(play(10, from(0, 20, 0.5), 2)).toEqual([10, 10])
})
