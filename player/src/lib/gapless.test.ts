import { describe, expect, test } from 'vitest'
import { alike, filesOf, follower, lastFrame, seconds, whole, type Voice } from './gapless'

const aac = (bps: number, more: Partial<Voice> = {}): Voice => ({ id: `a/aac-${bps}`, type: 'audio', codec: 'mp4a.40.2', bps: bps * 1000, channels: 2, language: 'und', sampleRate: 44100, priming: 1024, padding: 192, samples: 264000, ...more })
const flac: Voice = { id: 'a/flac', type: 'audio', codec: 'fLaC', bps: 900_000, channels: 2, language: 'und', sampleRate: 44100, samples: 264000 }
const ladder = [aac(256), aac(64), aac(128), flac]

test('a sound lasts as long as its samples, and ends in its last frame', () => {
  expect(seconds(aac(64))).toBe(264000 / 44100)
  // 1024 of priming, 264000 and 192 of padding are 259 frames: the last begins 258 on.
  expect(lastFrame(aac(64))).toBe((258 * 1024 - 1024) / 44100)
  expect(lastFrame(aac(64, { padding: 0, samples: 258 * 1024 }))).toBe((257 * 1024) / 44100)
})

describe('what follows', () => {
  test.each([
    ['the best that the link brings', aac(128), ladder, 1e6, 'a/aac-256'],
    ['less over a slow link', aac(256), ladder, 200_000, 'a/aac-128'],
    ['the least over a slower one', aac(256), ladder, 10_000, 'a/aac-64'],
    ['lossless after lossless', flac, ladder, 1000, 'a/flac'],
    ['nothing lossless where there is none', flac, [aac(64)], 1e6, undefined],
    ['no other rate', aac(64), [aac(64, { sampleRate: 48000 })], 1e6, undefined],
    ['no other channels', aac(64), [aac(64, { channels: 1 })], 1e6, undefined],
    ['no choice of sounds', aac(64), [aac(64), aac(65, { language: 'fr' })], 1e6, undefined],
    ['no film', aac(64), [aac(64), { id: 'v/240p24', type: 'video', codec: 'avc1', bps: 1 }], 1e6, undefined],
    ['nothing whose samples nobody counted', aac(64), [aac(64, { samples: 0 })], 1e6, undefined],
  ] as const)('%s', (_, before, voices, rate, id) => expect(follower(before, [...voices], rate)?.id).toBe(id))

  test('one decoder plays what is alike', () => expect(alike(aac(1), ladder).map((v) => v.bps)).toEqual([64_000, 128_000, 256_000]))
})

test('a playlist names its files', () => {
  expect(filesOf('#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:4.017052,\n00/00000.m4s\n#EXTINF:1.9,\r\n00/00001.m4s\r\n#EXT-X-ENDLIST\n')).toEqual(['init.mp4', '00/00000.m4s', '00/00001.m4s'])
  expect(filesOf('#EXTM3U\n')).toEqual([])
})

describe('a whole last frame', () => {
  const word = (...all: number[]) => all.flatMap((n) => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255])
  const box = (name: string, ...inside: number[]) => [...word(8 + inside.length), ...[...name].map((c) => c.charCodeAt(0)), ...inside]
  const segment = (head: number[], run: number[]) => new Uint8Array([...box('styp', 1, 2), ...box('moof', ...box('mfhd', ...word(0, 1)), ...box('traf', ...box('tfhd', ...head), ...box('trun', ...run))), ...box('mdat', 9)])
  const head = word(0x20038, 1, 1024, 380, 0x2000000)

  test.each([
    ['in a run', segment(head, word(0x301, 3, 100, 1024, 380, 1024, 385, 832, 411)), word(832, 411), word(1024, 411)],
    ['in a run that says more', segment(head, word(0xf05, 2, 100, 7, 1024, 1, 2, 3, 832, 4, 5, 6)), word(832, 4, 5, 6), word(1024, 4, 5, 6)],
    ['in a run of one', segment(word(0x20038, 1, 832, 380, 0), word(0x1, 1, 100)), word(1, 832, 380), word(1, 1024, 380)],
  ])('%s', (_, given, from, to) => {
    const text = (bytes: Iterable<number>) => [...bytes].join()
    expect(text(whole(given))).toBe(text(given).replace(text(from), text(to)))
    expect(text(whole(given))).not.toBe(text(given))
  })

  test.each([
    ['of a run without durations', segment(head, word(0x201, 2, 100, 380, 385))],
    ['of something else', new Uint8Array(word(0, 1, 2, 3))],
    ['of nothing', new Uint8Array()],
  ])('nothing is changed %s', (_, given) => expect(whole(given)).toEqual(given))
})
