// Every page, in light and dark, wide and narrow, is free of what axe finds
// (WCAG 2.2 A and AA; https://github.com/dequelabs/axe-core).
import assert from 'node:assert/strict'
import axe from 'axe-core'
import { test } from 'node:test'
import { openWhole } from './browser.js'
import { clip, song } from './node.js'
import { stage } from './stage.js'

let film, track
const { node, visitor } = stage(() => {
  const published = node.run('publish', clip(node.dir, { seconds: 3, size: '320x180' }), song(node.dir), '--json')
  ;[film, track] = published.trim().split('\n').map((line) => JSON.parse(line))
}, { settings: ['--registration', 'open', '--operator-name', 'The operator'] })

const kinds = [
  { width: 1280, height: 800, colorScheme: 'light' },
  { width: 320, height: 640, colorScheme: 'dark' },
]

// found tells what axe finds on the page that is open, when it has come to rest
// in a kind.
async function found(page, path, { colorScheme, ...size }) {
  await page.emulateMedia({ colorScheme })
  await page.setViewportSize(size)
  const violations = await page.evaluate(async () => {
    await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))
    await Promise.all(document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime < Infinity).map((a) => a.finished))
    return (await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })).violations
  })
  return violations.flatMap((v) => v.nodes.map((n) => `${path}: ${v.id}: ${n.target.join(' ')}: ${n.failureSummary.split('\n')[1]?.trim()}`))
}

// clean fails if axe finds anything on one of the pages, each loaded once.
async function clean(t, page, paths) {
  const all = kinds.map(() => [])
  for (const path of paths) {
    await openWhole(page, node.base + path)
    await page.locator('h1, h2, form, .embed').first().waitFor()
    assert.equal(await page.getByText(/Please sign in|Only administrators/).count(), 0, `${path} was not let in`)
    await page.evaluate(axe.source)
    for (const [i, kind] of kinds.entries()) all[i].push(...(await found(page, path, kind)))
  }
  for (const [i, { width, colorScheme }] of kinds.entries()) await t.test(`${width} px, ${colorScheme}`, () => assert.deepEqual(all[i], []))
  await page.context().close()
}

test("a visitor's pages", async (t) => {
  const paths = ['/', '/?q=nothing', '/signin', '/register', '/about', '/following', '/playlists', '/history', '/nowhere', `/c/${film.channel}`, new URL(film.watchUrl).pathname, new URL(track.watchUrl).pathname, `/embed/${film.id}`]
  await clean(t, await visitor(), paths)
})

test("an administrator's pages", async (t) => {
  const page = await visitor({ extraHTTPHeaders: { Authorization: `Bearer ${node.run('token', 'create', 'owner').trim().split('\n').at(-1)}` } })
  await clean(t, page, ['/studio', `/studio/${film.id}`, '/upload', '/moderation', '/moderation/trail', '/admin', '/admin/jobs', '/admin/node', '/admin/settings', '/playlists'])
})
