import { expect, test } from 'vitest'
import { reach } from './moderation'

test('only mail and web addresses become links', () => {
  expect(reach('desk@example.org')).toBe('mailto:desk@example.org')
  expect(reach('https://example.org/contact?x=1')).toBe('https://example.org/contact?x=1')
  for (const words of ['', 'ring the bell', 'javascript:alert(1)', 'javascript:a@b', 'data:text/html,x', 'a@b?cc=c@d', 'https://a b', ' https://a']) {
    expect(reach(words)).toBe('')
  }
})
