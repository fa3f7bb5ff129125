import { spawn } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'

/** Says what redis-cli 7.0 says (`--no-raw`), for commands by their key; the first line is the password. */
const FAKE = `#!/usr/bin/env node
if (process.argv.includes('--version')) console.log('redis-cli 7.0.15')
else {
  const says = {
    '"slow"': '"late"\\n(1.63s)',
    '"moved"': '-> Redirected to slot [3300] located at localhost:7012\\nOK',
    '"list"': Array.from({ length: 11 }, (_, n) => String(n + 1).padStart(2) + ') "' + n + '"').join('\\n'),
    '"number"': '(integer) 3',
    '"nothing"': '(nil)',
    '"text"': '"a \\\\"b\\\\"\\\\n\\\\xc3\\\\xa9"',
    '"wrong"': '(error) CLUSTERDOWN The cluster is down',
    '"end"': '"end"',
  }
  const lines = require('node:readline').createInterface({ input: process.stdin })
  let password
  lines.on('line', (line) => {
    if (password === undefined) { password = line; return }
    const key = line.split(' ')[1]
    if (key === '"password"') console.log(JSON.stringify(password))
    else if (key === '"lost"') console.error('Error: Server closed the connection')
    else if (key === '"refused"') console.error('Could not connect to Redis at localhost:7010: Connection refused')
    else console.log(says[key])
  })
}
`

interface Said {
  type: string
  id?: number
  replies?: unknown[]
}

t.test('what redis-cli prints is read as what it means', async (t) => {
  const folder = t.testdir({})
  const program = path.join(folder, 'redis-cli')
  writeFileSync(program, FAKE)
  chmodSync(program, 0o755)
  const driver = spawn(process.execPath, ['clients/redis-cli/driver.mjs'], {
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => driver.on('exit', resolve))
  t.teardown(() => driver.kill('SIGKILL'))
  const keys = ['password', 'slow', 'moved', 'list', 'number', 'nothing', 'text', 'wrong', 'lost', 'refused', 'slow']
  const say = (message: object) => driver.stdin.write(`${JSON.stringify(message)}\n`)
  const outcomes = await new Promise<Said[]>((resolve, reject) => {
    driver.on('exit', (code) => reject(new Error(`the driver ended with ${code}`)))
    const found: Said[] = []
    createInterface({ input: driver.stdout }).on('line', (line) => {
      const message = JSON.parse(line)
      if (message.type === 'hello') {
        const nodes = [{ name: 'redis-node0', host: 'localhost', port: 7010 }]
        say({
          type: 'start',
          nodes,
          username: 'u',
          password: 'secret word',
          clients: 1,
          readFrom: 'master',
          options: {},
        })
      } else if (message.type === 'ready') {
        for (const [place, key] of keys.entries())
          say({ type: 'invoke', id: place + 1, client: 0, commands: [['GET', key]] })
      } else if (found.push(message) === keys.length) resolve(found)
    })
  })
  const list = Array.from({ length: 11 }, (_, place) => String(place))
  t.match(outcomes, [
    { type: 'ok', id: 1, replies: ['secret word'] },
    { type: 'ok', id: 2, replies: ['late'] },
    { type: 'ok', id: 3, replies: ['OK'] },
    { type: 'ok', id: 4, replies: [list] },
    { type: 'ok', id: 5, replies: [3] },
    { type: 'ok', id: 6, replies: [null] },
    { type: 'ok', id: 7, replies: ['a "b"\né'] },
    { type: 'fail', id: 8, text: 'CLUSTERDOWN The cluster is down' },
    { type: 'indeterminate', id: 9, class: 'closed' },
    { type: 'fail', id: 10, class: 'refused' },
    { type: 'ok', id: 11, replies: ['late'] },
  ])
  say({ type: 'stop' })
  t.equal(await ended, 0)
})
