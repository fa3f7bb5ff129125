import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { lookAt } from '../../runner/platforms/process-id.ts'
import { requireEngine } from '../support/docker.ts'
import { groupSpec } from '../support/group-spec.ts'
import { leftovers } from '../support/leftovers.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { untilNothing } from '../support/traces.ts'
import { alive, newStateFolder, platformIn, processesOf, projectRoot } from './process-groups.ts'

const GONE_WITHIN_MS = 10_000

t.test('small disks of processes', { skip: skipWithoutRedis() }, async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  t.teardown(() => platform.close())
  const wanted = await groupSpec({ needs: { disk: true } })
  t.teardown(() => platform.removeRun(wanted.runId))

  await t.test('are in memory, seen by no other process, and gone with the group', async (t) => {
    const group = await platform.create(wanted, () => undefined)
    const { disks } = processesOf(stateFolder, wanted.runId)
    t.ok(disks && lookAt(disks.pid))
    const data = join(stateFolder, wanted.runId, `${wanted.namePrefix}0`, 'data')
    const mountsOf = (pid: number | 'self') =>
      readFileSync(`/proc/${pid}/mounts`, 'utf8')
        .split('\n')
        .filter((line) => line.includes(data))
    t.match(mountsOf(disks?.pid ?? 0), [/^redis-chaos .* tmpfs .*size=131072k/])
    t.same(mountsOf('self'), [])
    await group.remove()
    t.equal(lookAt(disks?.pid ?? 0), undefined)
  })

  await t.test('end with a supervisor that is killed', async (t) => {
    await platform.create(wanted, () => undefined)
    const processes = processesOf(stateFolder, wanted.runId)
    process.kill(processes.supervisor.pid, 'SIGKILL')
    const keeper = processes.disks?.pid ?? 0
    t.same(await untilNothing(() => (lookAt(keeper) ? [`process ${keeper}`] : []), GONE_WITHIN_MS), [])
    await platform.removeRun(wanted.runId)
    t.same(alive(processes), [])
  })
})

t.test('small disks of containers', async (t) => {
  if (!(await requireEngine(t))) return
  const platform = new DockerPlatform({ server: 'redis:7.0', projectRoot })
  t.teardown(() => platform.close())
  const wanted = await groupSpec({ needs: { disk: true } })
  t.teardown(() => platform.removeRun(wanted.runId))
  const group = await platform.create(wanted, () => undefined)
  t.match(await leftovers(wanted.namePrefix, wanted.runId), [
    new RegExp(`${wanted.namePrefix}\\d`),
    new RegExp(`${wanted.namePrefix}\\d`),
    /-disks/,
    /network/,
    /-disk/,
    /-disk/,
  ])
  // What keeps them is no node.
  t.equal((await platform.find(wanted.runId))?.nodes.length, 2)
  await group.remove()
  t.same(await leftovers(wanted.namePrefix, wanted.runId), [])
})
