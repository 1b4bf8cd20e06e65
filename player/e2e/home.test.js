// A home network: the node is reached by a name of that network, over plain HTTP,
// where a browser keeps no Secure cookie and offers no WebCrypto.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { song, startNode } from './node.js'

let node, browser, page

before(async () => {
  node = await startNode()
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP nas.home.arpa 127.0.0.1'],
  })
  page = await browser.newPage({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true })
  page.setDefaultTimeout(60_000)
})

after(async () => {
  await browser?.close()
  await node?.stop()
})

test('a phone signs in, uploads and listens over plain HTTP', async () => {
  const home = new URL(node.base)
  home.hostname = 'nas.home.arpa'
  const link = new URL(node.link)
  link.hostname = home.hostname
  await page.goto(link.href)
  assert.equal(await page.evaluate(() => isSecureContext), false)
  await page.getByLabel('Password', { exact: false }).first().fill('a long password')
  await page.getByLabel('The same again').fill('a long password')
  await page.getByRole('button', { name: 'Set password and sign in' }).click()
  await page.getByRole('button', { name: 'I have written it down' }).click()
  await page.getByRole('heading', { name: 'Upload' }).waitFor()
  await page.setInputFiles('input[type=file]', song(node.dir))
  await page.getByText('Published.').waitFor() // before that there is no address to check against
  await page.getByRole('link', { name: 'Listen' }).click()
  await page.locator('video').waitFor({ state: 'attached' })
  await page.evaluate(() => void document.querySelector('video').play())
  await page.waitForFunction(() => document.querySelector('video').currentTime > 1)
  await page.getByText('✓ Checked').waitFor()

  await page.context().clearCookies()
  await page.goto(`${home.origin}/signin`)
  await page.getByText('This page came over plain HTTP').waitFor()
  await page.getByLabel('Name').fill('owner')
  await page.getByLabel('Password').fill('a long password')
  if (process.env.RUNNEL_SHOTS) await page.screenshot({ path: `${process.env.RUNNEL_SHOTS}/home-signin.png` })
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${home.origin}/`)
  const cookies = await page.context().cookies()
  assert.deepEqual(cookies.map((c) => [c.name, c.secure, c.httpOnly]), [['runnel', false, true]])
})
