import t, { type Test } from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { type DryRun, dryRun } from '../../runner/engine/dry-run/dry-run.ts'
import type { PlannedWork } from '../../runner/engine/dry-run/plan-steps.ts'
import { NOTHING_ALLOWED } from '../../runner/platforms/allowed.ts'
import { verbByName } from '../../runner/steps/index.ts'
import { loadText } from '../scenario/load-text.ts'
import { FakePlatform } from '../support/fake-platform.ts'

/** What servers are told that look, or form a cluster; whatever else comes was sent by a step. */
const LOOKS = /^(PING|CLUSTER|INFO|CONFIG|DBSIZE|READONLY|AUTH|CLIENT)/i

async function planOf(t: Test, yaml: string, more: { seed?: number; onSent?(words: string[]): void } = {}) {
  const platform = new FakePlatform()
  t.teardown(() => platform.close())
  platform.answer = (words) => more.onSent?.(words)
  const scenario = loadText(`title: t\ncluster: { shards: 1, replicas: 0 }\n${yaml}`)
  const settings = { runId: 'dry', namePrefix: 'redis-node', portBase: 7010, password: 'secret', config: {} }
  const plans: DryRun[] = []
  const skipped = await dryRun(
    scenario,
    {
      ...settings,
      ...{
        platform,
        seed: more.seed ?? 1,
        clock: systemClock,
        verbs: verbByName,
        allowed: NOTHING_ALLOWED,
        keep: false,
      },
      signal: new AbortController().signal,
      progress: () => undefined,
    },
    (plan) => plans.push(plan),
  )
  return { platform, skipped, steps: plans[0]?.steps ?? [], last: plans[0]?.finally ?? [] }
}

const STEPS = `steps:
  - let: { victim: master of slot 0 }
  - write: { keys: 3, as: orders }
  - redis: GET a
    save: a
  - cpu: { node: random master, limit: 20% }
    for: 2s
  - kill: $victim
  - start: $victim
  - redis: [SET, b, $a]
  - network: { node: master of shard 1, traffic: client, delay: 10ms, loss: 1% }
  - repeat: { times: 3, steps: [{ pause: all masters }, { wait: 1h }] }
finally:
  - heal: all
`

t.test('a dry run resolves what steps would do, and does none of it', async (t) => {
  const sent: string[][] = []
  const { platform, steps, last } = await planOf(t, STEPS, { onSent: (words) => void sent.push(words) })
  const node = 'redis-node0'
  t.match(steps, [
    { targets: [{ phrase: 'master of slot 0', nodes: [node] }] },
    { sentence: 'write 3 keys as orders', targets: [], acts: [] },
    { sentence: 'GET a' },
    {
      targets: [{ phrase: 'random master', nodes: [node] }],
      acts: [`limit ${node} to 20% of a core`],
      needs: ['cpu'],
      deadlineMs: 40_000,
    },
    { sentence: `kill ${node}`, acts: [`kill ${node}`] },
    { sentence: `start ${node}`, acts: [`start ${node}`] },
    { later: '$a is known only when it is played' },
    { needs: ['delay', 'loss'], later: 'decided when it is played: after step 4 other nodes may have these roles' },
    { children: [{ acts: [`pause ${node}`], needs: ['pause'], later: /after step 4/ }, { sentence: 'wait 1h' }] },
  ] as unknown as PlannedWork[])
  t.match(last, [{ acts: [/^heal: network at/] }], 'the limit was for a time only')
  t.strictSame(
    sent.filter(([command = '']) => !LOOKS.test(command)),
    [],
    'nothing was sent but looks',
  )
  t.strictSame(platform.groups[0]?.calls, [], 'no server was touched')
  t.equal(platform.removed(), 1)
})

t.test('what stands for no node is told', async (t) => {
  const { steps } = await planOf(t, 'steps:\n  - kill: replica of shard 1\n')
  t.match(steps, [{ targets: [{ phrase: 'replica of shard 1', problem: /has no replicas/ }] }])
})

t.test('a scenario that would be skipped is not set up', async (t) => {
  const { platform, skipped } = await planOf(t, 'requires: { server: ">=8" }\nsteps:\n  - wait: 1s\n')
  t.match(skipped, /it needs a server >=8, and this is redis 7\.0\.15/)
  t.strictSame(platform.groups, [])
})

t.test('servers are removed when the planning fails', async (t) => {
  const platform = new FakePlatform()
  t.teardown(() => platform.close())
  const controller = new AbortController()
  const settings = { runId: 'dry', namePrefix: 'redis-node', portBase: 7010, password: 'secret', config: {} }
  const more = { platform, seed: 1, clock: systemClock, verbs: verbByName, allowed: NOTHING_ALLOWED, keep: false }
  const progress = (text: string) => {
    if (text.startsWith('assigning')) controller.abort(new Error('Ctrl-C'))
  }
  const scenario = loadText('title: t\ncluster: { shards: 1, replicas: 0 }\nsteps:\n  - wait: 1s\n')
  const played = dryRun(scenario, { ...settings, ...more, signal: controller.signal, progress }, () => undefined)
  await t.rejects(played, /Ctrl-C/)
  t.equal(platform.removed(), 1)
})
