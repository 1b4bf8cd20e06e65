import { api, Problem, type Me } from './api'

// Who is signed in. undefined: not asked yet; null: nobody.
class Session {
  me = $state<Me | null | undefined>(undefined)

  async load(): Promise<void> {
    try {
      this.me = await api.me()
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) console.error(error)
      this.me = null
    }
  }

  async signOut(): Promise<void> {
    await api.signOut()
    this.me = null
  }

  get creator(): boolean {
    return this.me != null && this.me.account.role !== 'listener'
  }

  get moderator(): boolean {
    return this.me != null && (this.me.account.role === 'moderator' || this.me.account.role === 'admin')
  }
}

export const session = new Session()
