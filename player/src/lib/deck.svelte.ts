import type { Component } from 'svelte'
import { endpoint, type Release } from './api'
import { history } from './history'
import { Listened, threshold } from './listened'
import { listening, pathOf, type Collection } from './listening'
import type { Opening } from './opening'
import { router } from './router.svelte'

// The one player of the app. It stands on a page's stage while there is one, and
// else in a bar below, so that playing goes on from page to page.
class Deck {
  View = $state<Component>() // what shows it; its code comes with the first page that plays
  stage = $state<HTMLElement>()
  current = $state<Release>() // as it was when playback began
  list = $state<Collection>()
  queue = $state<Release[]>([])
  paused = $state(true)
  time = $state(0)
  seal = $state({ checked: 0, channel: '', broken: '' })
  opening: Opening | undefined // what its page brought along
  at = 0 // the second to begin at; 0: where it was left
  starts = false // what is opened next was asked to play
  #media: HTMLVideoElement | undefined
  #listened: Listened | undefined
  #bytes = 0

  get index(): number {
    return this.queue.findIndex((r) => r.id === this.current?.id)
  }
  get following(): Release | undefined {
    return this.index < 0 ? undefined : this.queue[this.index + 1]
  }
  get before(): Release | undefined {
    return this.queue[this.index - 1]
  }

  // open plays a release, or goes on with it.
  open(release: Release, opening?: Opening, at = 0): void {
    if (this.current?.id === release.id && this.current.rev === release.rev) {
      if (at > 0 && this.#media) this.#media.currentTime = at
      return
    }
    this.#leave()
    if (this.#media) {
      this.#media.autoplay = this.starts || (this.current !== undefined && (!this.#media.paused || this.#media.ended || this.#over))
      this.starts = false
    }
    this.opening = opening
    this.at = at
    this.#begin(release)
    if (!this.queue.some((r) => r.id === release.id)) {
      this.list = undefined
      this.queue = [release]
    }
  }

  // joined goes over to a release that is heard already, so many bytes of it here.
  joined(release: Release, bytes: number): void {
    this.#leave()
    this.#bytes = bytes
    this.opening = undefined
    this.at = 0
    this.#begin(release)
    history.add(release)
    if (this.stage) router.go(pathOf(release, this.list?.id))
  }

  #begin(release: Release): void {
    this.time = 0
    this.seal = { checked: 0, channel: '', broken: '' }
    this.current = release
    this.#listened = new Listened(threshold(release.durationSeconds), (seconds) => this.#tell(release.id, seconds))
    this.#announce(release)
  }

  // line makes a collection the queue.
  async line(id: string): Promise<void> {
    if (this.list?.id === id) return
    const list = await listening.collection(id)
    const { items } = await listening.items(id, '', 500)
    const here = this.current
    this.queue = here && !items.some((r) => r.id === here.id) ? [here, ...items] : items
    this.list = list
  }

  // add puts a release at the end of the queue, or next.
  add(release: Release, next = false): void {
    const rest = this.queue.filter((r) => r.id !== release.id || r.id === this.current?.id)
    if (rest.some((r) => r.id === release.id)) return
    const to = next && this.index >= 0 ? this.index + 1 : rest.length
    this.queue = [...rest.slice(0, to), release, ...rest.slice(to)]
  }

  remove(id: string): void {
    if (id !== this.current?.id) this.queue = this.queue.filter((r) => r.id !== id)
  }

  // go plays another release of the queue, on its page where this one's is open.
  go(release: Release | undefined): void {
    if (!release) return
    if (this.stage) router.go(pathOf(release, this.list?.id))
    else this.open(release)
  }

