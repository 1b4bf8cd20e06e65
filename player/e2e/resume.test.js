// An upload that a reload of the page interrupts goes on where it stopped.
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { setUp } from './browser.js'
import { clip } from './node.js'
import { stage } from './stage.js'

let page
const { node, visitor } = stage(async () => {
  page = await visitor()
  await setUp(page, node.link)
})

const open = async () => (await (await page.request.get(`${node.base}/api/v1/uploads`)).json()).items
const offset = async () => (await open())[0]?.offset ?? 0

test('a reload in mid-upload costs nothing that was taken', async () => {
  const file = clip(node.dir, { seconds: 4, size: '640x360' })
  const { size } = statSync(file)
  const line = await page.context().newCDPSession(page)
  await line.send('Network.enable')
  const slow = (uploadThroughput) => line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput })
  await slow(size / 4) // bytes per second: the whole would take 4 s
  await page.setInputFiles('input[type=file]', file)
  await page.waitForFunction(() => document.querySelector('li progress')?.value > 0.3)
  await page.reload()
  let kept = await offset()
  for (let tries = 0; kept === 0 && tries < 50; tries++) {
    await page.waitForTimeout(100)
    kept = await offset()
  }
  assert.ok(kept > 0 && kept < size, `${kept} of ${size} bytes were kept`)

  await slow(-1)
  const sent = []
  page.on('request', (request) => {
    if (request.method() === 'PATCH') sent.push(Number(request.headers()['upload-offset']))
  })
  await page.goto(`${node.base}/upload`)
  await page.setInputFiles('input[type=file]', file)
  await page.getByText('Uploaded. Preparing').waitFor()
  assert.ok(sent.length > 0 && sent[0] >= kept, `sent from ${sent[0]}, kept ${kept}`)
  assert.deepEqual(await open(), [])
  const mine = await (await page.request.get(`${node.base}/api/v1/releases?scope=mine`)).json()
  assert.equal(mine.items.length, 1)
  await page.getByText('Published.').waitFor({ timeout: 120_000 })
})
