// Seeks, many and in quick succession, over a link: each lands where it was asked
// for, and its picture is shown.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clip } from './node.js'
import { stage } from './stage.js'

let page, watch
const { node, visitor } = stage(() => {
  const file = clip(node.dir, { seconds: 32, size: '640x360' })
  watch = JSON.parse(node.run('publish', file, '--json', '--wait-for-node', '30s')).watchUrl
})

const rate = (page, bits) => page.context().newCDPSession(page).then(async (line) => {
  await line.send('Network.enable')
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 80, downloadThroughput: bits / 8, uploadThroughput: -1 })
})

// open plays the film over a link of so many bits per second.
async function open(bits) {
  page = await visitor()
  await rate(page, bits)
  await page.goto(watch)
  await page.waitForFunction(() => {
    const video = document.querySelector('video')
    if (!video) return false
    video.muted = true
    void video.play()
    return video.currentTime > 0
  })
}

// seek goes to the last of some seconds, by way of the others, without waiting
// for these, and tells where it was left (what moves it on seeks again) and the
// first frame that was shown then.
const seek = (places) =>
  page.evaluate(async (places) => {
    const video = document.querySelector('video')
    for (const at of places.slice(0, -1)) {
      video.currentTime = at
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const began = performance.now()
    let left = -1
    video.onseeking = () => (left = video.currentTime)
    return new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`no picture of ${places.at(-1)} within 10 s`)), 10_000)
      const shown = (_, { presentationTime, mediaTime }) => {
        if (!video.seeking && left >= 0 && presentationTime >= began) resolve({ left, frame: mediaTime })
        else video.requestVideoFrameCallback(shown)
      }
      video.currentTime = places.at(-1)
      video.requestVideoFrameCallback(shown)
    })
  }, places)

test('each of many seeks lands where it was asked for', async () => {
  await open(4e6)
  let state = 7
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647
  // Half of them just behind a border of segments, which is where a wrong one is taken.
  const place = () => (random() < 0.5 ? 30 * random() : 4 * Math.ceil(7 * random()) + 0.06 * random())
  for (let i = 0; i < 16; i++) {
    const places = Array.from({ length: 1 + (i % 3) }, place)
    const at = places.at(-1)
    const { left, frame } = await seek(places)
    // The film plays on: on a busy machine the first frame shown is a later one.
    assert.ok(Math.abs(left - at) < 0.1 && frame > at - 0.1 && frame < at + 1, `seek ${i} to ${at}, by way of ${places.slice(0, -1)}, was left at ${left} and showed ${frame}`)
  }
})
