// What creators do after the upload: find, edit, cover, captions, other media,
// versions, a time, the original, deleting with a way back; and uploads two at a
// time, taken up in another browser.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fits, plays, setUp, shot } from './browser.js'
import { clip } from './node.js'
import { stage } from './stage.js'

let page, id, file
const { node, visitor } = stage(async () => {
  page = await visitor()
  await setUp(page, node.link)
})

// looks keeps pictures of the page, light and dark, and fails if it does not fit.
async function looks(name) {
  for (const [look, width, colorScheme] of [['light', 1280, 'light'], ['dark', 1280, 'dark'], ['small', 320, 'light']]) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    await shot(page, `${name}-${look}`)
    await fits(page, `${name} at ${width} px`)
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.emulateMedia({ colorScheme: 'light' })
}

const api = async (path, from = page) => (await from.request.get(`${node.base}/api/v1${path}`)).json()
const section = (name) => page.locator('section').filter({ has: page.getByRole('heading', { name }) })

test('two files at once, each pausable, and taken up in another browser', async () => {
  file = clip(node.dir, { seconds: 4, size: '320x180', name: 'First.mp4' })
  const second = clip(node.dir, { seconds: 3, size: '640x360', name: 'Second.mp4' })
  const line = await page.context().newCDPSession(page)
  await line.send('Network.enable')
  const slow = (uploadThroughput) => line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput })
  await slow(statSync(second).size / 4)
  await page.setInputFiles('input[type=file]', [second, file])
  await page.getByRole('button', { name: 'Pause' }).nth(1).waitFor() // both are on their way
  const row = page.locator('li').filter({ hasText: 'Second.mp4' })
  await page.waitForFunction(() => [...document.querySelectorAll('li')].find((li) => li.textContent.includes('Second.mp4'))?.querySelector('progress')?.value > 0.2)
  await row.getByRole('button', { name: 'Pause' }).click()
  await row.getByRole('button', { name: 'Resume' }).waitFor()
  await looks('uploads')
  await slow(-1)
  await page.locator('li').filter({ hasText: 'First.mp4' }).getByText('Published.').waitFor()
  const before = (await api('/uploads')).items
  assert.equal(before.length, 1)

  const state = await page.context().storageState()
  const elsewhere = await visitor({ storageState: { cookies: state.cookies, origins: [] } })
  await elsewhere.goto(`${node.base}/upload`)
  await elsewhere.getByText('here or in another browser').waitFor()
  const from = []
  elsewhere.on('request', (request) => request.method() === 'PATCH' && from.push(Number(request.headers()['upload-offset'])))
  await elsewhere.setInputFiles('input[type=file]', second)
  await elsewhere.getByText('Published.').waitFor()
  assert.ok(from[0] >= before[0].offset && before[0].offset > 0, `sent from ${from[0]}, kept ${before[0].offset}`)
  await elsewhere.context().close()
  assert.equal((await api('/releases?scope=mine')).items.length, 2)
})

test('the studio lists, finds and filters', async () => {
  await page.goto(`${node.base}/studio`)
  await page.getByRole('link', { name: 'First', exact: true }).waitFor()
  await page.getByText('used').first().waitFor()
  await looks('list')
  await page.getByLabel('Find in your releases').fill('sec')
  await page.getByRole('link', { name: 'First', exact: true }).waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'Second', exact: true }).waitFor()
  await page.getByLabel('Find in your releases').fill('')
  await page.getByLabel('Show').selectOption('failed')
  await page.getByText('Nothing like that.').waitFor()
  await page.getByLabel('Show').selectOption('')
  await page.getByRole('link', { name: 'Edit First' }).click()
  id = new URL(page.url()).pathname.split('/')[2]
})

