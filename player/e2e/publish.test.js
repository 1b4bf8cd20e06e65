// The main job in a real browser: set up, upload, watch while it is being
// transcoded, final, checked bytes, edit, take down.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { clip, song, startNode } from './node.js'

const shots = process.env.RUNNEL_SHOTS // a folder for screenshots, for whoever wants to look
const faults = [] // what the pages threw
let node, browser, page

before(async () => {
  node = await startNode()
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
  })
  page = await visitor()
})

after(async () => {
  await browser?.close()
  await node?.stop()
})

async function visitor(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const fresh = await context.newPage()
  fresh.on('pageerror', (error) => faults.push(error.message))
  fresh.setDefaultTimeout(120_000)
  return fresh
}

async function shot(name, from = page) {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  await from.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}

// plays waits until the media element shows that time passes and, for video,
// that frames were decoded.
async function plays(from, { frames = true } = {}) {
  await from.locator('video').waitFor({ state: 'attached' })
  await from.evaluate(() => void document.querySelector('video').play())
  const seen = await from.waitForFunction(
    (needFrames) => {
      const media = document.querySelector('video')
      const decoded = media.getVideoPlaybackQuality().totalVideoFrames
      return media.currentTime > 1 && (!needFrames || decoded > 20) && { time: media.currentTime, decoded }
    },
    frames,
  )
  return seen.jsonValue()
}

test('the one-time link sets a password and signs in', async () => {
  await page.goto(node.link)
  await page.getByLabel('Password', { exact: false }).first().fill('a long password')
  await page.getByLabel('The same again').fill('a long password')
  await shot('setup')
  await page.getByRole('button', { name: 'Set password and sign in' }).click()
  await page.getByRole('heading', { name: 'Keep your recovery key' }).waitFor()
  await shot('recovery-key')
  await page.getByRole('button', { name: 'I have written it down' }).click()
  await page.getByRole('heading', { name: 'Upload' }).waitFor()
  await shot('upload-empty')
  const again = await visitor()
  await again.goto(node.link)
  await again.getByLabel('Password', { exact: false }).first().fill('another password')
  await again.getByLabel('The same again').fill('another password')
  await again.getByRole('button', { name: 'Set password and sign in' }).click()
  await again.getByRole('alert').waitFor() // the link worked once
  await again.context().close()
})

test('a video is uploaded and watched while it is being transcoded', async () => {
  await page.setInputFiles('input[type=file]', clip(node.dir))
  await page.getByRole('link', { name: 'Watch now' }).waitFor()
  await shot('upload-processing')
  await page.getByRole('link', { name: 'Watch now' }).click()
  const { time, decoded } = await plays(page)
  assert.ok(time > 1 && decoded > 20, `played ${time} s, ${decoded} frames`)
  await page.getByText('Better qualities are being prepared').waitFor()
  await shot('watch-transcoding')
})

test('it becomes final under the viewer, who notices nothing', async () => {
  const id = new URL(page.url()).pathname.split('/')[2]
  const release = async () => (await page.request.get(`${node.base}/api/v1/releases/${id}`)).json()
  for (let state = ''; state !== 'final'; state = (await release()).state) {
    assert.ok(['', 'queued', 'transcoding'].includes(state), `the release is ${state}`)
    await page.waitForTimeout(300)
  }
  const before = await page.evaluate(() => document.querySelector('video').currentTime)
  await page.waitForFunction((from) => document.querySelector('video').currentTime > from + 1 || document.querySelector('video').ended, before)
  assert.equal(await page.getByRole('alert').count(), 0)
})

test('the final release plays for a visitor, checked against its address', async () => {
  const guest = await visitor()
  await guest.goto(node.base)
  await guest.getByRole('heading', { name: 'Clock and tone' }).waitFor()
  await shot('home', guest)
  await guest.getByRole('heading', { name: 'Clock and tone' }).getByRole('link').click()
  await plays(guest)
  await guest.getByText('✓ Checked').waitFor()
  await guest.locator('summary').click()
  await shot('watch', guest)
  await guest.getByLabel('Quality').selectOption({ label: '240p' })
  await guest.waitForFunction(() => document.querySelector('video').videoHeight === 240)
  await guest.keyboard.press('k')
  await guest.waitForFunction(() => document.querySelector('video').paused)
  await guest.context().close()
})

