import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { lookAt } from '../../runner/platforms/process-id.ts'
import { readEvents } from '../../runner/record/event-log.ts'
import { lastReport, reportsFolder, runCli, startCli } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const root = path.join(import.meta.dirname, '../..')
const FAKE = path.join(root, 'test/workload/drivers/fake-driver.mjs')
const GONE_WITHIN_MS = 20_000

/** A folder with a scenario whose load goes through a driver beside it; resolves to the scenario. */
function scenarioWith(t: Test, args: string, driver: string | undefined, steps = '  - wait: 2s'): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-drivers-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const program = path.join(folder, 'my-driver')
  if (driver === undefined) copyFileSync(FAKE, `${program}.mjs`)
  else writeFileSync(program, driver)
  const name = driver === undefined ? './my-driver.mjs' : './my-driver'
  chmodSync(path.join(folder, name), 0o755)
  const file = path.join(folder, 'mine.yaml')
  const load = `{ type: register, rate: 100/s, client: { command: [${name}${args}] } }`
  writeFileSync(
    file,
    `title: Mine\nworkloads:\n  checkout: ${load}\nsteps:\n${steps}\nchecks:\n  checkout: { lost_writes: 0 }\n`,
  )
  return file
}

async function where(): Promise<string[]> {
  return ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--allow', 'commands']
}

function skipWithoutRedisPy(): string | false {
  const { status } = spawnSync('python3', ['-c', 'import redis.cluster'], { stdio: 'ignore' })
  return status === 0 ? skipWithoutRedis() : 'no python3 with redis-py on this machine'
}

/** The driver that does not obey, and its child. */
function childrenIn(folder: string): number[] {
  const log = readFileSync(path.join(folder, 'history', 'checkout.driver.log'), 'utf8')
  return (/children (\d+) (\d+)/.exec(log)?.slice(1) ?? []).map(Number)
}

async function untilGone(pids: readonly number[]): Promise<void> {
  const deadline = Date.now() + GONE_WITHIN_MS
  while (pids.some((pid) => lookAt(pid) !== undefined)) {
    if (Date.now() > deadline) throw new Error(`one of ${pids.join(', ')} is still there`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

t.test('a scenario alone starts no program', async (t) => {
  const file = scenarioWith(t, '', undefined)
  const { code, stdout, stderr } = await runCli(t, ['validate', file])
  t.equal(code, 2, stdout + stderr)
  t.match(stdout + stderr, /may start no program of this machine.*`--allow commands`/)
  t.equal((await runCli(t, ['validate', file, '--allow', 'commands'])).code, 0)
})

t.test('the driver of the documentation carries a load', { skip: skipWithoutRedisPy() }, async (t) => {
  const page = readFileSync(path.join(root, 'docs/drivers.md'), 'utf8')
  const example = /^```python\n(.*?)^```$/ms.exec(page)?.[1] ?? ''
  t.ok(example.split('\n').length <= 42, 'it is short')
  const file = scenarioWith(t, '', example)
  writeFileSync(file, /^```yaml\n(title: .*?)^```$/ms.exec(page)?.[1] ?? '')
  const reports = reportsFolder(t)
  const { code, stdout, stderr } = await runCli(t, ['run', file, ...(await where()), '--reports', reports])
  t.equal(code, 0, stdout + stderr)
  const [check] = lastReport(reports).scenarios[0]?.checks ?? []
  t.match(check, { name: 'lost_writes', verdict: 'passed' })
  const events = readEvents(path.join(reports, 'latest', 'events.jsonl'))
  t.match(
    events.find(({ type }) => type === 'driver-ready'),
    { workload: 'checkout', name: 'redis-py', can: ['replica-reads'] },
  )
})

t.test(
  'a driver that misbehaves makes a run inconclusive, and fails nothing',
  { skip: skipWithoutRedis() },
  async (t) => {
    const file = scenarioWith(t, ', dying', undefined)
    const reports = reportsFolder(t)
    const { code, stdout, stderr } = await runCli(t, ['run', file, ...(await where()), '--reports', reports])
    t.equal(code, 3, stdout + stderr)
    const [scenario] = lastReport(reports).scenarios
    t.equal(scenario?.verdict, 'inconclusive')
    t.match(
      scenario?.reason,
      /^audit, evidence: The client driver of checkout \(fake 1\.2\) ended with exit code 7, at /,
    )
    t.match(stdout, /out of luck/)
    t.match(scenario?.clients, [{ client: './my-driver.mjs dying', library: 'fake', version: '1.2' }])
    const left = ['validate', path.join(reports, 'latest', 'scenario.yaml'), '--allow', 'commands']
    const alone = await runCli(t, left)
    t.equal(alone.code, 2, 'what the run left has no driver beside it')
    t.match(alone.stderr, /or that of --programs/)
    t.equal((await runCli(t, [...left, '--programs', path.dirname(file)])).code, 0)
  },
)

t.test('a driver that never began gives no verdict', { skip: skipWithoutRedis() }, async (t) => {
  const file = scenarioWith(t, ', newer', undefined)
  const { code, stdout, stderr } = await runCli(t, ['run', file, ...(await where()), '--reports', reportsFolder(t)])
  t.equal(code, 3, stdout + stderr)
  t.match(stdout, /speaks protocol 2, and this redis-chaos speaks 1/)
})

t.test('a driver that obeys nobody ends with the run', { skip: skipWithoutRedis() }, async (t) => {
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    await t.test(signal, async (t) => {
      const file = scenarioWith(t, ', deaf', undefined, '  - wait: 10m')
      const reports = reportsFolder(t)
      const cli = startCli(t, ['run', file, ...(await where()), '--reports', reports])
      await cli.until('1 wait')
      const pids = childrenIn(path.join(reports, 'latest'))
      t.equal(pids.length, 2)
      t.ok(pids.every((pid) => lookAt(pid) !== undefined))
      cli.child.kill(signal)
      const { code } = await cli.ended
      t.equal(code, signal === 'SIGINT' ? 130 : null)
      await untilGone(pids)
    })
  }
})