test('a cover and captions make revisions that play', async () => {
  const png = join(node.dir, 'cover.png')
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'mandelbrot=size=800x450', '-frames:v', '1', png])
  await section('Cover').locator('input[type=file]').setInputFiles(png)
  await section('Cover').getByRole('button', { name: 'Use a picture of the film' }).waitFor()
  const seen = await api(`/releases/${id}`)
  assert.equal(seen.rev, 2)
  const cover = await page.request.get(seen.posterUrl)
  assert.equal(cover.headers()['content-type'], 'image/jpeg')
  assert.deepEqual([...(await cover.body()).subarray(0, 2)], [0xff, 0xd8])

  const srt = join(node.dir, 'words.srt')
  writeFileSync(srt, '1\n00:00:00,500 --> 00:00:02,000\nHello <script>alert(1)</script><b>there</b>\n')
  await page.getByLabel('Language of new captions').fill('en')
  await section('Captions').locator('input[type=file]').setInputFiles(srt)
  await page.getByRole('button', { name: /Remove captions/ }).waitFor()
  const now = await api(`/releases/${id}`)
  const master = await (await page.request.get(now.masterUrl)).text()
  assert.match(master, /TYPE=SUBTITLES/)
  const text = await (await page.request.get(now.masterUrl.replace('master.m3u8', 't/0-en/0.vtt'))).text()
  assert.match(text, /^WEBVTT/)
  assert.doesNotMatch(text, /<script/)
  writeFileSync(srt, 'nothing of the kind')
  await section('Captions').locator('input[type=file]').setInputFiles(srt)
  await page.getByRole('alert').getByText('cannot be used').waitFor()
})

test('other media take their place, and the versions before play', async () => {
  const other = clip(node.dir, { seconds: 7, size: '320x180', name: 'Longer.mp4' })
  await section('Media and versions').locator('input[type=file]').setInputFiles(other)
  await page.getByText('Version 4').waitFor()
  const now = await api(`/releases/${id}`)
  assert.equal(now.rev, 4)
  assert.ok(Math.abs(now.durationSeconds - 7) < 0.3, `${now.durationSeconds} s`)
  assert.match(now.posterUrl, /cover\.jpg$/, 'its own cover stays')
  await looks('edit')
  await page.getByRole('link', { name: 'Play version 1' }).click()
  await plays(page, { past: 0.5 })
  const length = await page.evaluate(() => document.querySelector('video').duration)
  assert.ok(Math.abs(length - 4) < 0.3, `the first version is ${length} s long`)
  await page.goBack()
  await page.getByRole('button', { name: 'Forget version 1' }).click()
  await page.getByText('Version 1', { exact: true }).waitFor({ state: 'detached' })

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download the original' }).click()])
  assert.equal(download.suggestedFilename(), 'Longer.mp4')
  assert.ok(readFileSync(await download.path()).equals(readFileSync(other)), 'the original came back')
})

test('it is published at its time, also after a restart of the page', async () => {
  const soon = new Date(Date.now() + 5000).toISOString()
  const told = await page.evaluate(async ([at, publishAt]) => {
    const answer = await fetch(at, { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ publishAt, visibility: 'public' }) })
    return answer.json()
  }, [`/api/v1/releases/${id}`, soon])
  assert.equal(told.visibility, 'private', JSON.stringify(told))
  await page.goto(`${node.base}/studio`)
  await page.locator('.badge', { hasText: 'Scheduled' }).waitFor()
  const stranger = await visitor()
  let status = 404
  for (let tries = 0; status !== 200 && tries < 100; tries++) {
    await stranger.waitForTimeout(100)
    status = (await stranger.request.get(`${node.base}/api/v1/releases/${id}`)).status()
  }
  assert.equal(status, 200)
  assert.ok(Date.now() >= Date.parse(soon), 'not before its time')
  await stranger.context().close()
  await page.goto(`${node.base}/studio/${id}`)
  await page.getByLabel('Publish at a time').check()
  await page.getByLabel('When').fill('2031-05-01T12:00')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  assert.match((await api(`/releases/${id}`)).publishAt, /^2031-0/)
  await page.goto(`${node.base}/studio`)
  await page.getByText('Becomes public on').waitFor()
})

test('deleting asks, can be undone, and then is done', async () => {
  await page.getByRole('button', { name: 'Delete First' }).click()
  await page.getByRole('button', { name: 'Delete it' }).click()
  await page.getByText('is deleted.').waitFor()
  await looks('undo')
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('link', { name: 'First', exact: true }).waitFor()
  assert.equal((await api(`/releases/${id}`)).id, id)
  await page.getByRole('button', { name: 'Delete Second' }).click()
  await page.getByRole('button', { name: 'Delete it' }).click()
  await page.goto(`${node.base}/`) // leaving does not call it off
  for (let tries = 0; (await api('/releases?scope=mine')).items.length > 1 && tries < 100; tries++) await page.waitForTimeout(50)
  assert.equal((await api('/releases?scope=mine')).items.length, 1)
})
