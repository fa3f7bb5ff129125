import { spawn } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { quoted } from '../../runner/base/shell-words.ts'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

export const CTRL_C = '\u0003'
export const ENTER = '\r'

/** Far longer than anything takes that a test waits for, ms. */
const WAIT_MS = 60_000

/** The command line in a terminal of its own, as somebody sits in front of it. */
export interface PtyCli {
  /** All that was shown so far, without colors and with plain line ends. */
  shown(): string
  /** Resolves with what was shown since the last call, once that has the text; rejects if the command ends before. */
  until(text: string): Promise<string>
  /** Presses keys. */
  type(keys: string): void
  ended: Promise<{ code: number | null; shown: string }>
}

/**
 * Starts the real command line in a pseudo-terminal, which script(1) of util-linux makes: its line discipline turns
 * Ctrl-C into a signal as any terminal's. It is ended when the test ends before it.
 */
export function startPty(
  t: { teardown(work: () => Promise<void>): void },
  args: readonly string[],
  env: Record<string, string> = {},
  columns = 200,
): PtyCli {
  const command = ['exec', process.execPath, path.join('bin', 'redis-chaos.js'), ...args].map(quoted).join(' ')
  const child = spawn(
    'script',
    ['--quiet', '--return', '--flush', '--command', `stty cols ${columns}; ${command}`, '/dev/null'],
    {
      cwd: root,
      env: { ...process.env, TERM: 'xterm', FORCE_COLOR: '0', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  let text = ''
  let told = 0
  const watchers = new Set<() => void>()
  const take = (chunk: Buffer) => {
    text += stripVTControlCharacters(chunk.toString()).replaceAll('\r', '')
    for (const watcher of watchers) watcher()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const ended = new Promise<{ code: number | null; shown: string }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, shown: text }))
  })
  t.teardown(async () => {
    // The end of the terminal is a SIGHUP to the command, which cleans up.
    child.kill('SIGTERM')
    await ended
  })
  const until = (wanted: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const at = text.indexOf(wanted, told)
        if (at < 0) return
        watchers.delete(look)
        const news = text.slice(told, at + wanted.length)
        told = at + wanted.length
        resolve(news)
      }
      watchers.add(look)
      look()
      // Both sides would wait for each other: what is shown instead tells why.
      const late = () => reject(new Error(`it did not show ${JSON.stringify(wanted)}: ${text.slice(told)}`))
      setTimeout(late, WAIT_MS).unref()
      ended.then(
        () => reject(new Error(`the command ended before it showed ${JSON.stringify(wanted)}: ${text}`)),
        reject,
      )
    })
  return { shown: () => text, until, type: (keys) => child.stdin.write(keys), ended }
}
