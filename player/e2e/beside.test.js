// What stands beside picture and sound: captions, chapters, the storyboard and
// the waveform, by mouse and by keyboard.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fits, setUp, shot } from './browser.js'
import { song } from './node.js'
import { stage } from './stage.js'

let film, track
const { node, visitor } = stage(() => {
  const published = node.run('publish', captioned(node.dir), song(node.dir), '--json')
  ;[film, track] = published.trim().split('\n').map((line) => JSON.parse(line))
})

// A film of 16 seconds that changes its colour every four, with captions in two
// languages and chapters with a hostile title.
function captioned(dir) {
  const at = (name, text) => {
    writeFileSync(join(dir, name), text)
    return join(dir, name)
  }
  const cues = (word) => [0, 1, 2, 3].map((i) => `${i + 1}\n00:00:0${i * 2},000 --> 00:00:${String(i * 2 + 2).padStart(2, '0')},000\n${word} ${i} <b>bold</b> <script>document.title = 'owned'</script>\n`).join('\n')
  const [en, de] = [at('en.srt', cues('Caption')), at('de.srt', cues('Untertitel'))]
  const chapter = (start, end, title) => `[CHAPTER]\nTIMEBASE=1/1\nSTART=${start}\nEND=${end}\ntitle=${title}\n`
  const meta = at('meta.txt', `;FFMETADATA1\ntitle=The coloured film\n${chapter(0, 4, 'Red')}${chapter(4, 8, '<img src=x onerror=document.title\\="owned">')}${chapter(8, 12, 'Blue & a rather long title that does not fit into the list of chapters')}${chapter(12, 16, 'White')}`)
  const path = join(dir, 'The coloured film.mkv')
  const colours = ['red', 'lime', 'blue', 'white'].flatMap((c) => ['-f', 'lavfi', '-i', `color=${c}:s=640x360:r=25:d=4`])
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...colours, '-f', 'lavfi', '-i', 'sine=frequency=300:d=16', '-i', en, '-i', de, '-i', meta, '-filter_complex', '[0:v][1:v][2:v][3:v]concat=n=4[v]', '-map', '[v]', '-map', '4', '-map', '5', '-map', '6', '-map_metadata', '7', '-map_chapters', '7', '-metadata:s:s:0', 'language=eng', '-metadata:s:s:1', 'language=ger', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'flac', '-c:s', 'srt', path])
  return path
}

const shown = (page) => page.evaluate(() => Array.from(document.querySelector('video').textTracks).filter((t) => t.mode === 'showing').map((t) => t.language).join())
const until = (page, language) => page.waitForFunction((want) => Array.from(document.querySelector('video').textTracks).filter((t) => t.mode === 'showing').map((t) => t.language).join() === want, language)
const go = (page, to) => page.evaluate((at) => void (document.querySelector('video').currentTime = at), to)

async function watch(page) {
  await page.goto(film.watchUrl)
  await page.locator('media-captions-menu-button').waitFor()
  await page.getByRole('button', { name: /Red/ }).waitFor()
}

test('captions are off, chosen by keyboard, and the language is remembered', async () => {
  const page = await visitor()
  await watch(page)
  assert.equal(await shown(page), '')
  await page.locator('media-captions-menu-button').focus()
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement.localName === 'media-captions-menu')
  await shot(page, 'captions-menu')
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key)
  await until(page, 'de')
  await go(page, 2.5)
  const texts = await page.waitForFunction(() => {
    const track = Array.from(document.querySelector('video').textTracks).find((t) => t.mode === 'showing')
    return track?.activeCues?.length > 0 && Array.from(track.activeCues).map((cue) => cue.text)
  })
  assert.deepEqual(await texts.jsonValue(), ["Untertitel 1 <b>bold</b> document.title = 'owned'"])
  await shot(page, 'captions')
  await page.reload()
  await until(page, 'de')
  await page.keyboard.press('c')
  await until(page, '')
  await watch(page)
  await page.waitForFunction(() => document.querySelector('video').textTracks.length >= 3)
  assert.equal(await shown(page), '')
  await page.keyboard.press('c')
  await until(page, 'en')
  assert.equal(await page.title(), 'The coloured film – Runnel')
  await page.context().close()
})

test('chapters stand on the time bar and in a list', async () => {
  const page = await visitor()
  await watch(page)
  const titles = await page.getByRole('list', { name: 'Chapters' }).locator('.title').allTextContents()
  assert.deepEqual(titles, ['Red', '<img src=x onerror=document.title="owned">', 'Blue & a rather long title that does not fit into the list of chapters', 'White'])
  await page.waitForFunction(() => document.querySelector('media-time-range').mediaChaptersCues?.length === 4)
  await page.getByRole('button', { name: /Blue/ }).focus()
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => Math.abs(document.querySelector('video').currentTime - 8) < 0.5)
  await page.locator('[aria-current=true]', { hasText: 'Blue' }).waitFor()
  await page.context().close()
})

