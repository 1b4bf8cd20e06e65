import { describe, expect, it } from 'vitest'
import { Given } from './opening'

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes)

describe('files that came with the page', () => {
  it('are texts as they are, and others in base64', () => {
    const given = new Given({ 'manifest.json': '{"a":"ä"}', 'v/1/index.m3u8': '#EXTM3U', 'v/1/init.mp4': 'aW5pdA==', '': 'cm9vdA==' })
    expect(text(given.take('manifest.json'))).toBe('{"a":"ä"}')
    expect(text(given.take('v/1/index.m3u8'))).toBe('#EXTM3U')
    expect(text(given.take('v/1/init.mp4'))).toBe('init')
    expect(text(given.take(''))).toBe('root')
  })
  it('are taken once, so that refused bytes are asked for again', () => {
    const given = new Given({ 'manifest.json': '{}' })
    given.take('manifest.json')
    expect(given.take('manifest.json')).toBeUndefined()
  })
  it('are none without a page that holds some', () => expect(new Given().take('manifest.json')).toBeUndefined())
})
