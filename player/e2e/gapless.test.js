// A recording cut into three tracks plays in a real browser as if it had never been
// cut: what is heard is taken sample by sample and held against the recording.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { stage } from './stage.js'

const rate = 44100
// In the middle of frames of AAC and of FLAC, and so that the first part ends with a
// segment of one short frame, which hls.js never loads. It is heard from begin on.
const cuts = [0, 8 * rate + 361, 11 * rate + 77, 12.5 * rate + 5]
const begin = 3.5 * rate
const titles = ['First part', 'Second part', 'Third part']
let album, parts, recording
const { node, visitor } = stage(() => {
  recording = noise(cuts.at(-1))
  const whole = join(node.dir, 'whole.raw')
  writeFileSync(whole, recording)
  const dir = join(node.dir, 'An album')
  mkdirSync(dir)
  for (const [i, title] of titles.entries()) {
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 's16le', '-ar', rate, '-ac', '2', '-i', whole, '-af', `atrim=start_sample=${cuts[i]}:end_sample=${cuts[i + 1]},asetpts=PTS-STARTPTS`,
      '-metadata', `title=${title}`, '-metadata', `track=${i + 1}`, '-metadata', 'album=An album', join(dir, `${i}.flac`)])
  }
  ;[album, ...parts] = node.run('publish', dir, '--json').trim().split('\n').map((line) => JSON.parse(line)).reverse()
  parts.reverse()
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

// open opens the first track of the album, where its sound is taken.
async function open() {
  const page = await visitor({ viewport: { width: 1100, height: 800 }, bypassCSP: true })
  await page.goto(`${node.base}/listen/${parts[0].id}?list=${album.id}`)
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

async function play(page, from = begin / rate) {
  await page.waitForFunction(() => document.querySelector('video').readyState >= 2)
  await page.evaluate((at) => {
    const media = document.querySelector('video')
    media.currentTime = at
    void media.play()
  }, from)
}

// heard returns what was heard until the end of the queue, from its first sound on.
async function heard(page) {
  await page.getByRole('heading', { name: titles.at(-1) }).waitFor()
  await page.waitForFunction(() => document.querySelector('video').ended)
  const text = await page.evaluate(() => {
    const bytes = new Uint8Array(new Float32Array(window.heard.flatMap((part) => [...part])).buffer)
    let text = ''
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768))
    return btoa(text)
  })
  const raw = Buffer.from(text, 'base64')
  const all = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length))
  return all.subarray(all.findIndex((s) => Math.abs(s) > 1e-3))
}

// told is what the page says of the track that plays.
const told = (page) => page.evaluate(() => {
  const { currentTime, duration, ended } = document.querySelector('video')
  return { currentTime, duration, ended, title: navigator.mediaSession.metadata.title }
})

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
  let [best, nearest] = [NaN, 0.5]
  for (let by = least; by <= most; by++) {
    const now = alike(heard, from, by, 512)
    if (now > nearest) [best, nearest] = [by, now]
    else if (nearest > 0.9 && now < 0.3) break
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

// seams measures each change of tracks: the samples too many between what is right
// before and right behind it, and how far off the sound is there and elsewhere. What
// a busy machine leaves out in other places is not counted.
function seams(heard) {
  let by = late(heard, begin + rate, -begin - 3000, 3000 - begin)
  return cuts.slice(1, -1).map((cut) => {
    const before = late(heard, cut - 4096, by - 100, by + 5 * rate)
    by = late(heard, cut + 1024, before - 100, before + 5 * rate)
    return { gap: by - before, there: off(heard, cut - 2048, cut + 2048, before), elsewhere: off(heard, cut + 8192, cut + 12288, by) }
  })
}
describe('a recording in three tracks', { concurrency: true }, () => {
  test('is heard whole, and each track tells its own time', async () => {
    const page = await open()
    await play(page)
    await page.getByRole('heading', { name: titles[1] }).waitFor()
    const { currentTime, duration, title } = await told(page)
    assert.equal(title, titles[1])
    assert.ok(currentTime < 3 && Math.abs(duration - (cuts[2] - cuts[1]) / rate) < 1e-3, `${currentTime} of ${duration} seconds`)
    await page.getByText('✓ Checked').waitFor()
    await page.locator('media-time-display[mediaduration^="2.99"]').waitFor()
    if (process.env.RUNNEL_SHOTS) await page.screenshot({ path: join(process.env.RUNNEL_SHOTS, 'gapless-second.png') })
    for (const { gap, there, elsewhere } of seams(await heard(page))) {
      assert.equal(gap, 0, 'samples too many')
      // ffmpeg spends too little on the first frame of a sound that begins at its full level.
      assert.ok(there.rms < 0.03, `${there.rms} off at the join, ${elsewhere.rms} elsewhere`)
    }
    assert.equal((await told(page)).ended, true)
    for (const { id } of parts) assert.equal((await (await page.request.get(`${node.base}/api/v1/releases/${id}`)).json()).plays, 1)
  })

  test('is heard as it was, sample by sample, in FLAC', async () => {
    const page = await open()
    await page.getByLabel('Sound').selectOption({ label: 'Lossless' })
    await play(page)
    for (const { gap, there } of seams(await heard(page))) {
      assert.equal(gap, 0)
      assert.ok(there.worst < 1 / 32768, `${there.worst} off`)
    }
    assert.equal(await page.getByLabel('Sound').inputValue(), 'lossless')
  })

  test('plays through where it cannot be joined', async () => {
    const page = await open()
    await page.route('**/join-*.js', (route) => route.abort())
    await play(page)
    const gaps = seams(await heard(page)).map(({ gap }) => gap)
    if (process.env.RUNNEL_FIGURES) console.log('not joined, samples too many:', gaps)
    assert.ok(gaps.every((gap) => gap > 441), `a gap cannot be heard by this test: ${gaps}`)
  })

  test('follows its queue, and another quality is chosen on the way', async () => {
    const token = node.run('token', 'create', 'owner').trim().split('\n').at(-1)
    const page = await open()
    const made = await page.request.post(`${node.base}/api/v1/collections`, { headers: { Authorization: `Bearer ${token}` }, data: { kind: 'playlist', title: 'Two of three', releases: [parts[0].id, parts[2].id], visibility: 'public' } })
    const { id } = await made.json()
    await play(page)
    await page.waitForFunction(() => Object.hasOwn(document.querySelector('video'), 'currentTime')) // the second part is there
    for (const path of ['/', `/listen/${parts[0].id}?list=${id}`]) {
      await page.evaluate((to) => {
        history.pushState(null, '', to)
        dispatchEvent(new PopStateEvent('popstate'))
      }, path)
      await page.waitForLoadState('networkidle')
    }
    await page.getByRole('heading', { name: titles[2] }).waitFor()
    await page.waitForFunction(() => document.querySelector('video').currentTime > 0.5)
    await page.evaluate(() => document.querySelector('video').pause())
    const { currentTime } = await told(page)
    await page.getByLabel('Quality').selectOption('0')
    await page.waitForFunction((at) => Math.abs(document.querySelector('video').currentTime - at) < 0.1, currentTime)
    await play(page, currentTime)
    const sound = await heard(page)
    const [first, third] = [late(sound, begin + rate, -begin - 3000, 3000 - begin), cuts[1] - cuts[2]]
    const by = late(sound, cuts[2] + 4096, first + third - 100, first + third + 5 * rate)
    assert.ok(by - first - third >= 0, 'the third part covers the first')
    assert.ok(await page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => /aac-64-2.*m4s/.test(name))))
  })
})
