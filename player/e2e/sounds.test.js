// What a listener can choose: languages, 5.1 and lossless, in a real browser. What
// is played is seen by what is fetched and by what the decoder makes of it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { fits, plays, shot } from './browser.js'
import { stage } from './stage.js'

let film, song
const { node, visitor } = stage(() => {
  const make = (name, ...args) => {
    const path = join(node.dir, name)
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, path])
    return JSON.parse(node.run('publish', path, '--json').trim().split('\n').at(-1))
  }
  film = make('Two languages.mkv', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=24:d=20', '-f', 'lavfi', '-i', 'aevalsrc=0.2*sin(2*PI*440*t)|0.2*sin(2*PI*440*t)|0.2*sin(2*PI*440*t)|0|0.1*sin(2*PI*440*t)|0.1*sin(2*PI*440*t):c=5.1:s=48000:d=20',
    '-f', 'lavfi', '-i', 'sine=f=880:r=44100:d=20', '-map', '0', '-map', '1', '-map', '2', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'flac', '-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=fra')
  song = make('Noise.flac', '-f', 'lavfi', '-i', 'sine=f=330:r=96000:d=20', '-ac', '2', '-metadata', 'title=A tone', '-metadata', 'artist=Ann', '-metadata', 'album=Tones', '-metadata', 'track=3/9')
})

// open plays a release and notes the folders of sound that are fetched.
async function open(url, options = {}) {
  const page = await visitor({ viewport: { width: 1100, height: 760 }, ...options })
  const groups = new Set()
  page.on('request', (request) => {
    const part = /\/a\/([^/]+\/[^/]+)\/.*m4s/.exec(request.url())
    if (part) groups.add(part[1])
  })
  await page.goto(url)
  await plays(page, { past: 0 })
  await goesOn(page, 0)
  return { page, groups }
}

// goesOn waits until time passes from where it was, with sound decoded.
async function goesOn(page, from) {
  const decoded = await page.evaluate(() => document.querySelector('video').webkitAudioDecodedByteCount)
  await page.waitForFunction(([at, bytes]) => {
    const media = document.querySelector('video')
    return media.currentTime > at + 0.7 && (media.webkitAudioDecodedByteCount > bytes || media.webkitAudioDecodedByteCount > 0 && bytes === 0)
  }, [from, from === 0 ? 0 : decoded])
}

async function choose(page, label) {
  const at = await page.evaluate(() => document.querySelector('video').currentTime)
  await page.getByLabel('Sound').selectOption({ label })
  return at
}

test('languages and 5.1 of a film', async () => {
  const { page, groups } = await open(film.watchUrl)
  await page.getByLabel('Sound').waitFor()
  assert.deepEqual(await page.getByLabel('Sound').locator('option').allTextContents(), ['English', 'français', 'English 5.1'])
  assert.ok([...groups].every((g) => /^aac-(64|128)-2\/0-en$/.test(g)), [...groups].join())
  await page.mouse.move(500, 400) // shows the controls
  await shot(page, 'film')

  await choose(page, 'français')
  await page.waitForFunction(() => performance.getEntriesByType('resource').some((r) => /\/1-fr\/.*m4s/.test(r.name)))
  groups.clear()

  const at = await choose(page, 'English 5.1')
  await page.waitForFunction(() => performance.getEntriesByType('resource').some((r) => /aac-384-6\/0-en\/.*m4s/.test(r.name)))
  await goesOn(page, at)
  assert.ok([...groups].some((g) => g === 'aac-384-6/0-en'), [...groups].join())
  const qualities = await page.getByLabel('Quality').locator('option').allTextContents().catch(() => [])
  assert.equal(new Set(qualities).size, qualities.length, `the same quality twice: ${qualities}`)
  await page.getByText('✓ Checked').waitFor()
  await page.context().close()
})

test('lossless is chosen, never automatic', async () => {
  const { page, groups } = await open(song.watchUrl)
  await page.getByRole('heading', { name: 'A tone' }).waitFor()
  await page.getByText('Ann · Tones').waitFor()
  assert.ok([...groups].every((g) => g.startsWith('aac-')), [...groups].join())
  const master = await (await page.request.get(song.masterUrl)).text()
  assert.ok(!/flac/i.test(master), master)
  const at = await choose(page, 'Lossless')
  await page.waitForFunction(() => performance.getEntriesByType('resource').some((r) => /\/flac-[^/]+\/.*m4s/.test(r.name)))
  await goesOn(page, at)
  await page.getByText('✓ Checked').waitFor()
  await shot(page, 'song')
  assert.equal(await page.getByRole('alert').count(), 0)
  await page.context().close()
})

test('the choice fits a narrow screen, in the dark', async () => {
  for (const [name, release] of [['film', film], ['song', song]]) {
    const { page } = await open(release.watchUrl, { viewport: { width: 320, height: 640 }, colorScheme: 'dark' })
    await page.getByLabel('Sound').waitFor()
    await page.mouse.move(160, 250) // shows the controls
    await shot(page, `${name}-320`)
    await fits(page, name)
    const bar = await page.locator('media-control-bar').evaluate((e) => e.scrollWidth - e.clientWidth)
    assert.ok(bar <= 1, `${name}: the controls are ${bar} pixels wider than their bar`)
    await page.context().close()
  }
})
