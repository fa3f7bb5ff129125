// The parent of a client driver, a process of its own: it starts the driver with its own stdin, stdout and stderr, and
// when the runner is gone, however it went, it ends the driver and all that the driver has started.
//
// Every operation of a load waits for this to start, so it loads nothing that it does not need. It says nothing on
// stdout or stderr, which are the driver's: Node would set them to non-blocking, for the driver as well.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import type { KeeperReport } from './keeper-words.ts'

/** Signals come to it, and reports go from it; its end is the end of the runner. */
const runner = new Socket({ fd: 3, readable: true, writable: true })
/** What was killed is gone in a moment; what the system does not let go of is not waited for, ms. */
const GONE_WITHIN_MS = 1000
/** What is found may have started more before it was ended: so many looks at the most. */
const MOST_LOOKS = 5
/** What is in the environment of the driver, and of all that it starts, and of nothing else. */
const MARK = `REDIS_CHAOS_KEEPER=${process.pid}-${process.hrtime.bigint()}`
let isOver = false
const [program = '', ...args] = process.argv.slice(2)

for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined)
process.on('SIGTERM', leave)
process.on('uncaughtException', leave)
runner.on('error', leave)
for (const event of ['end', 'close']) runner.on(event, leave)

// A group of its own, so that what it starts ends with it.
const [name = '', value] = MARK.split('=')
const driver = spawn(program, args, { stdio: 'inherit', detached: true, env: { ...process.env, [name]: value } })
letGoOfStdout()
driver.once('error', (error: NodeJS.ErrnoException) => report({ error: error.message, code: error.code ?? '' }))
driver.once('exit', (code, signal) => {
  isOver = true
  signalGroup('SIGKILL')
  endStrays()
  report({ exit: code, signal })
})
runner.setEncoding('utf8').on('data', (words: string) => {
  for (const word of words.split('\n')) if (word === 'SIGTERM' || word === 'SIGKILL') signalGroup(word)
})
if (driver.pid !== undefined) runner.write(`${JSON.stringify({ pid: driver.pid } satisfies KeeperReport)}\n`)

/** The last word of this process. */
function report(end: KeeperReport): void {
  runner.end(`${JSON.stringify(end)}\n`, () => process.exit(0))
}

/** A driver that closes its stdout is seen to: this process has it no more, and nothing else takes its number. */
function letGoOfStdout(): void {
  closeSync(1)
  openSync('/dev/null', 'w')
}

/** Ends the driver, and then this process: the end of a child is for its parent to take note of. */
function leave(): void {
  signalGroup('SIGKILL')
  endStrays()
  if (isOver || driver?.pid === undefined) process.exit(0)
  setTimeout(() => process.exit(0), GONE_WITHIN_MS)
}

function signalGroup(signal: NodeJS.Signals): void {
  if (driver?.pid === undefined) return
  try {
    process.kill(-driver.pid, signal)
  } catch {
    // Nobody is left in it.
  }
}

/** Ends what has left the group for a session of its own. Only Linux shows which those are. */
function endStrays(): void {
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const strays = marked()
    if (strays.length === 0) return
    for (const pid of strays) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It is gone.
      }
    }
  }
}

/** Processes with the mark in their environment; one that is gone, or somebody else's, shows none. */
function marked(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && environmentOf(pid).includes(MARK))
  } catch {
    return []
  }
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
  } catch {
    return []
  }
}
