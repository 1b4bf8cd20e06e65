import type { Release } from './api'

// What the server put into a watch page: the release as a visitor sees it, and
// the rendition whose first files the page's links load ahead.
export interface Opening {
  release: Release
  start: string
}

// opening is what the page holds of this release, if it is that release's page.
// It tells the release as it was when the page was made, so it is taken once.
export function opening(id: string): Opening | undefined {
  const element = document.getElementById('opening')
  element?.remove()
  try {
    const found = JSON.parse(element?.textContent ?? '') as Opening
    return found.release.id === id ? found : undefined
  } catch {
    return undefined
  }
}
