// Measures a watch page in Chromium and prints one JSON object: when the first
// picture was shown after the navigation began (each time in a browser profile
// with nothing in its cache), how long seeks took until the picture was there,
// and for how long playback stood still.
//
//   node e2e/measure.js URL [--opens N] [--seeks N] [--stay]
//
// With --stay, each line on standard input, a number of seconds, is answered by
// one on standard output once playback has gone on for so long: so the caller
// can change the link in between.
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { launch } from './browser.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { opens: { type: 'string', default: '5' }, seeks: { type: 'string', default: '5' }, stay: { type: 'boolean', default: false } },
})

const browser = await launch()

// watch plays the first media element that the page gets, and keeps what it sees.
function watch() {
  window.seen = { first: 0, stalls: 0, since: 0, qualities: [] }
  const found = (video) => {
    video.muted = true
    video.play().catch(() => undefined)
    video.requestVideoFrameCallback(() => {
      window.seen.first = performance.now()
      video.addEventListener('waiting', () => (window.seen.since ||= performance.now()))
      video.addEventListener('playing', () => {
        if (window.seen.since) window.seen.stalls += performance.now() - window.seen.since
        window.seen.since = 0
      })
    })
    video.addEventListener('resize', () => window.seen.qualities.push([Math.round(video.currentTime), video.videoHeight]))
  }
  new MutationObserver((_, observer) => {
    const video = document.querySelector('video')
    if (!video) return
    observer.disconnect()
    found(video)
  }).observe(document, { childList: true, subtree: true })
}

async function open() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.addInitScript(watch)
  await page.goto('about:blank')
  await page.goto(positionals[0], { waitUntil: 'commit' })
  await page.waitForFunction(() => window.seen?.first > 0, undefined, { timeout: 60_000, polling: 20 })
  return page
}

// seek goes to a second that is not loaded and waits until it is shown.
async function seek(page, part) {
  return page.evaluate(async (part) => {
    const video = document.querySelector('video')
    const at = video.duration * part
    const began = performance.now()
    return new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('no picture within 30 s')), 30_000)
      const shown = (_, frame) => {
        if (Math.abs(frame.mediaTime - at) < 1) resolve(performance.now() - began)
        else video.requestVideoFrameCallback(shown)
      }
      video.requestVideoFrameCallback(shown)
      video.currentTime = at
    })
  }, part)
}

const result = { first: [], seeks: [] }
let page
for (let i = 0; i < Number(values.opens); i++) {
  await page?.context().close()
  page = await open()
  result.first.push(await page.evaluate(() => window.seen.first))
  result.timing = await page.evaluate(() => performance.getEntriesByType('resource').map((r) => `${r.startTime.toFixed(0)}-${r.responseEnd.toFixed(0)} ${r.transferSize} ${new URL(r.name).pathname.slice(-40)}`))
}
if (values.stay) {
  for await (const line of createInterface({ input: process.stdin })) {
    const until = (await page.evaluate(() => document.querySelector('video').currentTime)) + Number(line)
    await page.waitForFunction((until) => document.querySelector('video').currentTime >= until || document.querySelector('video').ended, until, { timeout: 300_000, polling: 100 })
    console.log(JSON.stringify(await page.evaluate(() => ({ stalled: window.seen.stalls + (window.seen.since ? performance.now() - window.seen.since : 0), qualities: window.seen.qualities }))))
  }
}
for (let i = 0; i < Number(values.seeks); i++) {
  // To and fro over the film, so that each place is outside of what is loaded.
  result.seeks.push(await seek(page, i % 2 === 0 ? 0.9 - i * 0.06 : 0.05 + i * 0.06))
}
console.log(JSON.stringify(result))
await browser.close()
