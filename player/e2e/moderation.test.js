// Moderators clear a queue by keyboard alone; anybody reports; the creator reads
// what was decided and answers it once.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fits, openWhole, password, setUp, shot as picture, signIn } from './browser.js'
import { binary } from './node.js'
import { stage } from './stage.js'

const evil = '<img src=x onerror="document.title=\'owned\'">'
const items = 20
let desk, film, creator
const { node, visitor } = stage(async () => {
  execFileSync(binary, ['user', 'add', 'ada', '--role', 'creator', '--password-stdin', '--data', node.data], { input: `${password}\n`, stdio: ['pipe', 'ignore', 'pipe'] })
  creator = { Authorization: `Bearer ${node.run('token', 'create', 'ada').trim().split('\n').at(-1)}` }
  const path = join(node.dir, 'short.mp4')
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=24:duration=4', '-f', 'lavfi', '-i', 'sine=frequency=330:duration=4', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', path])
  film = await upload(readFileSync(path), 'A film')
  for (let i = 1; i < items; i++) await upload(tone(200 + 40 * i), `Track ${i}`)
  desk = await visitor()
  await setUp(desk, node.link)
  await waiting(items)
}, { settings: ['--jobs', '2', '--operator-name', 'The town library', '--operator-contact', 'desk@library.example', '--operator-rules', 'Be kind.\nPublish what you made.'] })

const shot = (name, from = desk) => picture(from, name)

// tone is a second of sound as a WAV file.
function tone(frequency) {
  const rate = 16000
  const data = Buffer.alloc(44 + 2 * rate)
  data.write('RIFF', 0)
  data.writeUInt32LE(36 + 2 * rate, 4)
  data.write('WAVEfmt ', 8)
  data.writeUInt32LE(16, 16)
  data.writeUInt16LE(1, 20)
  data.writeUInt16LE(1, 22)
  data.writeUInt32LE(rate, 24)
  data.writeUInt32LE(2 * rate, 28)
  data.writeUInt16LE(2, 32)
  data.writeUInt16LE(16, 34)
  data.write('data', 36)
  data.writeUInt32LE(2 * rate, 40)
  for (let i = 0; i < rate; i++) data.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * frequency * i) / rate)), 44 + 2 * i)
  return data
}

// upload sends bytes in one request (tus, creation with upload).
async function upload(bytes, title) {
  const answer = await fetch(`${node.base}/api/v1/uploads`, {
    method: 'POST', body: bytes,
    headers: { ...creator, 'Tus-Resumable': '1.0.0', 'Upload-Length': String(bytes.length), 'Content-Type': 'application/offset+octet-stream', 'Upload-Metadata': `title ${Buffer.from(title).toString('base64')}` },
  })
  assert.equal(answer.status, 201)
  return answer.headers.get('Runnel-Release')
}

const queued = async () => Object.values((await (await desk.request.get(`${node.base}/api/v1/moderation/queue`)).json()).counts).reduce((sum, n) => sum + n, 0)

async function waiting(n) {
  for (let tries = 0; tries < 600; tries++) {
    if ((await queued()) === n) return
    await desk.waitForTimeout(100)
  }
  assert.fail(`${await queued()} releases wait, not ${n}`)
}

const status = async (path) => (await fetch(node.base + path)).status

test('a visitor reports what they watch', async () => {
  const guest = await visitor()
  await guest.goto(`${node.base}/watch/${film}`)
  await guest.getByRole('button', { name: 'Report' }).click()
  await guest.getByLabel('Something else', { exact: true }).check()
  await guest.getByLabel('What should the moderators know?').fill(`Look at this: ${evil}`)
  await shot('report', guest)
  await guest.getByRole('button', { name: 'Send report' }).click()
  await guest.getByText('will look at it').waitFor()
  await guest.getByRole('button', { name: 'Close' }).click()
  await guest.getByRole('button', { name: 'Report' }).click()
  await guest.getByLabel('Spam, or not').check()
  await guest.getByRole('button', { name: 'Send report' }).click()
  await guest.getByRole('alert').filter({ hasText: 'already' }).waitFor()
  await guest.context().close()
})

test('the moderator reads it as text, plays it where it stands, and takes it down', async () => {
  await desk.goto(`${node.base}/moderation`)
  await desk.getByText('Look at this: <img').waitFor() // what was reported comes first
  assert.notEqual(await desk.title(), 'owned')
  await desk.keyboard.press('p')
  await desk.waitForFunction(() => document.querySelector('video')?.currentTime > 0.3)
  await desk.keyboard.press(' ')
  await desk.waitForFunction(() => document.querySelector('video').paused)
  await shot('queue')
  await desk.keyboard.press('?')
  await desk.getByRole('heading', { name: 'Keys' }).waitFor()
  await shot('keys')
  await desk.keyboard.press('Escape')
  await desk.keyboard.press('t')
  await desk.keyboard.type('It is a copy.')
  await shot('why')
  await desk.keyboard.press('Enter')
  await desk.getByText('Taken down: A film').waitFor()
  assert.equal(await status(`/api/v1/releases/${film}`), 451)
  await desk.keyboard.press('u')
  await desk.getByText('Look at this: <img').waitFor()
  assert.equal(await status(`/api/v1/releases/${film}`), 200)
})

