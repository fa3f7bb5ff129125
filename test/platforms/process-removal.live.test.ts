import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { removeStale } from '../../runner/platforms/process/removal.ts'
import { processId } from '../../runner/platforms/process-id.ts'
import { groupSpec } from '../support/group-spec.ts'
import {
  alive,
  answers,
  ask,
  newStateFolder,
  platformIn,
  processesOf,
  spawnRunner,
  startRunner,
  untilEmpty,
  untilSupervisorEnded,
  waitUntilGone,
} from './process-groups.ts'

/** What `ask` throws, as soon as it does; undefined if it has not `withinMs`. */
async function rejection(ask: () => Promise<unknown>, withinMs: number): Promise<unknown> {
  const deadlineMs = performance.now() + withinMs
  while (performance.now() < deadlineMs) {
    try {
      await ask()
    } catch (error) {
      return error
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return undefined
}

t.test('a runner that is killed takes its servers with it', async (t) => {
  const stateFolder = newStateFolder(t)
  const wanted = await groupSpec({ nodes: 3 })
  const runner = await startRunner(stateFolder, wanted)
  const processes = processesOf(stateFolder, wanted.runId)
  t.equal(alive(processes).length, 4)
  runner.kill('SIGKILL')
  await once(runner, 'exit')
  await t.resolves(waitUntilGone(stateFolder, processes, 5_000))
  t.notMatch(execFileSync('ps', ['-ww', '-eo', 'args'], { encoding: 'utf8' }), wanted.namePrefix)
})

t.test('a runner that is killed while it makes its files takes them with it', async (t) => {
  for (const beforeKillMs of [0, 1, 3, 8, 15]) {
    const stateFolder = newStateFolder(t)
    const runner = spawnRunner(stateFolder, await groupSpec())
    while (readdirSync(stateFolder).length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await new Promise((resolve) => setTimeout(resolve, beforeKillMs))
    runner.kill('SIGKILL')
    await once(runner, 'exit')
    await t.resolves(untilEmpty(stateFolder, 10_000), `${beforeKillMs} ms after its folder is there`)
  }
})

t.test('a folder of the same name that another program made stays', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  const wanted = await groupSpec()
  const record = { runId: wanted.runId, purpose: 'another', runner: processId(process.ppid), kept: false, nodes: [] }
  mkdirSync(join(stateFolder, wanted.runId))
  writeFileSync(join(stateFolder, wanted.runId, 'run.json'), JSON.stringify(record))
  await t.rejects(
    platform.create(wanted, () => undefined),
    { name: 'ConflictError' },
  )
  t.same(readdirSync(stateFolder), [wanted.runId])
  t.same(readdirSync(join(stateFolder, wanted.runId)), ['run.json'])
  await platform.close()
})

t.test('servers of which the list is damaged go too', async (t) => {
  for (const text of ['[', '{"supervisor":{"pid":-1,"startedAt":""},"servers":{}}']) {
    const stateFolder = newStateFolder(t)
    const wanted = await groupSpec({ nodes: 2, outlivesRunner: true })
    const runner = await startRunner(stateFolder, wanted)
    const processes = processesOf(stateFolder, wanted.runId)
    runner.kill('SIGKILL')
    await once(runner, 'exit')
    writeFileSync(join(stateFolder, wanted.runId, 'processes.json'), text)
    await removeStale(stateFolder)
    await t.resolves(waitUntilGone(stateFolder, processes, 5_000), text)
  }
})

t.test('a paused server goes too', async (t) => {
  const stateFolder = newStateFolder(t)
  const wanted = await groupSpec()
  const runner = await startRunner(stateFolder, wanted)
  const processes = processesOf(stateFolder, wanted.runId)
  const platform = platformIn(stateFolder)
  await (await platform.find(wanted.runId))?.pause('redis-node0')
  runner.kill('SIGKILL')
  await t.resolves(waitUntilGone(stateFolder, processes, 5_000))
  await platform.close()
})

t.test('a group that is to outlive its runner does, and is found', async (t) => {
  const stateFolder = newStateFolder(t)
  const wanted = await groupSpec({ outlivesRunner: true })
  const runner = await startRunner(stateFolder, wanted)
  const processes = processesOf(stateFolder, wanted.runId)
  runner.kill('SIGKILL')
  await once(runner, 'exit')
  t.same(await removeStale(stateFolder), [], 'it is not stale')
  t.equal(await ask(wanted.portBase, 'PING'), 'PONG')

  const platform = platformIn(stateFolder)
  t.teardown(() => platform.close())
  const group = await platform.find(wanted.runId)
  await group?.stop('redis-node1', 5_000)
  t.match(await group?.state('redis-node1'), { exitCode: 0 })

  const [program = '', ...args] = platform.removalCommand(wanted.runId).split(' ')
  t.equal(program, 'kill')
  execFileSync(program, args)
  await t.resolves(waitUntilGone(stateFolder, processes, 5_000))
  execFileSync('/bin/sh', ['-c', platform.removalCommand(wanted.runId)])
})

t.test('a supervisor that is killed', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  t.teardown(() => platform.close())

  await t.test('its runner hears of it, and removes what is left', async (t) => {
    const wanted = await groupSpec()
    t.teardown(() => platform.removeRun(wanted.runId))
    const group = await platform.create(wanted, () => undefined)
    const processes = processesOf(stateFolder, wanted.runId)
    process.kill(processes.supervisor.pid, 'SIGKILL')
    await untilSupervisorEnded(processes)
    t.equal(alive(processes).length, 2, 'the servers live on')
    await t.rejects(group.stop('redis-node0', 1_000), {
      message: /could not stop redis-node0: the supervisor .* is gone/,
    })
    // The system tells of a child's end when its last thread is gone, which is after its sockets are.
    const found = await rejection(() => platform.probe(), 5_000)
    t.match(found, { name: 'PlatformError', message: /the supervisor of .* is gone/ })
    t.same(await removeStale(stateFolder), [], 'not while its runner lives')
    await group.remove()
    await t.resolves(waitUntilGone(stateFolder, processes, 100))
  })

  await t.test('with its runner: the next run finds and removes the servers', async (t) => {
    const wanted = await groupSpec()
    t.teardown(() => platform.removeRun(wanted.runId))
    const runner = await startRunner(stateFolder, wanted)
    const processes = processesOf(stateFolder, wanted.runId)
    process.kill(processes.supervisor.pid, 'SIGKILL')
    runner.kill('SIGKILL')
    await once(runner, 'exit')
    await untilSupervisorEnded(processes)
    t.ok(await answers(wanted.portBase, 5_000), 'the servers live on')
    const said: string[] = []
    const next = await groupSpec({ portBase: wanted.portBase })
    const group = await platform.create(next, (text) => said.push(text))
    t.match(said, [
      `removed what a dead run left: process ${wanted.namePrefix}0`,
      `removed what a dead run left: process ${wanted.namePrefix}1`,
      `removed what a dead run left: folder ${join(stateFolder, wanted.runId)}`,
    ])
    t.same(alive(processes), [])
    await group.remove()
  })

  await t.test('by hand: the removal command without a supervisor', async (t) => {
    const wanted = await groupSpec()
    t.teardown(() => platform.removeRun(wanted.runId))
    const group = await platform.create(wanted, () => undefined)
    const processes = processesOf(stateFolder, wanted.runId)
    process.kill(processes.supervisor.pid, 'SIGKILL')
    await untilSupervisorEnded(processes)
    execFileSync('/bin/sh', ['-c', platform.removalCommand(wanted.runId)])
    await t.resolves(waitUntilGone(stateFolder, processes, 10_000))
    await group.remove()
  })
})

t.test('a process that only has the pid of a dead server is left alone', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  const wanted = await groupSpec()
  t.teardown(() => platform.removeRun(wanted.runId))
  const runner = await startRunner(stateFolder, wanted)
  const processes = processesOf(stateFolder, wanted.runId)
  process.kill(processes.supervisor.pid, 'SIGKILL')
  runner.kill('SIGKILL')
  await once(runner, 'exit')
  await untilSupervisorEnded(processes)
  const file = join(stateFolder, wanted.runId, 'processes.json')
  const recorded = JSON.parse(readFileSync(file, 'utf8'))
  recorded.servers[`${wanted.namePrefix}0`] = { pid: process.pid, startedAt: 'another boot:1' }
  writeFileSync(file, JSON.stringify(recorded))
  t.same(await removeStale(stateFolder), [`process ${wanted.namePrefix}1`, `folder ${join(stateFolder, wanted.runId)}`])
  t.ok(process.pid, 'this test is alive')
  process.kill(processes.servers[`${wanted.namePrefix}0`]?.pid ?? 0, 'SIGKILL')
  await platform.close()
})

t.test('a state folder that cannot be trusted or written', async (t) => {
  const folder = newStateFolder(t)
  const open = join(folder, 'open')
  const link = join(folder, 'link')
  const file = join(folder, 'file')
  writeFileSync(file, '')
  symlinkSync(folder, link)
  const wanted = await groupSpec()
  const refused = (stateFolder: string) => platformIn(stateFolder).create(wanted, () => undefined)
  await t.rejects(refused(link), { name: 'PlatformError', message: /link is not a folder/ })
  await t.rejects(refused(file), { name: 'PlatformError', message: /could not make the folder .*file/ })
  await t.rejects(refused(join(file, 'x')), { message: /something on the way to it is not a folder/, hint: /TMPDIR/ })
  const fresh = platformIn(open)
  await fresh.probe()
  chmodSync(open, 0o755)
  await t.rejects(refused(open), { message: /is open to other users/ })
  await t.rejects(refused(join(folder, 'a'.repeat(120))), { message: /is too long for a socket/, hint: /TMPDIR/ })
  t.same(readdirSync(open), [])
})
