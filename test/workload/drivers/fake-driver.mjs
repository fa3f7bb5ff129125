#!/usr/bin/env node
// A client driver without a client: it keeps what is written to it in memory. Its argument says what it does wrong.
import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [manner = 'good', extra = ''] = process.argv.slice(2)
const values = new Map()
let operations = 0

/** @param {unknown} message */
function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** @param {string[]} words */
function carryOut([name = '', key = '', value = '']) {
  if (name === 'SET') values.set(key, value)
  if (name === 'GET') return values.get(key) ?? null
  return name === 'BOOM' ? { error: 'ERR boom' } : 'OK'
}

/** @param {{ id: number, commands: string[][] }} operation */
function replies({ commands }) {
  if (commands.length === 1) return commands.map(carryOut)
  const inside = commands.slice(1, -1)
  return ['OK', ...inside.map(() => 'QUEUED'), inside.map(carryOut)]
}

/** @param {{ id: number, client: number, commands: string[][] }} operation */
function answer(operation) {
  const { id } = operation
  operations += 1
  const isEarly = operations <= 20
  const ok = { type: 'ok', id, replies: replies(operation), aKeyOfALaterVersion: 1 }
  if (isEarly || ['good', 'deaf', 'straying'].includes(manner)) say(ok)
  else if (manner === 'twice') {
    say(ok)
    say(ok)
  } else if (manner === 'unasked') say({ ...ok, id: id + 1_000_000 })
  else if (manner === 'nonsense') process.stdout.write('Traceback (most recent call last):\n')
  else if (manner === 'unknown') say({ type: 'perhaps', id })
  else if (manner === 'short') say({ ...ok, replies: [] })
  else if (manner === 'dying') {
    process.stderr.write('out of luck\nwith the password tell-nobody\n', () => process.exit(7))
  } else if (manner === 'killed') process.kill(process.pid, 'SIGKILL')
  else if (manner === 'flooding') process.stdout.write('x'.repeat(17 * 1024 * 1024))
  else if (manner === 'failing') say({ type: 'fail', id, class: 'CLUSTERDOWN', text: 'down' })
  else if (manner === 'vague') say({ type: 'indeterminate', id, class: 'SomeError', text: 'LOADING it is' })
  else if (manner === 'late') setTimeout(() => say(ok), 300)
  else if (manner === 'half' && operations === 21) process.stdout.write(JSON.stringify(ok))
  else if (manner === 'mute-later' && operations === 21) closeSync(1)
  // What hangs says nothing.
}

if (manner === 'deaf') {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined)
  const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => 0); setInterval(() => 0, 1000)", extra])
  process.stderr.write(`children ${process.pid} ${child.pid}\n`)
  setInterval(() => undefined, 1000)
}
if (manner === 'straying') {
  const own = { detached: true, stdio: /** @type {const} */ ('ignore') }
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)', extra], own)
  child.unref()
  process.stderr.write(`children ${process.pid} ${child.pid}\n`)
}
const hello = { type: 'hello', protocol: manner === 'newer' ? 2 : 1, name: 'fake', version: '1.2' }
if (manner === 'mute') setInterval(() => undefined, 1000)
else say({ ...hello, ...(manner !== 'plain' && { can: ['transaction', 'replica-reads', 'fly'] }) })
const lines = createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line)
  if (message.type === 'start') {
    process.stderr.write(`started ${JSON.stringify(message)}\n`)
    if (manner === 'unwilling') process.exit(3)
    if (manner !== 'never-ready') say({ type: 'ready' })
    if (manner === 'unread') {
      lines.pause()
      setInterval(() => undefined, 1000)
    }
  } else if (message.type === 'invoke') answer(message)
  else if (manner !== 'deaf') process.exit(0)
})
