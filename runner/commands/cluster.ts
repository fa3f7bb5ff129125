import { createHash } from 'node:crypto'
import { systemClock } from '../base/clock.ts'
import { typed } from '../base/command-line.ts'
import { formatDuration } from '../base/duration.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { nearestWord } from '../base/nearest.ts'
import { nodesProblem } from '../cluster/form.ts'
import { healthProblems } from '../cluster/health.ts'
import { learnShards } from '../cluster/learn-shards.ts'
import { nodeCount, type Topology } from '../cluster/topology.ts'
import { formServers } from '../engine/form-servers.ts'
import { DEFAULT_CONFIG } from '../engine/set-up.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { Platform, ServerGroup } from '../platforms/platform.ts'
import { waitUntilAnswering } from './cluster/answering.ts'
import { cleanRun, keptRuns, showRun } from './cluster/kept-runs.ts'
import { printStatus } from './cluster/status.ts'
import { groupLines } from './cluster/status-table.ts'
import { talkTo } from './cluster/talk-to.ts'
import { topologyFlags, topologyOf } from './cluster/topology-flags.ts'
import { withCluster } from './cluster/with-cluster.ts'
import { type ClusterSettings, checkPortsFit, clusterFlags, clusterSettings } from './cluster-flags.ts'
import type { Command, CommandContext, Output } from './command.ts'
import type { Flags, ParsedLine } from './flags.ts'
import { openPlatforms, platformChoice, platformFlags } from './open-platform.ts'

const FORM_WITHIN_MS = 30_000
const STOP_GRACE_MS = 10_000

const flags: Flags = {
  ...platformFlags,
  ...clusterFlags,
  ...topologyFlags,
  run: {
    type: 'string',
    value: 'ID',
    help: 'with `clean` and `status`: this run, whatever made it and wherever it is',
  },
}

interface Job {
  platform: Platform
  settings: ClusterSettings
  topology: Topology
  /** The cluster's label. One for each name prefix: clusters side by side differ in it. */
  runId: string
  /** Another command on this very cluster, as it is typed. */
  command(action: string): string
  onLeaving: CommandContext['onLeaving']
  out: Output
  signal: AbortSignal
}

const ACTIONS: Record<string, { help: string; run(job: Job): Promise<number> }> = {
  build: { help: 'make the image redis-cluster', run: build },
  run: { help: 'create and start the servers', run },
  form: { help: 'make them a cluster, and print masters and replication groups', run: form },
  up: { help: 'build, run and form', run: up },
  status: { help: 'show the nodes, and what is unhealthy and why', run: status },
  stop: { help: 'stop the servers; their data stays', run: stop },
  start: { help: 'start stopped servers', run: start },
  clean: { help: 'remove all that was made', run: clean },
}

export const cluster: Command = {
  usage: `cluster ${Object.keys(ACTIONS).join(' | ')} [flags]`,
  details: Object.entries(ACTIONS).map(([name, { help }]) => `  ${name.padEnd(7)} ${help}`),
  flags,
  async run(line, { out, signal, onLeaving }) {
    const [name, ...rest] = line.positionals
    const action = actionNamed(name, rest)
    const one = line.text('run')
    if (one !== undefined && name === 'clean') return await cleanRun(one, out)
    if (one !== undefined && name === 'status') return await showRun(one, out)
    if (one !== undefined) throw new UsageError('--run goes with `cluster clean` and `cluster status`')
    const settings = clusterSettings(line)
    const topology = topologyOf(line)
    checkPortsFit(topology, settings.portBase)
    const platform = await onePlatform(line, out)
    const runId = runIdOf(settings.namePrefix)
    const command = (name: string) => commandLine(name, line, platform)
    try {
      return await action.run({ platform, settings, topology, runId, command, onLeaving, out, signal })
    } catch (error) {
      if (signal.aborted && (await platform.find(runId)))
        out.progress(`Servers are left. Remove them: ${command('clean')}`)
      throw error
    } finally {
      onLeaving(undefined)
      await platform.close()
    }
  },
}

/** A prefix may hold what a run id may not: its hash keeps prefixes apart that would look the same. */
function runIdOf(namePrefix: string): string {
  const readable = namePrefix
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return `cluster-${readable}-${createHash('sha256').update(namePrefix).digest('hex').slice(0, 6)}`
}

/** The flags that say which cluster is meant, and where it is, go with every command about it. */
function commandLine(action: string, line: ParsedLine, platform: Platform): string {
  const given = ['platform', 'server', 'name-prefix', 'port-base'].flatMap((flag) => {
    // An engine that answers later would change what `auto` stands for.
    const chosen = flag === 'platform' && platform.kind === 'process' ? 'process' : undefined
    const value = line.text(flag) ?? chosen
    return value === undefined ? [] : [`--${flag} ${value}`]
  })
  return typed('cluster', [action], given)
}

async function onePlatform(line: ParsedLine, out: Output): Promise<Platform> {
  const choice = await platformChoice(line)
  const [platform, second] = await openPlatforms(choice, (text) => out.progress(text))
  if (!platform || second) throw new UsageError('a cluster runs one server: name one with --server')
  return platform
}

