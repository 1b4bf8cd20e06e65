// A home network: the node is reached by a name of that network, over plain HTTP,
// where a browser keeps no Secure cookie and offers no WebCrypto.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { password, plays, setUp, shot } from './browser.js'
import { song } from './node.js'
import { stage } from './stage.js'

// Here what plays must have been asked for by a tap, as browsers have it.
const { node, visitor } = stage(undefined, { args: ['--host-resolver-rules=MAP nas.home.arpa 127.0.0.1', '--autoplay-policy=document-user-activation-required'] })

test('a phone signs in, uploads and listens over plain HTTP', async () => {
  const page = await visitor({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true })
  const home = new URL(node.base)
  home.hostname = 'nas.home.arpa'
  const link = new URL(node.link)
  link.hostname = home.hostname
  await setUp(page, link.href)
  assert.equal(await page.evaluate(() => isSecureContext), false)
  await page.setInputFiles('input[type=file]', song(node.dir))
  await page.getByText('Published.').waitFor() // before that there is no address to check against
  await page.getByRole('link', { name: 'Listen' }).click()
  await plays(page)
  await page.getByText('✓ Checked').waitFor()

  await page.context().clearCookies()
  await page.goto(`${home.origin}/signin`)
  await page.getByText('This page came over plain HTTP').waitFor()
  await page.getByLabel('Name').fill('owner')
  await page.getByLabel('Password').fill(password)
  await shot(page, 'signin')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${home.origin}/`)
  const cookies = await page.context().cookies()
  assert.deepEqual(cookies.map((c) => [c.name, c.secure, c.httpOnly]), [['runnel', false, true]])
})
