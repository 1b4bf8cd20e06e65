// Chromium, and what every browser test does with its pages.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { chromium } from 'playwright-core'

const shots = process.env.RUNNEL_SHOTS // a folder for screenshots, for whoever wants to look

// password is the owner's, and whoever's needs no other.
export const password = 'a long password'

// launch starts Chromium. The caller closes it.
export const launch = (...more) =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required', ...more],
  })

// choosePassword fills in and sends what a one-time link leads to.
export async function choosePassword(page, link, chosen = password) {
  await page.goto(link)
  await page.getByLabel('Password', { exact: false }).first().fill(chosen)
  await page.getByLabel('The same again').fill(chosen)
  await shot(page, 'setup')
  await page.getByRole('button', { name: 'Set password and sign in' }).click()
}

// setUp makes the page's context the owner's, by the one-time link, and ends at
// the upload.
export async function setUp(page, link) {
  await choosePassword(page, link)
  await page.getByRole('heading', { name: 'Keep your recovery key' }).waitFor()
  await shot(page, 'recovery-key')
  await page.getByRole('button', { name: 'I have written it down' }).click()
  await page.getByRole('heading', { name: 'Upload' }).waitFor()
}

// signIn sends a name and a password. The caller waits for what must follow.
export async function signIn(page, base, name, secret = password) {
  await page.goto(`${base}/signin`)
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(secret)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

// plays lets the page's media play until it is past a second of it and has
// decoded so many frames, and returns both.
export async function plays(page, { past = 1, frames = 0 } = {}) {
  const video = page.locator('video')
  await video.waitFor({ state: 'attached' })
  await video.evaluate((v) => void v.play())
  const seen = await page.waitForFunction(
    ([past, frames]) => {
      const media = document.querySelector('video')
      const decoded = media.getVideoPlaybackQuality().totalVideoFrames
      return media.currentTime > past && decoded >= frames && { time: media.currentTime, decoded }
    },
    [past, frames],
  )
  return seen.jsonValue()
}

// openWhole goes to an address and waits until the page has painted what it asked
// for: no request is under way, and none was for 100 ms.
export async function openWhole(page, url) {
  const underWay = new Set()
  let last = Date.now()
  const seen = (request, begins) => {
    if (begins) underWay.add(request)
    else underWay.delete(request)
    last = Date.now()
  }
  const begins = (request) => seen(request, true)
  const ends = (request) => seen(request, false)
  page.on('request', begins).on('requestfinished', ends).on('requestfailed', ends)
  await page.goto(url)
  const began = Date.now()
  do {
    await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))))
    assert.ok(Date.now() - began < 30_000, `${url} still asks for ${[...underWay].map((request) => request.url())}`)
  } while (underWay.size > 0 || Date.now() - last < 100)
  page.off('request', begins).off('requestfinished', ends).off('requestfailed', ends)
}

// fits fails if the page scrolls sideways.
export async function fits(page, what) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wide <= 0, `${what} scrolls sideways by ${wide} pixels`)
}

// shot keeps a picture of the page, for whoever wants to look.
export async function shot(page, name, { fullPage = true } = {}) {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${basename(process.argv[1], '.test.js')}-${name}.png`), fullPage })
}
