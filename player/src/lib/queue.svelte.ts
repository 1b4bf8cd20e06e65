import { Problem } from './api'
import { moderation, type Case, type Decision, type Entry, type Kind, type Lookalike } from './moderation'

// Undoable is the last decision, and where its release stood in the queue.
interface Undoable {
  entry: Entry
  item: Case | undefined
  index: number
}

// Queue is what waits for moderators: a list, the one that is looked at, and the
// last decision, which can be undone.
export class Queue {
  items = $state<Case[]>([])
  counts = $state<Partial<Record<Kind, number>>>({})
  kind = $state<Kind | ''>('')
  index = $state(0)
  loaded = $state(false)
  busy = $state(false)
  error = $state('')
  last = $state<Undoable>()
  alike = $state<Lookalike[]>([])
  #next = ''
  #turn = 0 // an answer counts only while no later question was asked

  get current(): Case | undefined {
    return this.items[this.index]
  }

  async show(kind: Kind | ''): Promise<void> {
    this.kind = kind
    this.index = 0
    await this.#load('')
  }

  go(by: number): void {
    this.index = Math.max(0, Math.min(this.items.length - 1, this.index + by))
    if (this.#next !== '' && this.items.length - this.index < 5) void this.#load(this.#next)
  }

  // resemble asks what the current one resembles.
  async resemble(id: string): Promise<void> {
    this.alike = []
    const found = await moderation.lookalikes(id).catch(() => ({ items: [] }))
    if (this.current?.release.id === id) this.alike = found.items
  }

  // decide carries out a decision on the current release; true if it was done.
  decide(action: Decision['action'], reason = ''): Promise<boolean> {
    return this.#act(async () => {
      const item = this.current
      if (!item) return
      const entry = await moderation.decide({ action, reason, release: item.release.id, seen: item.seen })
      this.last = { entry, item, index: this.index }
      this.#drop(item)
    })
  }

  // block blocks the account or the channel of the current release, or lets it in.
  block(action: Decision['action'], reason: string): Promise<boolean> {
    return this.#act(async () => {
      const item = this.current
      if (!item) return
      const whom = action.endsWith('account') ? { account: item.account } : { channel: item.release.channel }
      const entry = await moderation.decide({ action, reason, ...whom })
      this.last = { entry, item: undefined, index: this.index }
      await this.#load('')
    })
  }

  // undo takes the last decision back.
  undo(): Promise<boolean> {
    const last = this.last
    return this.#act(async () => {
      if (!last) return
      const { entry } = last
      if (entry.action.startsWith('block_')) {
        const whom = entry.account ? { account: entry.account } : { channel: entry.channel }
        await moderation.decide({ action: entry.account ? 'unblock_account' : 'unblock_channel', reason: 'Undone', ...whom })
      } else {
        await moderation.decide({ action: 'undo', release: entry.release, seen: entry.id })
      }
      this.last = undefined
      await this.#load('')
      const at = this.items.findIndex((item) => item.release.id === entry.release)
      if (at >= 0) this.index = at
    })
  }

  #drop(item: Case): void {
    this.items = this.items.filter((other) => other !== item)
    const left = this.counts[item.kind] ?? 0
    this.counts = { ...this.counts, [item.kind]: Math.max(0, left - 1) }
    this.go(0)
  }

  async #act(what: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false
    this.busy = true
    this.error = ''
    try {
      await what()
      return true
    } catch (problem) {
      this.error = (problem as Error).message
      if (problem instanceof Problem && (problem.status === 409 || problem.status === 404)) await this.#load('')
      return false
    } finally {
      this.busy = false
    }
  }

  async #load(cursor: string): Promise<void> {
    const mine = ++this.#turn
    try {
      const page = await moderation.queue(this.kind, cursor)
      if (mine !== this.#turn) return
      const known = new Set(this.items.map((item) => item.release.id))
      this.items = cursor === '' ? page.items : [...this.items, ...page.items.filter((item) => !known.has(item.release.id))]
      this.counts = page.counts
      this.#next = page.next
      this.index = Math.max(0, Math.min(this.items.length - 1, this.index))
      this.loaded = true
    } catch (problem) {
      if (mine === this.#turn) this.error = (problem as Error).message
    }
  }
}