function actionNamed(name: string | undefined, rest: readonly string[]): (typeof ACTIONS)[string] {
  const known = Object.keys(ACTIONS)
  if (name === undefined) throw new UsageError(`say what to do with the cluster: ${known.join(', ')}`)
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
  if (!action) {
    const similar = nearestWord(name, known)
    throw new UsageError(
      `there is no \`cluster ${name}\`${similar === undefined ? ';' : `; did you mean \`${similar}\`?`} there are ${known.join(', ')}`,
    )
  }
  if (rest.length > 0) throw new UsageError(`\`cluster ${name}\` takes flags only, not \`${rest.join(' ')}\``)
  return action
}

async function build({ platform, out, signal }: Job): Promise<number> {
  out.progress(await platform.probe())
  const server = await platform.prepare((text) => out.progress(text), signal)
  out.print(`The server is ready: ${server}`)
  return EXIT.passed
}

async function run(job: Job): Promise<number> {
  const { platform, settings, topology, runId, command, out, signal } = job
  job.onLeaving(() => `Servers may be left. Remove them: ${command('clean')}`)
  if (await platform.find(runId)) {
    throw new PlatformError(`there is a cluster already (${settings.namePrefix}0 and on)`, {
      hint: `See it with \`${command('status')}\`, remove it with \`${command('clean')}\`, or make another with --name-prefix and --port-base.`,
    })
  }
  await platform.prepare((text) => out.progress(text), signal)
  const group = await platform.create(
    {
      runId,
      purpose: `\`${typed('cluster')}\``,
      namePrefix: settings.namePrefix,
      portBase: settings.portBase,
      nodes: nodeCount(topology),
      password: settings.password,
      settings: { ...DEFAULT_CONFIG, ...settings.config },
      allowed: settings.allowed,
      outlivesRunner: true,
    },
    (text) => out.progress(text),
    signal,
  )
  const last = settings.portBase + group.nodes.length - 1
  out.print(`${group.nodes.length} servers are running at localhost:${settings.portBase}-${last}`)
  return EXIT.passed
}

async function form(job: Job): Promise<number> {
  const { topology, out, signal } = job
  const group = await existing(job)
  const problem = nodesProblem(group.nodes.length, topology)
  if (problem !== undefined) {
    throw new UsageError(`${problem}. Give --shards and --replicas as for \`cluster run\``)
  }
  return await withCluster(group, async (live) => {
    await waitUntilAnswering(live, group, { clock: systemClock, signal: job.signal })
    await learnShards(live)
    const before = await live.look()
    if (healthProblems(before, { nodes: live.nodes.map(({ name }) => name) }).length === 0) {
      out.print(['The cluster is formed already.', ...groupLines(live, before)].join('\n'))
      return EXIT.passed
    }
    const startMs = systemClock.nowMs()
    await formServers(live, group, topology, {
      clock: systemClock,
      signal,
      timeoutMs: FORM_WITHIN_MS,
      progress: (text) => out.progress(text),
    })
    const took = formatDuration(systemClock.nowMs() - startMs)
    out.print([`The cluster is formed and healthy, after ${took}.`, ...groupLines(live, await live.look())].join('\n'))
    return EXIT.passed
  })
}

async function up(job: Job): Promise<number> {
  const { out } = job
  await build(job)
  await run(job)
  await form(job)
  out.print(
    [
      `Try: ${talkTo(await existing(job))} get a`,
      `See it with \`${job.command('status')}\`; remove it with \`${job.command('clean')}\`.`,
    ].join('\n'),
  )
  return EXIT.passed
}

async function status(job: Job): Promise<number> {
  return await printStatus(await existing(job), job.out)
}

async function stop(job: Job): Promise<number> {
  const group = await existing(job)
  const stopped = await Promise.all(
    group.nodes.map(async ({ name }) => {
      const state = await group.state(name)
      if (state.status === 'paused') await group.unpause(name)
      if (state.status === 'running' || state.status === 'paused') await group.stop(name, STOP_GRACE_MS)
      return name
    }),
  )
  job.out.print(`stopped: ${stopped.join(', ')}. Start them again with \`${job.command('start')}\`.`)
  return EXIT.passed
}

async function start(job: Job): Promise<number> {
  const group = await existing(job)
  await Promise.all(
    group.nodes.map(async ({ name }) => {
      const state = await group.state(name)
      if (state.status === 'paused') await group.unpause(name)
      if (state.status === 'stopped') await group.start(name)
    }),
  )
  await withCluster(group, (live) => waitUntilAnswering(live, group, { clock: systemClock, signal: job.signal }))
  job.out.print(`started: ${group.nodes.map(({ name }) => name).join(', ')}`)
  return EXIT.passed
}

async function clean({ platform, runId, out }: Job): Promise<number> {
  const removed = await platform.removeRun(runId)
  out.print(
    removed.length === 0
      ? `There was nothing to remove on platform ${platform.kind} (--platform names another).`
      : `removed: ${removed.join(', ')}`,
  )
  for (const other of await keptRuns()) out.print(other)
  return EXIT.passed
}

async function existing({ platform, runId, settings, command }: Job): Promise<ServerGroup> {
  const group = await platform.find(runId)
  if (group) return group
  throw new PlatformError(`there is no cluster with the name prefix ${settings.namePrefix}`, {
    hint: [`Make one with \`${command('up')}\`.`, ...(await keptRuns())].join('\n'),
  })
}
