// A recording cut into three tracks plays in a real browser as if it had never been
// cut: what is heard is taken sample by sample and held against the recording.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { startNode } from './node.js'

const rate = 44100
const cuts = [0, 5 * rate + 361, 9 * rate + 77, 12 * rate + 5] // in the middle of frames of AAC and of FLAC
const titles = ['First part', 'Second part', 'Third part']
const faults = []
let node, browser, album, recording

before(async () => {
  node = await startNode()
  recording = noise(cuts.at(-1))
  const whole = join(node.dir, 'whole.raw')
  writeFileSync(whole, recording)
  const dir = join(node.dir, 'An album')
  mkdirSync(dir)
  for (const [i, title] of titles.entries()) {
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 's16le', '-ar', rate, '-ac', '2', '-i', whole, '-af', `atrim=start_sample=${cuts[i]}:end_sample=${cuts[i + 1]},asetpts=PTS-STARTPTS`,
      '-metadata', `title=${title}`, '-metadata', `track=${i + 1}`, '-metadata', 'album=An album', join(dir, `${i}.flac`)])
  }
  album = JSON.parse(node.run('publish', dir, '--json').trim().split('\n').at(-1))
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
  })
})

after(async () => {
  await browser?.close()
  await node?.stop()
})

// noise is as good as random, of the lower half of what can be heard, the same on
// both channels: 16 bits, little endian.
function noise(length) {
  const out = new Int16Array(2 * length)
  let [seed, a, b, c] = [1, 0, 0, 0]
  for (let i = 0; i < length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    a += 0.3 * ((seed / 2 ** 31 - 1) - a)
    b += 0.3 * (a - b)
    c += 0.3 * (b - c)
    out[2 * i] = out[2 * i + 1] = Math.round(28000 * c)
  }
  return out
}

// open opens the first track of the album with what it is heard by.
async function open() {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, bypassCSP: true })
  const page = await context.newPage()
  page.on('pageerror', (error) => faults.push(error.message))
  page.setDefaultTimeout(30_000)
  if (process.env.DEBUG) page.on('console', (m) => console.log(m.text()))
  await page.goto(`${node.base}/collection/${album.id}`)
  await page.getByRole('link', { name: 'Play all' }).click()
  await page.locator('video').waitFor({ state: 'attached' })
  await page.evaluate(async (sampleRate) => {
    const hears = `registerProcessor('tap', class extends AudioWorkletProcessor {
      process([[sound]]) { if (sound) this.port.postMessage(sound.slice()); return true }
    })`
    const context = new AudioContext({ sampleRate })
    await context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(hears)}`)
    const tap = new AudioWorkletNode(context, 'tap')
    window.heard = []
    tap.port.onmessage = ({ data }) => window.heard.push(data)
    context.createMediaElementSource(document.querySelector('video')).connect(tap).connect(context.destination)
  }, rate)
  return page
}

// hear plays to the end of the album and returns what was heard, from its beginning.
async function hear(page) {
  await page.evaluate(() => void document.querySelector('video').play())
  await page.getByRole('heading', { name: titles.at(-1) }).waitFor()
  await page.waitForFunction(() => document.querySelector('video').ended)
  const text = await page.evaluate(() => {
    const bytes = new Uint8Array(new Float32Array(window.heard.flatMap((part) => [...part])).buffer)
    let text = ''
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768))
    return btoa(text)
  })
  const raw = Buffer.from(text, 'base64')
  const heard = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length))
  return heard.subarray(heard.findIndex((s) => Math.abs(s) > 1e-3))
}

const sample = (i) => recording[2 * i] / 32768

// late is by how many samples the sound of the recording from a place on is heard
// late, and how alike the two are: 1 is the same.
function late(heard, from, least, most, length = 4096) {
  let best = { by: NaN, alike: -1 }
  for (let by = least; by <= most; by++) {
    let [ab, aa, bb] = [0, 0, 0]
    for (let i = from; i < from + length; i++) {
      const [x, y] = [heard[i + by] ?? 0, sample(i)]
      ab += x * y
      aa += x * x
      bb += y * y
    }
    const alike = aa > 0 ? ab / Math.sqrt(aa * bb) : 0
    if (alike > best.alike) best = { by, alike }
  }
  return best
}

// seams measures each join: the samples too many, and what differs near it.
function seams(heard) {
  const start = late(heard, rate, -3000, 3000).by
  return cuts.slice(1, -1).map((cut, i) => {
    const before = late(heard, cut - 8192, start - 10, start + 70000 * (i + 1))
    const after = late(heard, cut + 4096, before.by - 100, before.by + 70000)
    let [worst, sum] = [0, 0]
    for (let n = cut - 2048; n < cut + 2048; n++) {
      const off = Math.abs((heard[n + before.by] ?? 0) - sample(n))
      worst = Math.max(worst, off)
      sum += off * off
    }
    return { gap: after.by - before.by, before: before.alike, after: after.alike, worst, rms: Math.sqrt(sum / 4096) }
  })
}

test('AAC plays on without a gap', async () => {
  const page = await open()
  const heard = await hear(page)
  console.log(seams(heard), heard.length, cuts)
})

test('FLAC plays on without a gap', async () => {
  const page = await open()
  await page.getByLabel('Sound').selectOption({ label: 'Lossless' })
  const heard = await hear(page)
  console.log(seams(heard), heard.length, cuts)
})

test('without the join there is a gap', async () => {
  const page = await open()
  await page.route('**/join-*.js', (route) => route.abort())
  const heard = await hear(page)
  console.log(seams(heard), heard.length, cuts)
})

test('no page threw an error', () => assert.deepEqual(faults, []))
