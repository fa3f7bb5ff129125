import { type ChildProcess, spawn } from 'node:child_process'

/** A program of another user that takes a server's port as soon as that is down, and notes what it is told there. */
export interface Squatter {
  readonly pid: number
  /** It has, or had, the port. */
  isListening(): boolean
  /** All that was said to it. */
  heard(): string
  end(): Promise<void>
}

/** Nobody's user (`nobody` on Debian): any but the servers' and ours. */
const USER = 65534

/** Waits for a server and then for its end, answers nothing, and tells what it hears, a line each. */
const PROGRAM = `
const net = require('node:net')
const [port, user] = process.argv.slice(1).map(Number)
process.setgid(user); process.setuid(user)
const say = (what) => process.stdout.write(what + '\\n')
const listen = () => {
  const server = net.createServer((socket) => {
    socket.on('data', (data) => say('heard ' + data.toString('hex')))
    socket.on('error', () => undefined)
  })
  server.on('error', () => setTimeout(listen, 2))
  server.listen(port, '127.0.0.1', () => say('listening'))
}
const wait = () => {
  const socket = net.connect(port, '127.0.0.1', () => socket.write('PING\\r\\n'))
  socket.once('data', () => {
    socket.destroy()
    listen()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => socket.bytesRead === 0 && setTimeout(wait, 2))
}
wait()
`

/** `false` if another user's program can be started here; else why not, for tap's `skip`. */
export function skipWithoutRoot(): string | false {
  return process.getuid?.() === 0 ? false : 'only root can start a program of another user'
}

export function startSquatter(t: { teardown(end: () => unknown): void }, port: number): Squatter {
  const child: ChildProcess = spawn(process.execPath, ['-e', PROGRAM, String(port), String(USER)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let said = ''
  child.stdout?.on('data', (chunk) => {
    said += chunk
  })
  const end = async () => {
    child.kill('SIGKILL')
    await ended
  }
  t.teardown(end)
  return {
    pid: child.pid ?? 0,
    isListening: () => said.includes('listening'),
    heard: () =>
      said
        .split('\n')
        .flatMap((line) => (line.startsWith('heard ') ? [Buffer.from(line.slice(6), 'hex').toString('latin1')] : []))
        .join(''),
    end,
  }
}
