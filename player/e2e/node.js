// A real node on a fresh data folder, and real media, for the browser tests.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const binary = new URL('../../bin/runnel', import.meta.url).pathname

export async function startNode(...settings) {
  const dir = mkdtempSync(join(tmpdir(), 'runnel-e2e-'))
  const data = join(dir, 'data')
  const child = spawn(binary, ['serve', '--data', data, '--http', '127.0.0.1:0', '--admin-http', '127.0.0.1:0', '--p2p', '/ip4/127.0.0.1/tcp/0', ...settings], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let log = ''
  child.stderr.on('data', (chunk) => (log += chunk))
  const link = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      out += chunk
      const found = /https?:\/\/\S+\/setup\?token=\S+/.exec(out)
      if (found) resolve(found[0])
    })
    child.on('exit', (code) => reject(new Error(`the node ended with ${code}:\n${out}\n${log}`)))
  })
  return {
    link,
    base: new URL(link).origin,
    data,
    dir,
    log: () => log,
    run: (...args) => execFileSync(binary, [...args, '--data', data], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    async stop() {
      child.removeAllListeners('exit')
      const gone = new Promise((resolve) => child.on('exit', resolve))
      child.kill('SIGTERM')
      await gone
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

// clip makes a video with a picture that moves and a tone. With the default size
// it takes a while to transcode.
export function clip(dir, { seconds, size = '1280x720', name = 'Clock and tone.mp4' } = {}) {
  const path = join(dir, name)
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30:duration=${seconds}`, '-f', 'lavfi', '-i', `sine=frequency=330:sample_rate=48000:duration=${seconds}`, '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-shortest', path])
  return path
}

// song makes a short lossless track with a title.
export function song(dir, name = 'Two notes.flac') {
  const path = join(dir, name)
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', 'aevalsrc=0.2*sin(2*PI*220*t)|0.2*sin(2*PI*277*t):s=44100:d=12', '-metadata', 'title=Two notes', path])
  return path
}

