import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Docker, { type ContainerInspectInfo } from 'dockerode'
import t, { type Test } from 'tap'
import { GUEST_LABEL, RUN_LABEL } from '../../runner/platforms/docker/labels.ts'
import { readEvents } from '../../runner/record/event-log.ts'
import { filesWith, lastReport, reportsFolder, runCli, startCli } from '../support/cli.ts'
import { requireEngine } from '../support/docker.ts'
import { guestImage, INSIDE } from '../support/guest-image.ts'
import { clusterFlags, type Lease, leaseCluster } from '../support/lease.ts'
import { leftovers } from '../support/leftovers.ts'

const PASSWORD = 'tell-nobody-inside'
const GONE_WITHIN_MS = 40_000

/** A file with a scenario of two masters. */
function scenarioWith(t: Test, text: string, steps = '  - wait: 1s'): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-images-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'mine.yaml')
  writeFileSync(file, `title: Mine\ncluster: { shards: 2, replicas: 1 }\n${text}\nsteps:\n${steps}\n`)
  return file
}

function load(image: string, command: string): string {
  return `{ type: register, rate: 100/s, client: { image: '${image}', command: [${command}] } }`
}

function onDocker(lease: Lease, reports: string): string[] {
  return ['--platform', 'docker', ...clusterFlags(lease), '--reports', reports, '--allow', 'commands']
}

async function guestsOf(runId: string): Promise<ContainerInspectInfo[]> {
  const docker = new Docker()
  const label = [`${RUN_LABEL}=${runId}`, `${GUEST_LABEL}=yes`]
  const found = await docker.listContainers({ all: true, filters: JSON.stringify({ label }) })
  return await Promise.all(found.map(({ Id }) => docker.getContainer(Id).inspect()))
}

