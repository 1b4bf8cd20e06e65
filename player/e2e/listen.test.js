// Listening in a real browser: an album played through, a player that survives
// navigation, queue, playlists, following, history, sharing and embedding.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { fits, openWhole, plays, setUp, shot as picture } from './browser.js'
import { stage } from './stage.js'

let page, album
const { node, visitor } = stage(async () => {
  const dir = join(node.dir, 'An album')
  mkdirSync(dir)
  for (const [name, seconds, title, track] of [['b', 30, 'First song', 1], ['a', 4, 'Second song', 2], ['c', 30, 'Third song', 3]]) {
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', `sine=frequency=${200 + 60 * track}:sample_rate=44100:duration=${seconds}`,
      '-metadata', `title=${title}`, '-metadata', `track=${track}`, '-metadata', 'album=An album', '-metadata', 'artist=The band', join(dir, `${name}.flac`)])
  }
  const told = node.run('publish', dir, '--json').trim().split('\n').map((line) => JSON.parse(line))
  album = told.at(-1)
  page = await visitor()
})

// The bar stands at the foot of what is seen, so no picture is of more.
const shot = (name, from = page) => picture(from, name, { fullPage: false })
const media = (does, from = page) => from.locator('video').evaluate(does)

test('an album plays through, and the player survives navigation', async () => {
  assert.deepEqual([album.title, album.kind, album.items], ['An album', 'album', 3])
  await page.goto(`${node.base}/collection/${album.id}`)
  await page.getByRole('heading', { name: 'An album' }).waitFor()
  assert.deepEqual(await page.locator('ol .what a').allTextContents(), ['First song', 'Second song', 'Third song'])
  await shot('album')
  await page.getByRole('link', { name: 'Play all' }).click()
  await page.locator('video').waitFor({ state: 'attached' })
  await media((v) => {
    v.dataset.same = 'yes'
    void v.play()
  })
  await page.waitForFunction(() => document.querySelector('video').currentTime > 0.2)
  await page.getByRole('region', { name: 'Queue' }).getByRole('link', { name: 'Third song' }).waitFor()
  assert.equal(await page.evaluate(() => navigator.mediaSession.metadata.title), 'First song')
  await shot('queue')

  await page.getByRole('link', { name: 'Runnel, home' }).click()
  await page.getByRole('heading', { name: 'Recent' }).waitFor()
  const bar = page.getByRole('complementary', { name: 'Player' })
  await bar.waitFor()
  const there = await media((v) => ({ time: v.currentTime, paused: v.paused, same: v.dataset.same, decoded: document.querySelectorAll('video').length }))
  assert.deepEqual([there.paused, there.same, there.decoded], [false, 'yes', 1])
  await page.waitForFunction((from) => document.querySelector('video').currentTime > from + 0.3, there.time)
  await shot('bar')

  await bar.getByRole('button', { name: 'Next' }).click() // four seconds long, and its last segment nothing but padding: then the third begins by itself
  await bar.getByRole('link', { name: 'Second song' }).waitFor()
  await bar.getByRole('link', { name: 'Third song' }).waitFor()
  await page.waitForFunction(() => document.querySelector('video').currentTime > 0.2 && !document.querySelector('video').paused)
  assert.equal(await media((v) => v.dataset.same), 'yes', 'another element plays')
  await bar.getByRole('link', { name: 'Third song' }).click()
  await page.getByRole('heading', { name: 'Third song' }).waitFor()
  assert.equal(await media((v) => v.paused), false, 'the way back to its page stopped it')
})

test('what was played counts, stays on the device and goes on where it stopped', async () => {
  const first = (await (await page.request.get(`${node.base}/api/v1/collections/${album.id}/items`)).json()).items
  const plays = async (id) => (await (await page.request.get(`${node.base}/api/v1/releases/${id}`)).json()).plays
  await media((v) => (v.playbackRate = 4))
  assert.equal(await plays(first[1].id), 1, 'the four seconds of the second song are a play')
  const counted = page.waitForResponse((r) => r.url().endsWith('/plays') && r.request().postDataJSON().seconds >= 10)
  assert.equal((await counted).status(), 204)
  assert.equal(await plays(first[2].id), 1)
  await media((v) => v.pause())
  const left = await media((v) => v.currentTime)
  await page.goto(`${node.base}/history`)
  await page.getByText('goes on at').first().waitFor()
  await shot('history')
  await page.getByRole('link', { name: 'Third song' }).last().click()
  await page.waitForFunction((at) => Math.abs(document.querySelector('video')?.currentTime - at) < 2, left)
  await page.goto(`${node.base}/listen/${first[0].id}?t=20`)
  await page.waitForFunction(() => Math.abs(document.querySelector('video')?.currentTime - 20) < 1)
  await page.goto(`${node.base}/history`)
  await page.getByRole('button', { name: 'Clear history' }).click()
  await page.getByRole('button', { name: 'Yes, forget everything' }).click()
  await page.getByText('Nothing yet.').waitFor()
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((k) => /history|place/.test(k))), [])
})