const thumbnail = () => {
  const box = document.querySelector('media-time-range').shadowRoot.querySelector('media-preview-thumbnail')
  const image = box?.shadowRoot.querySelector('img')
  return image?.src.startsWith('blob:') && image.naturalWidth > 1 && { width: image.naturalWidth, coords: box.mediaPreviewCoords }
}

test('pointing at the time bar shows the picture there', async () => {
  const page = await visitor()
  const asked = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname.split('/').slice(3).join('/')))
  await watch(page)
  assert.ok(!asked.some((path) => path.startsWith('s/')), 'the storyboard was loaded before anyone asked for it')
  const bar = await page.locator('media-time-range').boundingBox()
  await page.mouse.move(bar.x + bar.width * 0.6, bar.y + bar.height / 2, { steps: 3 })
  const seen = await (await page.waitForFunction(thumbnail)).jsonValue()
  assert.deepEqual(seen, { width: 1280, coords: [320, 0, 160, 90] })
  await page.waitForFunction(() => getComputedStyle(document.querySelector('media-time-range').shadowRoot.querySelector('[part~=preview-box]')).opacity === '1')
  await shot(page, 'storyboard')
  assert.deepEqual(asked.filter((path) => path.startsWith('s/')), ['s/storyboard.vtt', 's/sprite-0.jpg'])
  await page.context().close()
})

test('a storyboard with a changed byte is not shown', async () => {
  const page = await visitor()
  await page.route('**/s/sprite-0.jpg', async (route) => {
    const answer = await route.fetch()
    const body = await answer.body()
    body[body.length - 10] ^= 1
    await route.fulfill({ response: answer, body })
  })
  await watch(page)
  const bar = await page.locator('media-time-range').boundingBox()
  await page.mouse.move(bar.x + bar.width * 0.6, bar.y + bar.height / 2, { steps: 3 })
  await page.getByText('Wrong bytes were refused').waitFor()
  assert.equal(await page.evaluate(thumbnail), false)
  await page.unrouteAll({ behavior: 'wait' })
  await page.context().close()
})

test('the waveform of a track seeks by mouse and by keyboard', async () => {
  const page = await visitor()
  await page.goto(track.watchUrl)
  const slider = page.getByRole('slider', { name: 'Seek', exact: true }).and(page.locator('.waveform'))
  await page.waitForFunction(() => document.querySelector('.waveform path')?.getAttribute('d').includes('V63'))
  await page.waitForFunction(() => document.querySelector('video').readyState > 0)
  const box = await slider.boundingBox()
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  await page.waitForFunction(() => Math.abs(document.querySelector('video').currentTime - 6) < 0.3)
  const at = () => page.evaluate(() => Math.round(document.querySelector('video').currentTime))
  await slider.focus()
  for (const [key, want] of [['ArrowLeft', 1], ['Home', 0], ['ArrowRight', 5], ['PageUp', 12]]) {
    await page.keyboard.press(key)
    assert.equal(await at(), want, key)
  }
  assert.equal(await slider.getAttribute('aria-valuetext'), '0:12 of 0:12')
  await page.keyboard.press('Home')
  await page.mouse.move(box.x + box.width * 0.25, box.y + 20)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.75, box.y + 20, { steps: 4 })
  await page.mouse.up()
  assert.equal(await at(), 9)
  await shot(page, 'waveform')
  await page.context().close()
})

test('it fits a narrow screen, in the dark', async () => {
  const phone = await visitor({ viewport: { width: 320, height: 700 }, colorScheme: 'dark' })
  for (const [name, release] of [['film', film], ['track', track]]) {
    await phone.goto(release.watchUrl)
    await phone.getByText('✓ Checked').waitFor()
    if (name === 'film') await phone.getByRole('button', { name: /Red/ }).waitFor()
    await go(phone, 5)
    await fits(phone, name)
    await shot(phone, `phone-${name}`)
  }
  await phone.context().close()
})

test('a private film has them too', async () => {
  const page = await visitor()
  await setUp(page, node.link)
  const told = await page.evaluate(async (at) => {
    const answer = await fetch(at, { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ visibility: 'private' }) })
    return answer.json()
  }, `/api/v1/releases/${film.id}`)
  assert.equal(told.visibility, 'private')
  assert.equal((await fetch(`${node.base}/api/v1/releases/${film.id}`)).status, 404)
  await page.goto(film.watchUrl)
  await page.getByRole('button', { name: /White/ }).click()
  await page.waitForFunction(() => Math.abs(document.querySelector('video').currentTime - 12) < 0.5)
  await page.locator('media-captions-menu-button').waitFor()
  await page.context().close()
})
