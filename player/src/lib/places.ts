// Where the viewer stopped, kept on this device only.
const key = (id: string) => `runnel:place:${id}`

export const places = {
  // get is the second to start at: 0 near either end.
  get(id: string, duration: number): number {
    const at = Number(storage()?.getItem(key(id)) ?? 0)
    return at > 5 && at < duration - 10 ? at : 0
  },
  set(id: string, at: number, duration: number): void {
    if (at > 5 && at < duration - 10) storage()?.setItem(key(id), at.toFixed(1))
    else storage()?.removeItem(key(id))
  },
}

// Storage may be forbidden by the browser's settings.
function storage(): Storage | undefined {
  try {
    return localStorage
  } catch {
    return undefined
  }
}
