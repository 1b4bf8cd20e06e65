// The pages by keyboard alone: every control is reached with Tab, shows that it
// has the focus, and does what it is for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { password, setUp } from './browser.js'
import { clip, song } from './node.js'
import { stage } from './stage.js'

let page
const { node, visitor } = stage(async () => {
  page = await visitor()
  await setUp(page, node.link)
})

// reach presses Tab until an element has the focus, which must be visible.
async function reach(control, on = page) {
  await control.waitFor({ state: 'attached' })
  for (let tabs = 0; tabs < 80; tabs++) {
    await on.keyboard.press('Tab')
    if (await control.evaluate((it) => it === it.getRootNode().activeElement)) return seen(control)
  }
  assert.fail(`Tab does not reach ${control}`)
}

async function seen(control) {
  const shown = await control.evaluate((it) => {
    const marks = (element, pseudo) => {
      const style = getComputedStyle(element, pseudo)
      return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'
    }
    return marks(it) || marks(it.closest('label') ?? it) || [...(it.shadowRoot?.querySelectorAll('*') ?? [])].some((inner) => marks(inner) || marks(inner, '::before'))
  })
  assert.ok(shown, `the focus of ${control} is not to be seen`)
}

const press = async (control, key = 'Enter', on = page) => {
  await reach(control, on)
  await on.keyboard.press(key)
}

const named = (role, name, on = page) => on.getByRole(role, { name, exact: true }).first()
const media = (what, on = page) => on.evaluate((property) => document.querySelector('video')[property], what)

test('the first Tab offers to skip to the content', async () => {
  await page.goto(node.base)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main')
})

test('a creator uploads', async () => {
  await page.goto(node.base)
  await press(named('link', 'Upload'))
  await page.getByRole('heading', { name: 'Upload' }).waitFor()
  for (const file of [song(node.dir), clip(node.dir, { seconds: 6, size: '320x180' })]) {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press(page.locator('input[type=file]'))])
    await chooser.setFiles(file)
  }
  await page.getByText('Published.').nth(1).waitFor()
  await press(named('link', 'Watch'))
  await page.locator('video').waitFor({ state: 'attached' })
})

test('a viewer plays, seeks, and changes sound, speed and quality', async () => {
  const guest = await visitor()
  await guest.goto(new URL(page.url()).href)
  await guest.waitForFunction(() => customElements.get('media-play-button') && document.querySelector('video').readyState > 1)
  const is = (what, value) => guest.waitForFunction(([what, value]) => document.querySelector('video')[what] === value, [what, value])
  await press(guest.locator('media-play-button'), ' ', guest)
  await is('paused', false)
  await guest.keyboard.press(' ')
  await is('paused', true)
  await guest.keyboard.press('k')
  await is('paused', false)
  await guest.keyboard.press('k')
  await is('paused', true)
  await guest.keyboard.press('Home')
  await guest.keyboard.press('ArrowRight')
  await guest.waitForFunction(() => Math.abs(document.querySelector('video').currentTime - 5) < 0.1)
  await guest.keyboard.press('m')
  await is('muted', true)
  await reach(guest.locator('media-volume-range'), guest)
  const at = await media('currentTime', guest)
  await guest.keyboard.press('ArrowLeft')
  assert.equal(await media('currentTime', guest), at, 'keys on the volume leave the time alone')
  await reach(guest.getByLabel('Speed'), guest)
  await guest.keyboard.press('ArrowDown')
  await guest.waitForFunction(() => document.querySelector('video').playbackRate > 1)

  await press(named('button', 'Share', guest), 'Enter', guest)
  await guest.getByRole('heading', { name: 'Share' }).waitFor()
  await guest.keyboard.press('k')
  await guest.keyboard.press('Escape')
  assert.equal(await named('button', 'Share', guest).evaluate((it) => it === document.activeElement), true, 'the focus returns to what opened the dialog')
  assert.equal(await media('paused', guest), true, 'keys in a dialog leave the player alone')
  await press(guest.locator('summary'), ' ', guest)
  await guest.getByText('Signed by').waitFor()
  assert.equal(await media('paused', guest), true)

  await press(named('button', 'Report', guest), 'Enter', guest)
  await reach(guest.getByRole('radio').first(), guest)
  await guest.keyboard.press(' ')
  await press(named('button', 'Send report', guest), 'Enter', guest)
  await guest.getByText('The moderators of this server will look at it.').waitFor()
  await guest.keyboard.press('Escape')
  await guest.context().close()
})

test('a listener makes a playlist and plays it', async () => {
  await page.goto(node.base)
  await press(named('link', 'Two notes'))
  await press(named('button', 'Add to…'))
  await reach(page.getByLabel('Title of a new playlist'))
  await page.keyboard.type('By hand')
  await page.keyboard.press('Enter')
  await page.getByRole('checkbox', { name: /By hand/ }).waitFor()
  await page.keyboard.press('Escape')
  await press(named('link', 'Library'))
  await press(page.getByRole('link', { name: 'Playlists' }).first())
  await press(page.getByRole('link', { name: /By hand/ }).first())
  await press(named('link', 'Play all'))
  await page.waitForFunction(() => document.querySelector('video')?.currentTime > 0.5)
})

test('a creator edits, takes down, brings back and deletes', async () => {
  await press(named('link', 'Studio'))
  await press(named('link', 'Clock and tone'))
  await reach(page.getByLabel('Title'))
  await page.keyboard.press('Control+a')
  await page.keyboard.type('The keyed clock')
  await page.keyboard.press('Enter')
  await page.getByText('Saved.').waitFor()
  await press(named('button', 'Take down'))
  await press(named('button', 'Bring it back'))
  await named('button', 'Take down').waitFor()
  await press(named('button', 'Delete…'))
  await press(named('button', 'Yes, delete for good'))
  await page.getByRole('heading', { name: 'Studio' }).waitFor()
})

test('an administrator changes a page of the administration; signing out and in', async () => {
  await press(named('link', 'Admin'))
  await press(named('link', 'Settings'))
  await page.getByText('registration').first().waitFor()
  await press(named('button', 'Sign out'))
  await press(named('link', 'Sign in'))
  await reach(page.getByLabel('Name'))
  await page.keyboard.type('owner')
  await reach(page.getByLabel('Password'))
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await named('link', 'Studio').waitFor()
})