  toggle(): void {
    if (this.#media?.paused) void this.#media.play().catch(() => undefined)
    else this.#media?.pause()
  }

  close(): void {
    this.#leave()
    this.#media = undefined
    this.current = undefined
    this.list = undefined
    this.queue = []
    this.paused = true
    if ('mediaSession' in navigator) navigator.mediaSession.metadata = null
  }

  // leaveStage is told when the page with the stage goes: what was never played
  // does not follow to other pages.
  leaveStage(stage: HTMLElement): void {
    if (this.stage !== stage) return
    this.stage = undefined
    if (!this.#media || (this.#media.paused && this.#media.played.length === 0 && !this.#media.autoplay)) this.close()
  }

  // hold takes over the media element.
  hold(media: HTMLVideoElement): () => void {
    this.#media = media
    media.autoplay ||= this.starts
    this.starts = false
    const watcher = new PerformanceObserver((seen) => {
      const below = `/ipfs/${this.current?.manifest}/`
      for (const entry of seen.getEntries() as PerformanceResourceTiming[]) if (entry.name.includes(below)) this.#bytes += entry.encodedBodySize
    })
    watcher.observe({ type: 'resource' })
    const on: Record<string, () => void> = {
      play: () => this.#played(),
      pause: () => (this.paused = true),
      timeupdate: () => this.#passed(media),
      ended: () => this.go(this.following),
    }
    for (const [name, does] of Object.entries(on)) media.addEventListener(name, does)
    const away = () => this.#listened?.flush()
    addEventListener('pagehide', away)
    this.#controls(media)
    return () => {
      for (const [name, does] of Object.entries(on)) media.removeEventListener(name, does)
      removeEventListener('pagehide', away)
      watcher.disconnect()
    }
  }

  #played(): void {
    this.paused = false
    if (this.current) history.add(this.current)
  }

  get #over(): boolean {
    // One that is being transcoded waits here for what comes next.
    return this.current?.state === 'final' && this.#media !== undefined && this.#media.duration - this.#media.currentTime < 0.15
  }

  #passed(media: HTMLVideoElement): void {
    this.time = media.currentTime
    if (!media.paused && !media.seeking) this.#listened?.at(media.currentTime, media.playbackRate)
    if ('mediaSession' in navigator && Number.isFinite(media.duration) && media.duration > 0)
      navigator.mediaSession.setPositionState({ duration: media.duration, playbackRate: media.playbackRate || 1, position: Math.min(media.currentTime, media.duration) })
  }

  #leave(): void {
    this.#listened?.flush()
    this.#listened = undefined
    this.#bytes = 0
  }

  #tell(id: string, seconds: number): void {
    const body = JSON.stringify({ seconds: Math.round(seconds * 10) / 10, bytes: this.#bytes })
    this.#bytes = 0
    // keepalive lets it go out while the page closes.
    void fetch(`${endpoint}/releases/${id}/plays`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, keepalive: true }).catch(() => undefined)
  }

  #announce(release: Release): void {
    if (!('mediaSession' in navigator)) return
    navigator.mediaSession.metadata = new MediaMetadata({
      title: release.title, artist: release.channelName, album: this.list?.title ?? '',
      artwork: release.posterUrl ? [{ src: release.posterUrl, type: 'image/jpeg' }] : [],
    })
  }

  // The keys of keyboards, headsets and lock screens.
  #controls(media: HTMLVideoElement): void {
    if (!('mediaSession' in navigator)) return
    const seek = (by: number) => (media.currentTime = Math.max(0, Math.min(media.duration || 0, media.currentTime + by)))
    const actions: [MediaSessionAction, MediaSessionActionHandler][] = [
      ['play', () => void media.play()],
      ['pause', () => media.pause()],
      ['seekbackward', (d) => seek(-(d.seekOffset ?? 10))],
      ['seekforward', (d) => seek(d.seekOffset ?? 10)],
      ['seekto', (d) => (media.currentTime = d.seekTime ?? media.currentTime)],
      ['previoustrack', () => (media.currentTime > 3 || !this.before ? (media.currentTime = 0) : this.go(this.before))],
      ['nexttrack', () => this.go(this.following)],
    ]
    for (const [action, does] of actions) {
      try {
        navigator.mediaSession.setActionHandler(action, does)
      } catch {
        // this browser does not know the action
      }
    }
  }
}

export const deck = new Deck()

// stage is a Svelte action: the element holds the player while it is there.
export function stage(node: HTMLElement): { destroy: () => void } {
  deck.stage = node
  return { destroy: () => deck.leaveStage(node) }
}
