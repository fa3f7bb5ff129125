import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import path from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../../runner/base/clock.ts'
import { isAtWork, markAtWork } from '../../../runner/commands/open/at-work.ts'
import { LiveServer } from '../../../runner/commands/open/live-server.ts'
import type { RunEvent } from '../../../runner/record/events.ts'
import { changed } from '../../../runner/report/html/live/live-change.ts'
import type { LiveMessage, LiveState } from '../../../runner/report/html/live/live-data.ts'
import { writeReports } from '../../../runner/report/write-reports.ts'
import { fillRunFolder, fullEvents } from '../../support/sample-run-folder.ts'

/** Twenty times as fast, so that nothing is waited for. */
const clock = { ...systemClock, nowMs: () => systemClock.nowMs() * 20 }

const EVENTS = fullEvents('passing')

function lines(events: readonly RunEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('')
}

/** A run that is on, of which so many events are written, and the server of its page. */
async function served(t: Test, written: number, options: { lingerMs?: number } = {}) {
  const folder = path.join(t.testdir({}), 'run')
  mkdirSync(folder)
  fillRunFolder(folder)
  const events = path.join(folder, 'events.jsonl')
  writeFileSync(events, lines(EVENTS.slice(0, written)))
  const unmark = markAtWork(folder)
  const server = await LiveServer.start({ folder, clock, lingerMs: 60_000, ...options })
  t.teardown(() => server.close())
  const append = (text: string) => appendFileSync(events, text)
  return { folder, events, unmark, server, append }
}

interface Answer {
  status: number | undefined
  headers: IncomingMessage['headers']
  text: string
}

