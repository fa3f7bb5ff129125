// The parent of a run's servers, a process of its own: it starts and ends them, and when the runner is gone, however it
// went, it ends them all and removes the run's folder.
//
// Every run waits for this to start, so it loads nothing that it does not need.
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { codeOf, messageOf } from '../../base/errors.ts'
import { LinkChild } from '../links/link-child.ts'
import { processId } from '../process-id.ts'
import { removeClaimed } from './claimed-folder.ts'
import { readJsonLines } from './json-lines.ts'
import {
  type Loss,
  type Opening,
  type Processes,
  type ProcessId,
  RELEASE,
  type Reply,
  type Request,
  type ServerPlan,
  type SupervisorClaim,
  type SupervisorPlan,
} from './protocol.ts'
import { SupervisedDisks } from './supervised-disks.ts'
import { SupervisedServer } from './supervised-server.ts'

process.umask(0o077)
const servers = new Map<string, SupervisedServer>()
let links: LinkChild | undefined
let disks: SupervisedDisks | undefined
let claim: SupervisorClaim | undefined
let plan: SupervisorPlan | undefined
let released = false
let ending: Promise<string | undefined> | undefined

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => void leave())
process.on('uncaughtException', () => void leave())
// Nobody may be reading any more.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

readJsonLines(process.stdin, (message: SupervisorClaim | SupervisorPlan | typeof RELEASE) => {
  if (message === RELEASE) released = true
  else if ('claim' in message) claim = message
  else void open(message)
})
process.stdin.on('error', () => undefined)
for (const event of ['end', 'close']) {
  process.stdin.on(event, () => {
    if (!released) void leave()
  })
}

async function open(given: SupervisorPlan): Promise<void> {
  plan = given
  const { folder } = given
  try {
    process.chdir(folder)
    const processes: Processes = { supervisor: identity(process.pid), servers: {} }
    save(processes)
    await openDisks(given, processes)
    for (const server of given.servers) {
      const onStart = (pid: number) => {
        processes.servers[server.name] = identity(pid)
        save(processes)
        tellLinks()
      }
      servers.set(server.name, new SupervisedServer(inside(server), onStart))
    }
    await listen()
    await Promise.all([
      openLinks(given, processes),
      ...given.servers.map(({ name, spare }) => (spare ? undefined : servers.get(name)?.start())),
    ])
    say({ ready: true })
  } catch (error) {
    const code = codeOf(error)
    say({ error: messageOf(error), ...(code === undefined ? {} : { code }) })
    await leave()
  }
}

async function openLinks(given: SupervisorPlan, processes: Processes): Promise<void> {
  if (!given.links) return
  links = new LinkChild(process.argv[2] ?? '', (lost) => say({ lost }))
  if (links.pid !== undefined) processes.links = identity(links.pid)
  save(processes)
  await links.open(given.links)
  tellLinks()
}

/** Where a node connects from need not tell which one it is: its process does. */
function tellLinks(): void {
  const pids = (plan?.servers ?? []).flatMap(({ name, node }) => {
    const pid = servers.get(name)?.pid
    return pid === undefined ? [] : [[node, pid]]
  })
  // Links that are gone have reported that already.
  links?.ask({ do: 'know', pids: Object.fromEntries(pids) }).catch(() => undefined)
}

async function openDisks(given: SupervisorPlan, processes: Processes): Promise<void> {
  if (!given.disks) return
  disks = new SupervisedDisks(given.disks)
  if (disks.pid !== undefined) processes.disks = identity(disks.pid)
  save(processes)
  await disks.open()
}

function inside(server: ServerPlan): ServerPlan {
  if (!disks) return server
  const [command, ...args] = disks.inside(server.command, server.args)
  return { ...server, command, args }
}

function say(message: Opening | Loss): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function identity(pid: number): ProcessId {
  // A process that has ended already needs no identity to be left alone by.
  return processId(pid) ?? { pid, startedAt: 'ended' }
}

/** Whole or not at all: it is what tells the processes of a run whose supervisor was killed. */
function save(processes: Processes): void {
  writeFileSync('processes.json.new', JSON.stringify(processes))
  renameSync('processes.json.new', 'processes.json')
}

function listen(): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      readJsonLines(socket, (request: Request) => void answer(request, socket))
    })
    server.once('error', reject)
    // Relative to the run's folder: paths of sockets are short.
    server.listen('control.sock', resolve)
  })
}

async function answer(request: Request, socket: Socket): Promise<void> {
  const reply: Reply = { id: request.id }
  try {
    Object.assign(reply, await perform(request))
  } catch (error) {
    reply.error = messageOf(error)
    const code = codeOf(error)
    if (code !== undefined) reply.code = code
  }
  const done = () => {
    if (request.action === 'remove') process.exit(0)
  }
  if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`, done)
  else done()
}

async function perform(request: Request): Promise<Partial<Reply>> {
  const { action, server: name = '', graceMs = 0, order, cpuShare, plan: replacing } = request
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
  if (action === 'replace' && replacing) await server.replace(inside(replacing))
  if (action === 'stop') await server.stop(graceMs)
  if (action === 'kill') await server.kill()
  if (action === 'pause') await server.pause()
  if (action === 'unpause') await server.unpause()
  if (action === 'start') await server.start()
  return {}
}

async function leave(): Promise<void> {
  await end()
  process.exit(0)
}

/** Ends all servers and removes the folder. Resolves to what went wrong, in words. */
function end(): Promise<string | undefined> {
  ending ??= endAll()
  return ending
}

async function endAll(): Promise<string | undefined> {
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
    return messageOf(error)
  }
}
