import { describe, expect, it } from 'vitest'
import { ago, clock, percent, size } from './format'

describe('format', () => {
  it.each([[0, '0:00'], [59.6, '1:00'], [3661, '1:01:01'], [-4, '0:00']])('clock(%d) is %s', (n, text) => expect(clock(n)).toBe(text))
  it.each([[0, '0 B'], [999, '999 B'], [1500, '1.5 kB'], [4139823, '4.1 MB'], [5e12, '5.0 TB']])('size(%d) is %s', (n, text) => expect(size(n)).toBe(text))
  it.each([[0.999, '99 %'], [1, '100 %'], [-1, '0 %']])('percent(%d) is %s', (n, text) => expect(percent(n)).toBe(text))
  it.each([[10, 'just now'], [120, '2 minutes ago'], [86400, 'yesterday']])('%d s ago is %s', (n, text) => {
    expect(ago(new Date(1e12 - n * 1000).toISOString(), 1e12)).toBe(text)
  })
})