test('a visitor follows on the device, shares, and other sites embed', async () => {
  await page.goto(`${node.base}/collection/${album.id}`)
  await page.getByRole('link', { name: 'owner' }).click()
  await page.getByRole('button', { name: 'Follow' }).click()
  await page.getByRole('button', { name: 'Following' }).waitFor()
  await shot('channel')
  await page.goto(`${node.base}/following`)
  await page.getByRole('heading', { name: 'Third song' }).waitFor()
  await shot('following')
  await page.getByRole('heading', { name: 'First song' }).getByRole('link').click()
  await page.getByRole('button', { name: 'Share' }).click()
  const code = await page.getByLabel('Embed').inputValue()
  assert.match(code, /^<iframe src="http:\/\/[^"]*\/embed\/[2-7a-z]{13}"/)
  await shot('share')
  const site = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(`<!doctype html><body style="background:#ddd">${code}`)).listen(0, '127.0.0.1')
  try {
    const other = await visitor()
    await other.goto(`http://127.0.0.1:${site.address().port}/`)
    const frame = other.frameLocator('iframe')
    await frame.locator('video').waitFor({ state: 'attached' })
    await frame.locator('video').evaluate((v) => void v.play())
    await frame.getByRole('link', { name: 'First song' }).waitFor()
    await frame.locator('video').evaluate((v) => new Promise((done) => (v.currentTime > 0.3 ? done() : v.addEventListener('timeupdate', () => v.currentTime > 0.3 && done()))))
    await shot('embed', other)
    await other.context().close()
  } finally {
    site.close()
  }
})

test('an account keeps playlists, and puts them in order by keyboard', async () => {
  const owner = await visitor()
  await setUp(owner, node.link)
  for (const [i, title] of ['First song', 'Third song'].entries()) {
    await owner.goto(node.base)
    await owner.getByRole('heading', { name: title }).getByRole('link').click()
    await owner.getByRole('button', { name: 'Add to…' }).click()
    if (i === 0) {
      await owner.getByLabel('Title of a new playlist').fill('Mine')
      await owner.getByRole('button', { name: 'Create' }).click()
      assert.equal(await owner.getByRole('checkbox', { name: /Mine/ }).isChecked(), true)
    } else {
      await owner.getByRole('checkbox', { name: /Mine/ }).check()
    }
    await shot(`add-${i}`, owner)
    await owner.keyboard.press('Escape')
  }
  await owner.goto(`${node.base}/playlists`)
  await owner.getByRole('link', { name: 'Mine', exact: true }).last().click()
  await owner.getByRole('button', { name: 'Move Third song up' }).focus()
  await owner.keyboard.press('Enter')
  await owner.waitForFunction(() => document.querySelector('ol .what a')?.textContent === 'Third song')
  await owner.reload()
  await owner.getByRole('link', { name: 'Third song' }).waitFor()
  assert.deepEqual(await owner.locator('ol .what a').allTextContents(), ['Third song', 'First song'])
  await shot('playlist', owner)
  assert.equal((await page.request.get(`${node.base}/api/v1/collections/${new URL(owner.url()).pathname.split('/')[2]}`)).status(), 404, 'it is private')
  await owner.context().close()
})

test('the pages fit a narrow screen, in the dark', async () => {
  const phone = await visitor({ viewport: { width: 320, height: 640 }, colorScheme: 'dark' })
  for (const path of ['/following', '/history', '/playlists', '/c/owner', '/tag/nothing', `/collection/${album.id}`]) {
    await openWhole(phone, node.base + path)
    await fits(phone, path)
    await shot(`phone${path.replaceAll('/', '-').slice(0, 14)}`, phone)
  }
  await phone.getByRole('link', { name: 'Play all' }).click()
  await plays(phone, { past: 0.3 })
  await shot('phone-listen', phone)
  await phone.getByRole('link', { name: 'Runnel, home' }).click()
  await phone.getByRole('complementary', { name: 'Player' }).waitFor()
  await fits(phone, 'the bar')
  await shot('phone-bar', phone)
  await phone.context().close()
})
