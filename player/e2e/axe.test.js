// Every page, in light and dark, wide and narrow, is free of what axe finds
// (WCAG 2.2 A and AA; https://github.com/dequelabs/axe-core).
import assert from 'node:assert/strict'
import axe from 'axe-core'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { clip, song, startNode } from './node.js'

let node, browser, film, track

before(async () => {
  node = await startNode('--registration', 'open', '--operator-name', 'The operator')
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  const published = node.run('publish', clip(node.dir, { seconds: 3, size: '320x180' }), song(node.dir), '--json')
  ;[film, track] = published.trim().split('\n').map((line) => JSON.parse(line))
})

after(async () => {
  await browser?.close()
  await node?.stop()
})

const kinds = [
  { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  { viewport: { width: 320, height: 640 }, colorScheme: 'dark' },
]

async function found(page, path) {
  await page.goto(node.base + path)
  await page.locator('h1, h2, form, .embed').first().waitFor()
  await page.waitForLoadState('networkidle')
  assert.equal(await page.getByText(/Please sign in|Only administrators/).count(), 0, `${path} was not let in`)
  const { violations } = await page.evaluate(`${axe.source}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`)
  return violations.flatMap((v) => v.nodes.map((n) => `${path}: ${v.id}: ${n.target.join(' ')}: ${n.failureSummary.split('\n')[1]?.trim()}`))
}

async function clean(context, paths) {
  const page = await context.newPage()
  const all = []
  for (const path of paths) all.push(...(await found(page, path)))
  assert.deepEqual(all, [])
  await context.close()
}

for (const kind of kinds) {
  const name = `${kind.viewport.width} px, ${kind.colorScheme}`
  test(`a visitor's pages, ${name}`, async () => {
    const paths = ['/', '/?q=nothing', '/signin', '/register', '/about', '/following', '/playlists', '/history', '/nowhere', `/c/${film.channel}`, new URL(film.watchUrl).pathname, new URL(track.watchUrl).pathname, `/embed/${film.id}`]
    await clean(await browser.newContext(kind), paths)
  })

  test(`an administrator's pages, ${name}`, async () => {
    const context = await browser.newContext({ ...kind, extraHTTPHeaders: { Authorization: `Bearer ${node.run('token', 'create', 'owner').trim().split('\n').at(-1)}` } })
    await clean(context, ['/studio', `/studio/${film.id}`, '/upload', '/moderation', '/moderation/trail', '/admin', '/admin/jobs', '/admin/node', '/admin/settings', '/playlists'])
  })
}