function get(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(url)
    // As it is: a client of good manners would tidy it up.
    const asPath = url.slice(new URL(url).origin.length)
    const asked = request({ host, port, path: asPath, method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** A page that follows: `until` resolves with the state as soon as it is so, or with `over` when the page is dismissed. */
function follow(t: Test, url: string) {
  let state: LiveState | undefined
  let isOver = false
  let look: () => void = () => undefined
  const asked = request(`${url}events`, { agent: false }, (response) => {
    let rest = ''
    response.setEncoding('utf8')
    response.on('data', (piece: string) => {
      const parts = (rest + piece).split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) take(part)
      look()
    })
  })
  const take = (part: string) => {
    if (part.startsWith('event: over')) isOver = true
    else if (part.startsWith('data: ')) {
      const message: LiveMessage = JSON.parse(part.slice(6))
      if ('state' in message) state = message.state
      else if (state !== undefined) state = changed(state, message.change)
    }
  }
  asked.on('error', () => undefined)
  asked.end()
  t.teardown(() => asked.destroy())
  const until = (isSo: (now: LiveState, over: boolean) => boolean) =>
    new Promise<LiveState>((resolve) => {
      look = () => {
        if (state !== undefined && isSo(state, isOver)) resolve(state)
      }
      look()
    })
  return { until, close: () => asked.destroy() }
}

function section(state: LiveState, id: string): string {
  return state.sections.find((one) => one.id === id)?.html ?? ''
}

t.test('only who knows the address gets the page, and nothing beside it', async (t) => {
  const { server, folder } = await served(t, 30)
  const { url, port } = server
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/)
  const page = await get(url)
  t.equal(page.status, 200)
  t.match(page.text, '<!doctype html>')
  const policy = String(page.headers['content-security-policy'])
  t.match(policy, /default-src 'none'.*script-src 'sha256-.*frame-ancestors 'none'/)
  t.notMatch(/script-src [^;]*/.exec(policy)?.[0], 'unsafe-inline')
  t.equal(page.headers['access-control-allow-origin'], undefined)
  t.equal(page.headers['cache-control'], 'no-store')
  t.equal((await get(url, { host: `localhost:${port + 1}` })).status, 200, 'at the other end of a tunnel')

  const root = `http://127.0.0.1:${port}/`
  const secret = new URL(url).pathname.slice(1, -1)
  const refused: [string, string, Record<string, string>?, string?][] = [
    ['no secret', root],
    ['another secret', `${root}${'x'.repeat(32)}/`],
    ['a part of the secret', `${root}${secret.slice(0, -1)}/`],
    ['the secret without its end', `${root}${secret}`],
    ['a name that was rebound', url, { host: 'evil.example' }],
    ['a name that was rebound, with our port', url, { host: `evil.example:${port}` }],
    ['a script of another site', `${url}events`, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    ['another method', url, {}, 'POST'],
    ['what the browser asks for by itself', `${root}favicon.ico`],
    ['the record', `${url}events.jsonl`],
    ['a log, while the run is on', `${url}nodes/redis-node0.log`],
    ['a way out', `${url}../run/events.jsonl`],
    ['a way out, encoded', `${url}..%2f..%2fetc/passwd`],
  ]
  for (const [what, address, headers, method] of refused) {
    const { status, text } = await get(address, headers, method)
    t.equal(status, 404, what)
    t.equal(text, 'There is nothing here.\n')
  }
  t.equal(isAtWork(folder), true)
})

t.test(
  'a page gets the state, then what is new; half a line is nothing; at the end the report is served',
  async (t) => {
    const began = EVENTS.findIndex((event) => event.type === 'step-started' && event.step.path === '4')
    const { server, folder, unmark, append } = await served(t, began)
    const viewer = follow(t, server.url)
    const first = await viewer.until((state) => section(state, 'steps') !== '')
    t.match(/<tr id="step-4".*?<\/tr>/s.exec(section(first, 'steps'))?.[0], 'waiting')
    const [line = ''] = lines(EVENTS.slice(began, began + 1)).split('\n')
    append(line.slice(0, 20))
    append(`${line.slice(20)}\n{"atMs":1,`)
    await viewer.until((state) => /<tr id="step-4" class="running"/.test(section(state, 'steps')))
    await viewer.until((state) => state.data.logs.lines.length > 10)
    append('"type":"progress","text":"x"}\n')
    append(lines(EVENTS.slice(began + 1)))
    const last = await viewer.until((state) => state.title.startsWith('passed'))
    t.match(section(last, 'verdict'), 'All 14 steps')
    writeReports(folder, EVENTS)
    unmark()
    await viewer.until((_, isOver) => isOver)

    const page = await get(server.url)
    t.match(page.text, '<title>passed: failover-basic</title>')
    t.equal((await get(`${server.url}report.html`)).text, page.text)
    const log = await get(`${server.url}nodes/redis-node0.log`)
    t.match(log.headers['content-type'], 'text/plain')
    t.match(log.text, 'Redis is starting')
    symlinkSync('/etc/hostname', path.join(folder, 'nodes', 'link.log'))
    for (const name of ['nodes/link.log', 'nodes/../events.jsonl', 'pages/../report.html', 'events.jsonl', 'nodes/']) {
      t.equal((await get(`${server.url}${name}`)).status, 404, name)
    }
    rmSync(path.join(folder, 'report.html'))
    t.match((await get(server.url)).text, '<title>passed: failover-basic</title>', 'a report that is not there is made')
  },
)

t.test('a page that asks for news when the run is over is told so, as one that waited for them', async (t) => {
  const { server, folder, unmark, append } = await served(t, 30)
  const viewer = follow(t, server.url)
  append(lines(EVENTS.slice(30)))
  writeReports(folder, EVENTS)
  unmark()
  await viewer.until((_, isOver) => isOver)
  t.match(await get(`${server.url}events`), { status: 200, text: /^event: over\n/m })
})

t.test('a run whose runner was killed ended without a word', async (t) => {
  const { server, folder, events } = await served(t, 30)
  const viewer = follow(t, server.url)
  await viewer.until((state) => state.on)
  const { pid } = spawnSync(process.execPath, ['--version'])
  const mark = path.join(folder, 'runner.json')
  writeFileSync(mark, JSON.stringify({ ...JSON.parse(readFileSync(mark, 'utf8')), pid, startedAt: 'before' }))
  appendFileSync(events, '{"atMs":1,"type":"step-st')
  const state = await viewer.until((now) => !now.on)
  t.match(section(state, 'verdict'), 'ended without a word')
  t.match((await get(server.url)).text, 'ended without a word', 'whoever looks later is told so, too')
})

t.test('a run whose folder vanishes is told of as that', async (t) => {
  const { server, folder } = await served(t, 30)
  const viewer = follow(t, server.url)
  await viewer.until((state) => state.on)
  rmSync(folder, { recursive: true })
  const state = await viewer.until((now) => !now.on)
  t.match(section(state, 'verdict'), 'its folder is gone')
})

t.test('it is needed while the run is on or somebody looks, and a while longer', async (t) => {
  const { server, folder, unmark } = await served(t, EVENTS.length, { lingerMs: 1 })
  let isUnneeded = false
  const stopped = new AbortController()
  const unneeded = server.unneeded(stopped.signal).then(() => {
    isUnneeded = true
  })
  const viewer = follow(t, server.url)
  await viewer.until((state) => state.title.startsWith('passed'))
  t.equal(isUnneeded, false)
  writeReports(folder, EVENTS)
  unmark()
  await viewer.until((_, isOver) => isOver)
  await unneeded

  const other = await served(t, 30)
  const aborted = new AbortController()
  const gone = other.server.unneeded(aborted.signal)
  aborted.abort(new Error('Ctrl-C'))
  await gone
})

t.test('pages come and go, many times', async (t) => {
  const { server } = await served(t, 30)
  for (let round = 0; round < 60; round += 1) {
    const viewer = follow(t, server.url)
    await viewer.until((state) => state.on)
    viewer.close()
  }
  t.equal((await get(server.url)).status, 200)
})
