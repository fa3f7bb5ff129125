import t from 'tap'
import type { Step } from '../../runner/steps/verb.ts'
import { requireEngine } from '../support/docker.ts'
import { step } from '../support/fake-stage.ts'
import { leftovers } from '../support/leftovers.ts'
import { liveStage } from '../support/live-stage.ts'

t.test('containers that are added are members like the others, and leave nothing', async (t) => {
  if (!(await requireEngine(t))) return
  let namePrefix = ''
  let runId = ''
  await t.test('in a cluster of two masters', async (t) => {
    const { cluster, servers, faults, play } = await liveStage(t, {
      ...{ platform: 'docker', shards: 2, replicas: 0, spares: 2 },
      needs: { links: true, disk: true, addresses: true },
      settings: { 'cluster-node-timeout': '2000', 'repl-diskless-sync-delay': '0' },
    })
    runId = servers.runId
    namePrefix = servers.nodes[0]?.serverName.replace(/\d+$/, '') ?? ''
    const passes = async (verb: string, arg: unknown, more: Partial<Step> = {}) => {
      const outcome = await play(step(verb, arg, more))
      t.equal(
        outcome.verdict,
        'passed',
        `${verb} ${JSON.stringify(arg)}: ${outcome.error?.message ?? outcome.lastSeen}`,
      )
      return outcome
    }
    const healthy = () => passes('expect', { cluster: 'healthy' }, { withinMs: 20_000 })

    await passes('add-node', 'master', { extras: { as: 'fresh' } })
    await passes('add-node', 'replica of $fresh', { extras: { as: 'second' } })
    await passes('reshard', { slots: '0-199', to: '$fresh' })
    await passes('write', { keys: 30, as: 'some' })
    await healthy()

    await passes('partition', { isolate: '$second' })
    await passes('disk', { node: '$fresh', state: 'full' })
    const proofs = (await faults.endAll(new AbortController().signal)).map(({ proof }) => proof)
    t.match(proofs.join('\n'), /redis-node2: it saves its data again/)
    await passes('restart', { node: '$second', address: 'new' })
    await passes('kill', '$second')
    await passes('start', '$second')
    await healthy()

    await passes('remove-node', '$second')
    await passes('remove-node', '$fresh')
    await passes('verify', 'some')
    await healthy()
    t.equal(cluster.members.length, 2)
    t.match(await servers.state('redis-node2'), { status: 'running' }, 'its server goes on')
  })
  t.same(await leftovers(namePrefix, runId), [])
})
