// What each file of browser tests stands on: a real node and Chromium, begun
// before its tests and ended after them.
import assert from 'node:assert/strict'
import { after, afterEach, before } from 'node:test'
import { launch } from './browser.js'
import { startNode } from './node.js'

// stage returns the node (with nothing in it until there is one) and visitor,
// which opens a page in a context of its own. Prepare is called when both work,
// before the first test. The settings are the node's, the args Chromium's. A test
// fails during which a page threw, or opened a dialog.
export function stage(prepare, { settings = [], args = [] } = {}) {
  const node = {}
  const faults = []
  let browser

  before(async () => {
    const begun = await Promise.allSettled([startNode(...settings), launch(...args)])
    Object.assign(node, begun[0].value)
    browser = begun[1].value // what began is ended below, should the other have failed
    for (const { reason } of begun) if (reason) throw reason
    await prepare?.()
  })
  afterEach(() => assert.deepEqual(faults.splice(0), [], 'a page threw'))
  after(async () => {
    await browser?.close()
    await node.stop?.()
    assert.deepEqual(faults, [], 'a page threw')
  })

  async function visitor(options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('dialog', (dialog) => {
      if (dialog.type() === 'beforeunload') return void dialog.accept() // leaving in mid-upload asks first
      faults.push(`${dialog.type()}: ${dialog.message()}`)
      void dialog.dismiss()
    })
    return page
  }
  return { node, visitor }
}