test('a changed byte is never played', async () => {
  const victim = await visitor()
  let changed = 0
  await victim.route('**/*.m4s', async (route) => {
    const answer = await route.fetch()
    const body = await answer.body()
    body[body.length - 100] ^= 1
    changed++
    await route.fulfill({ response: answer, body })
  })
  await victim.goto(node.base)
  await victim.getByRole('heading', { name: 'Clock and tone' }).getByRole('link').click()
  await victim.getByText('Wrong bytes were refused').waitFor()
  await victim.evaluate(() => void document.querySelector('video').play().catch(() => undefined))
  const seen = await victim.evaluate(() => {
    const media = document.querySelector('video')
    return { time: media.currentTime, buffered: media.buffered.length, decoded: media.getVideoPlaybackQuality().totalVideoFrames }
  })
  assert.ok(changed > 0)
  assert.deepEqual(seen, { time: 0, buffered: 0, decoded: 0 })
  await shot('wrong-bytes', victim)
  // An answer under way when its page closes would throw outside of this test.
  await victim.unrouteAll({ behavior: 'wait' })
  await victim.context().close()
})

test('a track is uploaded and listened to', async () => {
  await page.goto(`${node.base}/upload`)
  await page.setInputFiles('input[type=file]', song(node.dir))
  await page.getByText('Published.').waitFor({ timeout: 120_000 })
  await shot('upload-done')
  await page.getByRole('link', { name: 'Listen' }).click()
  await plays(page, { frames: false })
  await shot('listen')
})

test('the creator edits, finds, takes down and deletes', async () => {
  await page.goto(`${node.base}/studio`)
  await page.getByRole('link', { name: 'Clock and tone', exact: true }).waitFor()
  await shot('studio')
  await page.getByRole('link', { name: 'Clock and tone', exact: true }).click()
  await page.getByLabel('Title').fill('The blue clock')
  await page.getByLabel('Tags').fill('clock, tone')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  await shot('edit')

  const guest = await visitor()
  await guest.goto(`${node.base}/?q=blue`)
  await guest.getByRole('heading', { name: 'The blue clock' }).waitFor()
  const address = await guest.getByRole('heading', { name: 'The blue clock' }).getByRole('link').getAttribute('href')
  const id = address.split('/')[2]
  const { masterUrl } = await guest.evaluate((which) => fetch(`/api/v1/releases/${which}`).then((r) => r.json()), id)

  await page.getByRole('button', { name: 'Take down' }).click()
  await page.getByText('It is taken down').waitFor()
  assert.equal(await guest.evaluate((url) => fetch(url, { cache: 'no-store' }).then((r) => r.status), masterUrl), 451)
  await guest.goto(node.base)
  await guest.getByRole('heading', { name: 'Two notes' }).waitFor()
  assert.equal(await guest.getByRole('heading', { name: 'The blue clock' }).count(), 0)

  await page.getByRole('button', { name: 'Bring it back' }).click()
  await page.getByRole('button', { name: 'Take down' }).waitFor()
  assert.equal(await guest.evaluate((url) => fetch(url, { cache: 'no-store' }).then((r) => r.status), masterUrl), 200)

  await page.getByRole('button', { name: 'Delete…' }).click()
  await page.getByRole('button', { name: 'Yes, delete for good' }).click()
  await page.getByRole('heading', { name: 'Studio' }).waitFor()
  assert.equal(await guest.evaluate((url) => fetch(url, { cache: 'no-store' }).then((r) => r.status), masterUrl), 404)
  await guest.context().close()
})

test('signing out and in again', async () => {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('Name').fill('owner')
  await page.getByLabel('Password').fill('wrong password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Password').fill('a long password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Studio' }).waitFor()
  await shot('signed-in')
})

test('it fits a narrow screen, in the dark', async () => {
  const phone = await visitor({ viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
  for (const path of ['/', '/signin', '/nowhere']) {
    await phone.goto(node.base + path)
    await phone.waitForLoadState('networkidle')
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth > innerWidth)
    assert.equal(wide, false, `${path} scrolls sideways`)
  }
  await phone.goto(node.base)
  await phone.getByRole('heading', { name: 'Two notes' }).waitFor()
  await shot('phone-home', phone)
  await phone.getByRole('heading', { name: 'Two notes' }).getByRole('link').click()
  await phone.getByText('✓ Checked').waitFor()
  await shot('phone-listen', phone)
  await phone.context().close()
})

test('no page threw an error', () => assert.deepEqual(faults, []))
