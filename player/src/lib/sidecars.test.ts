import { expect, test } from 'vitest'
import { bars, chapters, tiles, waveform } from './sidecars'

test('chapters are read, those without sense left out', () => {
  expect(chapters('{"version":"1.2.0","chapters":[{"startTime":0,"endTime":4,"title":"a \\u003cb\\u003e"},{"startTime":4,"endTime":4},{"startTime":"0","endTime":5}]}')).toEqual([{ start: 0, end: 4, title: 'a <b>' }])
  expect(chapters('{}')).toEqual([])
})

test('tiles name their place in a sprite of the release, and nothing else', () => {
  const text = 'WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nsprite-0.jpg#xywh=0,0,160,90\n\n01:00:04.000 --> 01:00:08.500\nsprite-12.jpg#xywh=160,90,160,90\n\n00:00:08.000 --> 00:00:09.000\nhttps://elsewhere/x.jpg#xywh=0,0,1,1\n'
  expect(tiles(text)).toEqual([
    { start: 0, end: 4, sprite: 's/sprite-0.jpg', place: 'xywh=0,0,160,90' },
    { start: 3604, end: 3608.5, sprite: 's/sprite-12.jpg', place: 'xywh=160,90,160,90' },
  ])
})

test('a waveform is as loud as its larger side', () => {
  expect(waveform('{"bits":8,"data":[-64,32,0,0,-1,127]}')).toEqual([0.5, 0, 127 / 128])
  expect(waveform('{}')).toEqual([])
  expect(bars([0.5, 0, 0.25, 0.25], 2)).toEqual([1, 0.5])
  expect(bars([0.5], 3)).toEqual([1, 1, 1])
  expect(bars([], 2)).toEqual([0, 0])
})
