import type { Seal } from './seal'

type Bytes = Uint8Array<ArrayBuffer>

// Beside is what a release holds beside picture and sound, by paths below base.
// With a seal every byte is checked against the release's address before anyone
// sees it; without one (a private release) the server's word is taken.
export class Beside {
  private constructor(
    readonly base: string,
    private readonly names: (path: string) => boolean,
    private readonly check: (path: string, bytes: Bytes) => Promise<void>,
  ) {}

  static sealed(base: string, seal: Seal, broken: (path: string) => void): Beside {
    return new Beside(
      base,
      (path) => seal.names(path),
      async (path, bytes) => {
        try {
          await seal.check(path, bytes)
        } catch (error) {
          broken(path)
          throw error
        }
      },
    )
  }

  static async open(base: string): Promise<Beside> {
    const { files } = JSON.parse(new TextDecoder().decode(await read(`${base}manifest.json`))) as { files: Record<string, string> }
    return new Beside(base, (path) => Object.hasOwn(files, path), async () => undefined)
  }

  has(path: string): boolean {
    return this.names(path)
  }

  async bytes(path: string): Promise<Bytes> {
    const bytes = await read(this.base + path)
    await this.check(path, bytes)
    return bytes
  }

  async text(path: string): Promise<string> {
    return new TextDecoder().decode(await this.bytes(path))
  }
}

async function read(url: string): Promise<Bytes> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`status ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}