async function untilNothing(look: () => Promise<readonly unknown[]>): Promise<void> {
  const deadline = Date.now() + GONE_WITHIN_MS
  for (let left = await look(); left.length > 0; left = await look()) {
    if (Date.now() > deadline) throw new Error(`still there after ${GONE_WITHIN_MS / 1000} s: ${left.join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

t.test('programs in images beside the servers', async (t) => {
  if (!(await requireEngine(t))) return
  const image = await guestImage(t)

  await t.test('a client and an application, through a failover', async (t) => {
    const workloads = `workloads:\n  checkout: ${load(image, INSIDE.ioredisDriver)}\n  told: ${load(image, INSIDE.fakeDriver)}`
    const apps = `apps:\n  shop: { image: '${image}', command: [${INSIDE.shop}], ready: /health, workload: http }`
    // That of the driver which keeps everything to itself.
    const audit = 'audit: { lost_writes: allowed }'
    const checks = `checks:\n  checkout: { lost_writes: 0, longest_outage: 10s }\n  shop: { longest_outage: 10s, lost_writes: 0, throughput: 50/s }\n${audit}`
    const steps = ['  - wait: 1s', '  - failover: replica of shard 1', '  - wait: 1s'].join('\n')
    const [lease, reports] = [await leaseCluster(), reportsFolder(t)]
    const file = scenarioWith(t, `${workloads}\n${apps}\n${checks}`, steps)
    const env = { REDIS_CHAOS_PASSWORD: PASSWORD }
    const { code, stdout, stderr } = await runCli(t, ['run', file, ...onDocker(lease, reports)], env)
    t.equal(code, 0, stdout + stderr)
    const folder = path.join(reports, 'latest')
    const ready = readEvents(path.join(folder, 'events.jsonl')).filter(({ type }) => type === 'driver-ready')
    t.match(
      ready.find((event) => 'workload' in event && event.workload === 'checkout'),
      { name: 'ioredis' },
    )
    const told = readFileSync(path.join(folder, 'history', 'told.driver.log'), 'utf8')
    const nodes = JSON.parse(/^started (.*)$/m.exec(told)?.[1] ?? '{}').nodes
    t.equal(nodes?.length, 4)
    for (const { host, port, peer } of nodes ?? []) {
      t.same({ host, port }, peer, 'a driver is told what it can reach from where it is')
      t.notMatch(host, /^(localhost|127\.)/)
    }
    const log = readFileSync(path.join(folder, 'nodes', 'apps', 'shop.log'), 'utf8')
    t.match(log, /^\S+Z listening on 0\.0\.0\.0:8080$/m)
    t.match(log, /^\S+Z closing$/m, 'it was ended in good order')
    t.strictSame(filesWith(reports, PASSWORD), [])
    t.same(await leftovers(lease.namePrefix, lastReport(reports).runId), [])
  })

  await t.test('a client that dies is told with its last words, and voids the run', async (t) => {
    const [lease, reports] = [await leaseCluster(), reportsFolder(t)]
    const dying = `${INSIDE.fakeDriver}, dying`
    const file = scenarioWith(t, `workloads: { checkout: ${load(image, dying)} }`)
    const { code, stdout, stderr } = await runCli(t, ['run', file, ...onDocker(lease, reports)])
    t.equal(code, 3, stdout + stderr)
    const [scenario] = lastReport(reports).scenarios
    t.match(
      scenario?.reason,
      /^audit, evidence: The client driver of checkout \(fake 1\.2\) ended with exit code 7, at /,
    )
    t.match(stdout, /out of luck/)
  })

  await t.test('a client that closes its stdout and lives on is told from one that hangs', async (t) => {
    const ways = {
      'mute-later': /driver of checkout \(fake 1\.2\) was found to have closed its stdout, at /,
      hanging: /driver of checkout \(fake 1\.2\) answered nothing any more from /,
    }
    for (const [manner, told] of Object.entries(ways)) {
      const [lease, reports] = [await leaseCluster(), reportsFolder(t)]
      const load = `{ type: register, rate: 100/s, timeout: 500ms, client: { image: '${image}', command: [${INSIDE.fakeDriver}, ${manner}] } }`
      const checks = 'checks: { checkout: { stuck_clients: { at_most: 0, after: 2s } } }'
      const file = scenarioWith(t, `workloads: { checkout: ${load} }\n${checks}`, '  - wait: 7s')
      const { code, stdout, stderr } = await runCli(t, ['run', file, ...onDocker(lease, reports)])
      t.equal(code, manner === 'hanging' ? 1 : 3, stdout + stderr)
      t.match(stdout, told)
      t.same(await leftovers(lease.namePrefix, lastReport(reports).runId), [])
    }
  })

  await t.test('what cannot begin says why', async (t) => {
    const cases = [
      {
        text: `workloads: { checkout: ${load(image, '/no-such-driver.mjs')} }`,
        told: /image \S+ \/no-such-driver\.mjs ended with exit code 1; it said: .*Node\.js v/,
      },
      {
        text: `workloads: { checkout: ${load(image, `${INSIDE.fakeDriver}, newer`)} }`,
        told: /speaks protocol 2, and this redis-chaos speaks 1/,
      },
      {
        text: `apps: { shop: { image: '${image}', command: [${INSIDE.fakeApp}, unwilling] } }`,
        told: /the application shop ended with exit code 3 before it was ready; it said: no luck/,
      },
    ]
    for (const { text, told } of cases) {
      const [lease, reports] = [await leaseCluster(), reportsFolder(t)]
      const { code, stdout } = await runCli(t, ['run', scenarioWith(t, text), ...onDocker(lease, reports)])
      t.equal(code, 3, stdout)
      t.match(lastReport(reports).scenarios[0]?.reason, told)
      t.same(await leftovers(lease.namePrefix, lastReport(reports).runId), [])
    }
  })

  const deaf = [
    `workloads: { checkout: ${load(image, `${INSIDE.fakeDriver}, deaf`)} }`,
    `apps: { shop: { image: '${image}', command: [${INSIDE.fakeApp}, deaf] } }`,
  ].join('\n')

  await t.test('what obeys nobody ends with the run', async (t) => {
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      await t.test(signal, async (t) => {
        const [lease, reports] = [await leaseCluster(), reportsFolder(t)]
        const cli = startCli(t, ['run', scenarioWith(t, deaf, '  - wait: 10m'), ...onDocker(lease, reports)])
        await cli.until('1 wait')
        const { runId } = runStarted(reports)
        const guests = await guestsOf(runId)
        t.equal(guests.length, 2)
        for (const { HostConfig, NetworkSettings } of guests) {
          t.match(HostConfig, { Privileged: false, SecurityOpt: ['no-new-privileges'] })
          t.same(Object.keys(NetworkSettings.Networks), [`redis-chaos-${runId}`])
          const published = Object.values(NetworkSettings.Ports).flatMap((ports) => ports ?? [])
          t.ok(
            published.every(({ HostIp }) => HostIp === '127.0.0.1'),
            'nothing is published beyond the loopback',
          )
        }
        cli.child.kill(signal)
        t.equal((await cli.ended).code, signal === 'SIGINT' ? 130 : null)
        await untilNothing(() => leftovers(lease.namePrefix, runId))
      })
    }
  })

  await t.test('servers that are kept are left alone, also by a runner that was killed', async (t) => {
    const [lease, reports] = [await leaseCluster(), reportsFolder(t)]
    const args = ['run', scenarioWith(t, deaf, '  - wait: 10m'), ...onDocker(lease, reports), '--keep']
    const cli = startCli(t, args)
    await cli.until('1 wait')
    const { runId } = runStarted(reports)
    t.teardown(() => runCli(t, ['cluster', 'clean', '--run', runId, '--platform', 'docker']))
    cli.child.kill('SIGKILL')
    await cli.ended
    await untilNothing(() => guestsOf(runId))
    t.equal((await leftovers(lease.namePrefix, runId)).length, 5, 'four nodes and their network')
  })

  await t.test('an image that is nowhere is named, before anything is made', async (t) => {
    const [lease, reports] = [await leaseCluster(), reportsFolder(t)]
    const none = 'redis-chaos-test-none/app:1'
    for (const text of [`workloads: { checkout: ${load(none, 'x')} }`, `apps: { shop: { image: '${none}' } }`]) {
      for (const dry of [[], ['--dry-run']]) {
        const args = ['run', scenarioWith(t, text), ...onDocker(lease, reports), ...dry]
        const { code, stderr } = await runCli(t, args)
        t.equal(code, 2, stderr)
        t.match(
          stderr,
          /cannot be run: image redis-chaos-test-none\/app:1 is not on this engine and could not be pulled/,
        )
        t.match(stderr, /docker build -t redis-chaos-test-none\/app:1/)
      }
    }
    t.throws(() => lastReport(reports), 'no run was begun')
  })
})

/** What the log of a run that is under way says first. */
function runStarted(reports: string): { runId: string } {
  const [first] = readEvents(path.join(reports, 'latest', 'events.jsonl'))
  if (first?.type !== 'run-started') throw new Error('the run has not begun')
  return first
}

t.test('an image is refused where it cannot be run', async (t) => {
  const apps = "apps: { shop: { image: 'my/shop' } }"
  const reports = reportsFolder(t)
  const played = async (text: string, more: readonly string[], env: Record<string, string> = {}) =>
    await runCli(t, ['run', scenarioWith(t, text), '--reports', reports, ...more], env)
  const nowhere = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' }
  const allowed = ['--allow', 'commands']

  const unallowed = await played(apps, ['--platform', 'docker'])
  t.equal(unallowed.code, 2)
  t.match(unallowed.stderr, /a scenario may run no image, as `my\/shop` is; .*`--allow commands`/s)

  const asProcesses = await played(apps, ['--platform', 'process', ...allowed])
  t.equal(asProcesses.code, 2)
  t.match(asProcesses.stderr, /the application shop in mine is image my\/shop, which can be run on Docker alone/)

  const without = await played(apps, ['--platform', 'docker', ...allowed], nowhere)
  t.equal(without.code, 2)
  t.match(without.stderr, /image my\/shop needs a Docker engine, and no Docker engine answers at unix:/)

  const chosen = await played(apps, allowed, nowhere)
  t.equal(chosen.code, 2)
  t.match(chosen.stderr, /platform process: no Docker engine answers.*which can be run on Docker alone/s)

  const client = await played("workloads: { checkout: { type: register, client: { image: 'my/driver' } } }", [
    ...['--platform', 'process'],
    ...allowed,
  ])
  t.equal(client.code, 2)
  t.match(client.stderr, /the client of checkout in mine is image my\/driver, which can be run on Docker alone/)

  const elsewhere = await played(`requires: { platform: docker }\n${apps}`, ['--platform', 'process', ...allowed])
  t.match(elsewhere.stdout, /skipped/)
})