test('twenty items are cleared by keyboard alone', async () => {
  const heading = desk.locator('#current')
  const decide = async (key) => {
    const title = await heading.textContent()
    await desk.keyboard.press(key)
    if (key === 't') {
      await desk.keyboard.type(' It is a copy.')
      await desk.keyboard.press('Enter')
    }
    await desk.getByRole('status').filter({ hasText: title }).waitFor()
    return title
  }
  assert.equal(await heading.textContent(), 'A film')
  await decide('t')
  assert.equal(await desk.evaluate(() => document.activeElement?.id), 'current', 'the focus is on the next one')
  const before = await heading.textContent()
  await desk.keyboard.press('j')
  assert.notEqual(await heading.textContent(), before)
  await desk.keyboard.press('k')
  assert.equal(await heading.textContent(), before)
  const hidden = await decide('h')
  await shot('toast')
  for (let i = 2; i < items; i++) await decide(i % 2 === 0 ? 'r' : 'd')
  await desk.getByText('Nothing waits').waitFor()
  await shot('empty')
  assert.equal(await queued(), 0)
  const home = await (await fetch(`${node.base}/api/v1/releases?limit=100`)).json()
  assert.equal(home.items.length, items - 2)
  assert.ok(!home.items.some((r) => r.title === hidden || r.id === film))
  await desk.goto(`${node.base}/moderation/trail`)
  await desk.getByText('It is a copy.').first().waitFor()
  await shot('trail')
})

test('a copy that was encoded anew is recognised', async () => {
  const copy = join(node.dir, 'copy.mkv')
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', join(node.dir, 'short.mp4'), '-s', '240x136', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '32', '-c:a', 'libmp3lame', '-b:a', '64k', copy])
  await upload(readFileSync(copy), 'A copy')
  await waiting(1)
  await desk.goto(`${node.base}/moderation`)
  await desk.getByLabel('Resembles').getByText('“A film”: It is a copy.').waitFor()
  await shot('resembles')
  const listed = async () => (await (await fetch(`${node.base}/api/v1/releases?limit=100`)).json()).items.length
  const all = await listed()
  await desk.keyboard.press('b')
  await desk.keyboard.type('Again and again.')
  await desk.keyboard.press('Enter')
  await desk.getByText('Account blocked').waitFor()
  assert.equal(await listed(), 0, 'everything of a blocked account is hidden')
  await desk.keyboard.press('u')
  await desk.getByLabel('Resembles').waitFor()
  assert.equal(await listed(), all)
  await desk.keyboard.press('r')
  await desk.getByText('Approved: A copy').waitFor()
})

test('the creator reads why, and answers once', async () => {
  const ada = await visitor()
  await signIn(ada, node.base, 'ada')
  await ada.getByRole('link', { name: 'Studio' }).waitFor()
  await ada.goto(`${node.base}/studio/${film}`)
  await ada.getByText('Taken down by a moderator').first().waitFor()
  await ada.getByLabel('Your answer').fill(`I made it myself. ${evil}`)
  await shot('decisions', ada)
  await ada.getByRole('button', { name: 'Send answer' }).click()
  await ada.getByText('You answered').waitFor()
  assert.equal(await ada.getByLabel('Your answer').count(), 0)
  await desk.goto(`${node.base}/moderation`)
  await desk.getByText('I made it myself. <img').waitFor()
  await shot('answer')
  await desk.keyboard.press('r')
  await desk.getByText('Restored: A film').waitFor()
  assert.equal(await status(`/api/v1/releases/${film}`), 200)
  await ada.context().close()
})

test('the about page names the operator', async () => {
  const guest = await visitor()
  await guest.goto(node.base)
  await guest.getByRole('link', { name: 'About this server' }).click()
  await guest.getByText('The town library').waitFor()
  assert.equal(await guest.getByRole('link', { name: 'desk@library.example' }).getAttribute('href'), 'mailto:desk@library.example')
  await shot('about', guest)
  await guest.context().close()
})

test('it fits a narrow screen, in the dark', async () => {
  const state = await desk.context().storageState()
  const phone = await visitor({ viewport: { width: 320, height: 640 }, colorScheme: 'dark', storageState: state })
  await upload(tone(150), 'A track with a rather long name that has to be cut somewhere').then(() => waiting(1))
  for (const path of ['/moderation', '/moderation/trail', '/about', `/watch/${film}`]) {
    await openWhole(phone, node.base + path)
    await shot(`phone${path.replaceAll('/', '-').slice(0, 12)}`, phone)
    await fits(phone, path)
  }
  await phone.getByRole('button', { name: 'Report' }).click()
  await shot('phone-report', phone)
  await phone.context().close()
})
