import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { readJournals } from '../../runner/faults/journal.ts'
import { DEFAULT_SERVER } from '../../runner/platforms/catalogue.ts'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import type { Platform, ServerGroup } from '../../runner/platforms/platform.ts'
import { ProcessPlatform } from '../../runner/platforms/process/process-platform.ts'
import { reportsFolder, runCli, startCli, testScenario } from '../support/cli.ts'
import { requireEngine } from '../support/docker.ts'
import { clusterFlags, type Lease, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { untilNothing } from '../support/traces.ts'

const PASSWORD = 'a-password-of-this-test'
const projectRoot = new URL('../..', import.meta.url).pathname

interface Place extends Lease {
  kind: 'docker' | 'process'
}

const DOCKER: Place = { kind: 'docker', ...(await leaseCluster()) }
const PROCESS: Place = { kind: 'process', ...(await leaseCluster()) }

function environmentFor(t: Test, place: Place) {
  const reports = reportsFolder(t)
  const temporary = join(reports, 't')
  mkdirSync(temporary)
  const uid = process.getuid?.() ?? 0
  const stateFolder = join(temporary, `redis-chaos-${uid}`)
  const platform: Platform =
    place.kind === 'docker'
      ? new DockerPlatform({ server: DEFAULT_SERVER, projectRoot })
      : new ProcessPlatform({ server: DEFAULT_SERVER, projectRoot, stateFolder })
  t.teardown(() => platform.close())
  const env = { TMPDIR: temporary, REDIS_CHAOS_PASSWORD: PASSWORD }
  const where = ['--platform', place.kind, ...clusterFlags(place)]
  return { reports, stateFolder, platform, env, where }
}

async function ask(place: Place, index: number, ...words: [string, ...string[]]): Promise<unknown> {
  const redis = new Redis({ host: '127.0.0.1', port: place.portBase + index, password: PASSWORD, retryStrategy: null })
  redis.on('error', () => undefined)
  try {
    return await redis.call(...words)
  } finally {
    redis.disconnect()
  }
}

/** What the group's servers and links still have that is wrong. */
async function wrongWith(group: ServerGroup, place: Place): Promise<string[]> {
  const states = await Promise.all(group.nodes.map(async ({ name }) => ({ name, ...(await group.state(name)) })))
  const down = states.filter(({ status }) => status !== 'running').map(({ name, text }) => `${name}: ${text}`)
  if (down.length > 0) return down
  const pairs = group.nodes.flatMap(({ name: from }) =>
    group.nodes.filter(({ name }) => name !== from).map(({ name: to }) => ({ from, to, channel: 'bus' as const })),
  )
  const answers = await group.network.probe(pairs, 2000)
  const policy = JSON.stringify(await ask(place, 4, 'CONFIG', 'GET', 'maxmemory-policy'))
  return [
    ...answers.filter(({ outcome }) => outcome !== 'open').map(({ from, to, outcome }) => `${from} > ${to} ${outcome}`),
    ...(policy.includes('noeviction') ? [] : [`maxmemory-policy is ${policy}`]),
  ]
}

async function keptAndKilled(t: Test, place: Place): Promise<void> {
  const { reports, stateFolder, platform, env, where } = environmentFor(t, place)
  const cli = startCli(t, ['run', testScenario('faults-left'), '--keep', ...where, '--reports', reports], env)
  await cli.until('✔ 6')
  const [entry] = readJournals(stateFolder)
  t.match(entry, { platform: place.kind, faults: [{ kind: 'partition' }, { kind: 'network' }, { kind: 'config' }] })
  const runId = entry?.runId ?? ''
  t.teardown(() => platform.removeRun(runId))
  const group = await platform.find(runId)
  if (!group) throw new Error('the run is not there')
  t.not((await wrongWith(group, place)).length, 0, 'faults bite before the runner is killed')
  cli.child.kill('SIGKILL')
  await cli.ended
  const look = async () => [
    ...(await wrongWith(group, place).catch((error: Error) => [error.message])),
    ...readJournals(stateFolder).map(({ runId }) => `journal of ${runId}`),
  ]
  t.same(await untilNothing(look, 60_000), [], 'the watchdog has healed it')
  t.ok(await platform.find(runId), 'and the cluster is still there')
  const again = await runCli(t, ['heal', '--run', runId], env)
  t.equal(again.code, 0, again.stdout + again.stderr)
  t.match(again.stdout, /There is nothing to heal/)
}

async function healedByHand(t: Test, place: Place): Promise<void> {
  const { platform, env, where } = environmentFor(t, place)
  const up = await runCli(t, ['cluster', 'up', ...where], env)
  t.equal(up.code, 0, up.stderr)
  const [run] = (await platform.runs()).filter(({ runId }) =>
    runId.startsWith(`cluster-${place.namePrefix.slice(0, -1)}-`),
  )
  if (!run) throw new Error('there is no run of the cluster')
  t.teardown(() => platform.removeRun(run.runId))
  const group = await platform.find(run.runId)
  if (!group) throw new Error('the cluster is not there')
  const id = String(await ask(place, 2, 'CLUSTER', 'MYID'))
  await ask(place, 0, 'CLUSTER', 'SETSLOT', '7', 'MIGRATING', id)
  await group.pause('redis-node3')
  await group.kill('redis-node5')

  const dry = await runCli(t, ['heal', '--dry-run', '--run', run.runId], env)
  t.equal(dry.code, 0, dry.stdout + dry.stderr)
  for (const seen of [/redis-node3/, /redis-node5/, /slot 7/]) t.match(dry.stdout, seen)
  t.equal((await group.state('redis-node3')).status, 'paused', 'a dry run changes nothing')

  const healed = await runCli(t, ['heal', '--run', run.runId], env)
  t.equal(healed.code, 0, healed.stdout + healed.stderr)
  for (const done of [/unpaused redis-node3/, /started redis-node5/, /slot 7/]) t.match(healed.stdout, done)
  t.notMatch(String(await ask(place, 0, 'CLUSTER', 'NODES')), /\[7->-/)
  const again = await runCli(t, ['heal', '--run', run.runId], env)
  t.match(again.stdout, /There is nothing to heal/)
  t.equal(again.code, 0)
}

for (const [name, play] of [
  ['the runner of a kept cluster is killed: its watchdog takes the faults away and leaves the servers', keptAndKilled],
  ['heal mends what it sees of a cluster, says so, and then finds nothing more', healedByHand],
] as const) {
  t.test(`${name} (docker)`, async (t) => {
    if (!(await requireEngine(t))) return
    await play(t, DOCKER)
  })
  t.test(`${name} (process)`, { skip: skipWithoutRedis() }, async (t) => {
    await play(t, PROCESS)
  })
}

t.test('a run that is not there is bad usage', async (t) => {
  const { code, stderr } = await runCli(t, ['heal', '--run', 'no-such-run'])
  t.equal(code, 2)
  t.match(stderr, /nothing is left of a run `no-such-run`/)
})
