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

// alike is 1 where what is heard is the recording from a place on, by so many
// samples later.
function alike(heard, from, by, length) {
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = from; i < from + length; i++) {
    const [x, y] = [heard[i + by] ?? 0, sample(i)]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return aa > 0 ? ab / Math.sqrt(aa * bb) : 0
}

// late is by how many samples the recording from a place on is heard late.
function late(heard, from, least, most) {
  let [best, most_alike] = [NaN, 0.5]
  for (let by = least; by <= most; by++) {
    const now = alike(heard, from, by, 512)
    if (now > most_alike) [best, most_alike] = [by, now]
  }
  assert.ok(alike(heard, from, best, 4096) > 0.98, `the recording from sample ${from} on is not heard`)
  return best
}

// off is how far what is heard is from the recording, of full scale.
function off(heard, from, to, by) {
  let [worst, sum] = [0, 0]
  for (let i = from; i < to; i++) {
    const apart = Math.abs((heard[i + by] ?? 0) - sample(i))
    worst = Math.max(worst, apart)
    sum += apart * apart
  }
  return { worst, rms: Math.sqrt(sum / (to - from)) }
}

// seams measures each change of tracks: the samples too many between two places
// around it, and how far off the sound is there.
function seams(heard) {
  let by = late(heard, rate, -3000, 3000)
  return cuts.slice(1, -1).map((cut) => {
    const before = by
    by = late(heard, cut + 4096, before - 100, before + 70_000)
    return { gap: by - before, before: off(heard, cut - 64, cut, before), after: off(heard, cut, cut + 64, before), near: off(heard, cut - 2048, cut + 2048, before), far: off(heard, cut + 8192, cut + 12288, by) }
  })
}

test('AAC plays on without a gap', async () => {
  const page = await open()
  const heard = await hear(page)
  console.log(JSON.stringify(seams(heard),null,1), heard.length, cuts)
})

test('FLAC plays on without a gap', async () => {
  const page = await open()
  await page.getByLabel('Sound').selectOption({ label: 'Lossless' })
  const heard = await hear(page)
  console.log(JSON.stringify(seams(heard)), heard.length, cuts)
})

test('no page threw an error', () => assert.deepEqual(faults, []))
