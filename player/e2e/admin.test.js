// Registration by approval, and what administrators do with accounts.
import { test } from 'node:test'
import { choosePassword, fits, setUp, shot, signIn } from './browser.js'
import { stage } from './stage.js'

let page
const { node, visitor } = stage(async () => {
  page = await visitor({ viewport: { width: 1100, height: 800 } })
  await setUp(page, node.link)
}, { settings: ['--registration', 'approval'] })

test('a newcomer waits until an administrator lets them in and makes them a creator', async () => {
  const guest = await visitor({ viewport: { width: 320, height: 640 }, colorScheme: 'dark' })
  await guest.goto(`${node.base}/signin`)
  await guest.getByRole('link', { name: 'Make an account' }).click()
  await guest.getByLabel('Name').fill('newt')
  await guest.getByLabel('Password').fill('a newt password')
  await guest.getByLabel('The same again').fill('a newt password')
  await shot(guest, 'register')
  await guest.getByRole('button', { name: 'Make it' }).click()
  await guest.getByRole('heading', { name: 'Thank you, newt' }).waitFor()
  await signIn(guest, node.base, 'newt', 'a newt password')
  await guest.getByText('waits for an administrator').waitFor()

  await page.getByRole('link', { name: 'Admin' }).click()
  await page.getByText('Waits to be let in').waitFor()
  await shot(page, 'accounts')
  await page.getByRole('button', { name: 'Let in' }).click()
  await page.getByLabel('Role of newt').selectOption('creator')
  await page.getByText('recovery key of the new channel').waitFor()
  await signIn(guest, node.base, 'newt', 'a newt password')
  await guest.getByRole('link', { name: 'Studio' }).waitFor()
  await fits(guest, 'the home page')

  await page.getByRole('button', { name: 'New password…' }).click()
  await page.getByText('Whoever opens this link').waitFor()
  const link = await page.locator('output').textContent()
  await choosePassword(guest, link, 'another password')
  await guest.getByRole('heading', { name: 'Upload' }).waitFor()
  await guest.context().close()
})

test('an administrator bounds what an account may keep', async () => {
  await page.getByRole('button', { name: 'Quota of newt' }).press('Enter')
  await page.getByText('without a limit').waitFor()
  await page.getByLabel('At most, in GB').fill('1.5')
  await page.keyboard.press('Enter')
  await page.getByText('of 1.5 GB').waitFor()
  await shot(page, 'quota')
  await page.reload()
  await page.getByRole('button', { name: 'Quota of newt' }).click()
  await page.getByText('of 1.5 GB').waitFor()
  await page.getByLabel('At most, in GB').fill('')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('without a limit').waitFor()
})

test('an administrator sees settings, jobs, disk and peers', async () => {
  for (const [part, text] of [['Jobs', 'Nothing is being transcoded.'], ['Disk and peers', 'free. This node keeps'], ['Settings', 'registration']]) {
    await page.getByRole('link', { name: part }).click()
    await page.getByText(text).first().waitFor()
    await shot(page, `${part.toLowerCase().replaceAll(' ', '-')}`)
  }
})
