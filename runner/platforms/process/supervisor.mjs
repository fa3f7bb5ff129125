// The parent of a run's servers, a process of its own: it starts and ends them, and when the runner is gone, however it
// went, it ends them all and removes the run's folder.
//
// Plain JavaScript with checked JSDoc types: Node 20 runs TypeScript only through a loader, which makes this process start
// four times as slowly (measured: 0.3 s against 1.2 s), and every run waits for it.
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { LinkChild } from '../links/link-child.mjs'
import { processId } from '../process-id.mjs'
import { removeClaimed } from './claimed-folder.mjs'
import { readJsonLines } from './json-lines.mjs'
import { SupervisedDisks } from './supervised-disks.mjs'
import { SupervisedServer } from './supervised-server.mjs'

/**
 * @typedef {import('./protocol.ts').SupervisorClaim} SupervisorClaim
 * @typedef {import('./protocol.ts').SupervisorPlan} SupervisorPlan
 * @typedef {import('./protocol.ts').Processes} Processes
 * @typedef {import('./protocol.ts').Request} Request
 * @typedef {import('./protocol.ts').Reply} Reply
 */

process.umask(0o077)
/** @type {Map<string, SupervisedServer>} */
const servers = new Map()
/** @type {LinkChild | undefined} */
let links
/** @type {SupervisedDisks | undefined} */
let disks
/** @type {SupervisorClaim | undefined} */
let claim
/** @type {SupervisorPlan | undefined} */
let plan
let released = false
/** @type {Promise<string | undefined> | undefined} */
let ending

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => void leave())
process.on('uncaughtException', () => void leave())
// Nobody may be reading any more.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

readJsonLines(
  process.stdin,
  (/** @type {SupervisorClaim | SupervisorPlan | typeof import('./protocol.ts').RELEASE} */ message) => {
    if (message === 'release') released = true
    else if ('claim' in message) claim = message
    else void open(message)
  },
)
process.stdin.on('error', () => undefined)
for (const event of ['end', 'close']) {
  process.stdin.on(event, () => {
    if (!released) void leave()
  })
}

/** @param {SupervisorPlan} given */
async function open(given) {
  plan = given
  const { folder } = given
  try {
    process.chdir(folder)
    /** @type {Processes} */
    const processes = { supervisor: identity(process.pid), servers: {} }
    save(processes)
    await openDisks(given, processes)
    for (const server of given.servers) {
      const onStart = (/** @type {number} */ pid) => {
        processes.servers[server.name] = identity(pid)
        save(processes)
        tellLinks()
      }
      servers.set(server.name, new SupervisedServer(inside(server), onStart))
    }
    await listen()
    await Promise.all([openLinks(given, processes), ...[...servers.values()].map((server) => server.start())])
    say({ ready: true })
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    say({ error: wordsOf(error), ...(code === undefined ? {} : { code }) })
    await leave()
  }
}

/**
 * @param {SupervisorPlan} given
 * @param {Processes} processes
 */
async function openLinks(given, processes) {
  if (!given.links) return
  links = new LinkChild(process.argv[2] ?? '', (lost) => say({ lost }))
  if (links.pid !== undefined) processes.links = identity(links.pid)
  save(processes)
  await links.open(given.links)
  tellLinks()
}

/** Where a node connects from need not tell which one it is: its process does. */
function tellLinks() {
  const pids = (plan?.servers ?? []).flatMap(({ name, node }) => {
    const pid = servers.get(name)?.pid
    return pid === undefined ? [] : [[node, pid]]
  })
  // That the links are gone is told by themselves.
  links?.ask({ do: 'know', pids: Object.fromEntries(pids) }).catch(() => undefined)
}

/**
 * @param {SupervisorPlan} given
 * @param {Processes} processes
 */
async function openDisks(given, processes) {
  if (!given.disks) return
  disks = new SupervisedDisks(given.disks)
  if (disks.pid !== undefined) processes.disks = identity(disks.pid)
  save(processes)
  await disks.open()
}

/**
 * @param {import('./protocol.ts').ServerPlan} server
 * @returns {import('./protocol.ts').ServerPlan}
 */
function inside(server) {
  if (!disks) return server
  const [command, ...args] = disks.inside(server.command, server.args)
  return { ...server, command, args }
}

/** @param {import('./protocol.ts').Opening | import('./protocol.ts').Loss} message */
function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** @param {number} pid */
function identity(pid) {
  // A process that has ended already needs no identity to be left alone by.
  return processId(pid) ?? { pid, startedAt: 'ended' }
}

/**
 * Whole or not at all: it is what tells the processes of a run whose supervisor was killed.
 * @param {Processes} processes
 */
function save(processes) {
  writeFileSync('processes.json.new', JSON.stringify(processes))
  renameSync('processes.json.new', 'processes.json')
}

/** @returns {Promise<void>} */
function listen() {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      readJsonLines(socket, (/** @type {Request} */ request) => void answer(request, socket))
    })
    server.once('error', reject)
    // Relative to the run's folder: paths of sockets are short.
    server.listen('control.sock', resolve)
  })
}

/**
 * @param {Request} request
 * @param {import('node:net').Socket} socket
 */
async function answer(request, socket) {
  /** @type {Reply} */
  const reply = { id: request.id }
  try {
    Object.assign(reply, await perform(request))
  } catch (error) {
    reply.error = wordsOf(error)
  }
  const done = () => {
    if (request.action === 'remove') process.exit(0)
  }
  if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`, done)
  else done()
}

/**
 * @param {Request} request
 * @returns {Promise<Partial<Reply>>}
 */
async function perform({ action, server: name = '', graceMs = 0, order, cpuShare }) {
  if (action === 'remove') {
    const problem = await end()
    return problem === undefined ? {} : { error: problem }
  }
  if (action === 'links') {
    if (!links || !order) throw new Error('this run has no links')
    return { links: await links.ask(order) }
  }
  const server = servers.get(name)
  if (!server) throw new Error(`there is no server ${name}`)
  if (action === 'state') {
    const state = await server.state()
    return { state, ...(server.pid === undefined ? {} : { pid: server.pid }) }
  }
  if (action === 'limit') await server.limitCpu(cpuShare)
  if (action === 'limit' || action === 'limits') {
    return { heldBackMs: server.heldBackMs, ...(server.cpuShare === undefined ? {} : { cpuShare: server.cpuShare }) }
  }
  if (action === 'stop') await server.stop(graceMs)
  if (action === 'kill') await server.kill()
  if (action === 'pause') await server.pause()
  if (action === 'unpause') await server.unpause()
  if (action === 'start') await server.start()
  if (action === 'restart') {
    await server.stop(graceMs)
    await server.start()
  }
  return {}
}

async function leave() {
  await end()
  process.exit(0)
}

/** Ends all servers and removes the folder. Resolves to what went wrong, in words. */
function end() {
  ending ??= endAll()
  return ending
}

async function endAll() {
  // Their data goes with them, so there is nothing that a SIGTERM could save.
  await Promise.all([links?.close(), ...[...servers.values()].map((server) => server.close())])
  // After the servers, whose data is on them.
  await disks?.close()
  if (!plan) {
    if (claim) removeClaimed(claim)
    return undefined
  }
  try {
    rmSync(plan.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    // The journal of the run's faults lies beside its folder: faults/journal.ts.
    for (const ending of ['', '.new']) rmSync(`${plan.folder}.faults.json${ending}`, { force: true })
    return undefined
  } catch (error) {
    return wordsOf(error)
  }
}

/** @param {unknown} error */
function wordsOf(error) {
  return error instanceof Error ? error.message : String(error)
}
