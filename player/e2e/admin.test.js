// Registration by approval, and what administrators do with accounts.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { startNode } from './node.js'

const shots = process.env.RUNNEL_SHOTS
let node, browser, page

before(async () => {
  node = await startNode('--registration', 'approval')
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  page = await visitor()
  await page.goto(node.link)
  await page.getByLabel('Password', { exact: false }).first().fill('a long password')
  await page.getByLabel('The same again').fill('a long password')
  await page.getByRole('button', { name: 'Set password and sign in' }).click()
  await page.getByRole('button', { name: 'I have written it down' }).click()
})

after(async () => {
  await browser?.close()
  await node?.stop()
})

async function visitor(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options })
  const fresh = await context.newPage()
  fresh.setDefaultTimeout(30_000)
  return fresh
}

const shot = async (name, from) => void (shots && (await from.screenshot({ path: `${shots}/${name}.png`, fullPage: true })))

async function signIn(guest, name, password) {
  await guest.goto(`${node.base}/signin`)
  await guest.getByLabel('Name').fill(name)
  await guest.getByLabel('Password').fill(password)
  await guest.getByRole('button', { name: 'Sign in' }).click()
}

test('a newcomer waits until an administrator lets them in and makes them a creator', async () => {
  const guest = await visitor({ viewport: { width: 320, height: 640 }, colorScheme: 'dark' })
  await guest.goto(`${node.base}/signin`)
  await guest.getByRole('link', { name: 'Make an account' }).click()
  await guest.getByLabel('Name').fill('newt')
  await guest.getByLabel('Password').fill('a newt password')
  await guest.getByLabel('The same again').fill('a newt password')
  await shot('register', guest)
  await guest.getByRole('button', { name: 'Make it' }).click()
  await guest.getByRole('heading', { name: 'Thank you, newt' }).waitFor()
  await signIn(guest, 'newt', 'a newt password')
  await guest.getByText('waits for an administrator').waitFor()

  await page.getByRole('link', { name: 'Admin' }).click()
  await page.getByText('Waits to be let in').waitFor()
  await shot('admin-accounts', page)
  await page.getByRole('button', { name: 'Let in' }).click()
  await page.getByLabel('Role of newt').selectOption('creator')
  await page.getByText('recovery key of the new channel').waitFor()
  await signIn(guest, 'newt', 'a newt password')
  await guest.getByRole('link', { name: 'Studio' }).waitFor()
  assert.equal(await guest.evaluate(() => document.documentElement.scrollWidth > innerWidth), false)

  await page.getByRole('button', { name: 'New password…' }).click()
  await page.getByText('Whoever opens this link').waitFor()
  const link = await page.locator('output').textContent()
  await guest.goto(link)
  await guest.getByLabel('Password', { exact: false }).first().fill('another password')
  await guest.getByLabel('The same again').fill('another password')
  await guest.getByRole('button', { name: 'Set password and sign in' }).click()
  await guest.getByRole('heading', { name: 'Upload' }).waitFor()
  await guest.context().close()
})

test('an administrator sees settings, jobs, disk and peers', async () => {
  for (const [part, text] of [['Jobs', 'Nothing is being transcoded.'], ['Disk and peers', 'free. This node keeps'], ['Settings', 'registration']]) {
    await page.getByRole('link', { name: part }).click()
    await page.getByText(text).first().waitFor()
    await shot(`admin-${part.toLowerCase().replaceAll(' ', '-')}`, page)
  }
})
