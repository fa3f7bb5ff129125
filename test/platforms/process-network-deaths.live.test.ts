import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import t from 'tap'
import { removeStale } from '../../runner/platforms/process/removal.ts'
import { lookAt } from '../../runner/platforms/process-id.ts'
import { groupSpec } from '../support/group-spec.ts'
import { cut, linkedGroup, skipWithoutLoopback, waitUntil } from './linked-group.ts'
import { alive, newStateFolder, processesOf, startRunner, waitUntilGone } from './process-groups.ts'

const skip = await skipWithoutLoopback()
const needs = { links: true } as const

t.test('what carries the links ends with whatever it hangs on', { skip }, async (t) => {
  await t.test('the group is removed', async (t) => {
    const { group, stateFolder, runId } = await linkedGroup(t)
    const processes = processesOf(stateFolder, runId)
    t.ok(lookAt(processes.links?.pid ?? 0), 'it is there')
    await group.network.set([cut(0, 1)])
    await group.remove()
    t.same(alive(processes), [])
    t.same(readdirSync(stateFolder), [])
  })

  await t.test('the runner is killed', async (t) => {
    const stateFolder = newStateFolder(t)
    const wanted = await groupSpec({ needs })
    const runner = await startRunner(stateFolder, wanted)
    const processes = processesOf(stateFolder, wanted.runId)
    t.equal(alive(processes).length, 4)
    runner.kill('SIGKILL')
    await once(runner, 'exit')
    await t.resolves(waitUntilGone(stateFolder, processes, 5_000))
  })

  await t.test('the supervisor is killed', async (t) => {
    const { group, stateFolder, runId } = await linkedGroup(t)
    const { supervisor, links } = processesOf(stateFolder, runId)
    process.kill(supervisor.pid, 'SIGKILL')
    await waitUntil(() => lookAt(links?.pid ?? 0) === undefined, 'the links to end by themselves')
    await t.rejects(group.network.set([]), { name: 'SupervisorGone' })
    await group.remove()
    t.same(readdirSync(stateFolder), [])
  })

  await t.test('the supervisor and the runner are killed while it is paused: the next run ends it', async (t) => {
    const stateFolder = newStateFolder(t)
    const wanted = await groupSpec({ needs })
    const runner = await startRunner(stateFolder, wanted)
    const processes = processesOf(stateFolder, wanted.runId)
    process.kill(processes.links?.pid ?? 0, 'SIGSTOP')
    process.kill(processes.supervisor.pid, 'SIGKILL')
    runner.kill('SIGKILL')
    await once(runner, 'exit')
    await waitUntil(() => lookAt(processes.supervisor.pid) === undefined, 'the supervisor to end')
    t.ok(lookAt(processes.links?.pid ?? 0), 'a paused one cannot see it')
    await removeStale(stateFolder)
    t.same(alive(processes), [])
  })

  await t.test('by hand: the removal command without a supervisor', async (t) => {
    const { group, platform, stateFolder, runId } = await linkedGroup(t)
    const processes = processesOf(stateFolder, runId)
    process.kill(processes.links?.pid ?? 0, 'SIGSTOP')
    process.kill(processes.supervisor.pid, 'SIGKILL')
    await waitUntil(() => lookAt(processes.supervisor.pid) === undefined, 'the supervisor to end')
    execFileSync('/bin/sh', ['-c', platform.removalCommand(runId)])
    await t.resolves(waitUntilGone(stateFolder, processes, 10_000))
    await group.remove()
  })
})

t.test('links that die are told, and never taken for whole ones', { skip }, async (t) => {
  const { group, platform, stateFolder, runId } = await linkedGroup(t)
  await group.network.set([cut(0, 1)])
  t.match(await platform.probe(), /^processes/)
  const gone = /the process that carries the links between the nodes is gone: it was killed by SIGKILL/
  const asked = group.network.counts().catch(() => undefined)
  process.kill(processesOf(stateFolder, runId).links?.pid ?? 0, 'SIGKILL')
  await asked
  await waitUntil(
    () =>
      platform.probe().then(
        () => false,
        () => true,
      ),
    'the platform to tell',
  )
  await t.rejects(platform.probe(), { name: 'PlatformError', message: gone })
  await t.rejects(group.network.set([]), { name: 'PlatformError', message: gone })
  await t.rejects(group.network.counts(), { name: 'PlatformError', message: gone })
  const probe = { from: 'redis-node0', to: 'redis-node1', channel: 'data' } as const
  t.match(await group.network.probe([probe], 5_000), [{ outcome: 'refused' }])
  await group.remove()
  t.same(readdirSync(stateFolder), [])
})
