import t from 'tap'
import { Engine } from '../../runner/platforms/docker/engine.ts'
import { assertSupported, networkSupport } from '../../runner/platforms/docker/fault-support.ts'
import type { MissingFeatures } from '../../runner/platforms/docker/network-faults/fault-split.ts'
import { intakeCommands, lanesOf, queueCommands } from '../../runner/platforms/docker/network-faults/queues.ts'
import { rulesOf } from '../../runner/platforms/docker/network-faults/rules.ts'
import { Toolbox } from '../../runner/platforms/docker/toolbox/toolbox.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import { CLIENTS, type LinkFault } from '../../runner/platforms/faults.ts'
import type { ServerNode } from '../../runner/platforms/platform.ts'
import { requireEngine } from '../support/docker.ts'

const projectRoot = new URL('../..', import.meta.url).pathname

const nodes = [0, 1, 2].map(
  (index): ServerNode => ({
    name: `redis-node${index}`,
    serverName: `box${index}`,
    index,
    host: 'localhost',
    port: 7010 + index,
    peerHost: `172.18.0.${2 + index}`,
    peerPort: 7010 + index,
    machine: 'here',
  }),
)
const [a, b] = nodes as [ServerNode, ServerNode, ServerNode]

function shape(node: ServerNode, links: LinkFault[]): string[] {
  return queueCommands(node, nodes, lanesOf(links)).split('\n').slice(0, -1)
}

const SLOW: LinkFault = {
  from: a.name,
  to: b.name,
  channel: 'data',
  delayMs: 50,
  jitterMs: 10,
  corruptRatio: 0.015,
  reorderRatio: 0.25,
  bytesPerSecond: 100_000,
}

// A kernel without netem cannot be shown any of it at work: there, only the commands are looked at, and that tc
// understands them.
t.test('the queues of a slow link', async (t) => {
  t.same(shape(a, [SLOW]), [
    'qdisc add dev @device@ root handle 5243: htb',
    'class add dev @device@ parent 5243: classid 5243:1 htb rate 12500000000bps ceil 12500000000bps quantum 60000',
    'qdisc add dev @device@ parent 5243:1 handle 1001: netem limit 100000 delay 50ms 10ms corrupt 1.5% reorder 25%',
    'qdisc add dev @device@ parent 1001:1 handle 2001: tbf rate 100000bps burst 2000b limit 65536b',
  ])
  t.same(shape(b, [SLOW]), [], 'nothing where it is received')
  t.same(shape(a, [{ ...SLOW, cut: 'drop' }]), [], 'nothing waits in a link that is cut')
  const rules = rulesOf(a, nodes, [SLOW], lanesOf([SLOW]))
  t.match(rules, /ip daddr 172\.18\.0\.3 tcp dport 7011 meta priority set 5243:1 counter name l0/)
  t.match(rules, /ip daddr 172\.18\.0\.3 tcp sport 7010 meta priority set 5243:1 counter name l0/)
})

t.test('packets that pass others need something to wait for', async (t) => {
  const commands = shape(a, [{ from: a.name, to: b.name, channel: 'all', reorderRatio: 0.1 }])
  t.match(commands[2], 'netem limit 100000 delay 10ms reorder 10%')
})

t.test('several faults of a link add up; a channel has its own and those of all', async (t) => {
  const between = { from: a.name, to: b.name }
  const lanes = lanesOf([
    { ...between, channel: 'all', delayMs: 10, bytesPerSecond: 50_000 },
    { ...between, channel: 'all', delayMs: 20, jitterMs: 5, corruptRatio: 0.5 },
    { ...between, channel: 'bus', delayMs: 100, corruptRatio: 0.5, bytesPerSecond: 8_000 },
    { from: b.name, to: a.name, channel: 'all', delayMs: 7 },
  ])
  const shared = { classId: '5243:1', bytesPerSecond: 50_000 }
  t.same(lanes, [
    {
      ...between,
      channel: 'all',
      classId: '5243:2',
      shared,
      effect: { delayMs: 30, jitterMs: 5, corruptRatio: 0.5 },
      counts: [0, 1],
    },
    {
      ...between,
      channel: 'bus',
      classId: '5243:3',
      shared,
      effect: { delayMs: 130, jitterMs: 5, corruptRatio: 0.75, bytesPerSecond: 8_000 },
      counts: [2],
    },
    { from: b.name, to: a.name, channel: 'all', classId: '5243:1', effect: { delayMs: 7 }, counts: [3] },
  ])
})

t.test('tc and ip understand every command', async (t) => {
  if (!(await requireEngine(t))) return
  const engine = new Engine()
  t.teardown(() => engine.close())
  const toolbox = new Toolbox(engine, projectRoot)
  const run = { runId: `dn-${process.pid}-commands`, purpose: 'try commands', timeoutMs: 5_000 }
  const say = async (intake: string, queues: string) => {
    const steps = [
      { program: 'intake' as const, input: intake },
      { program: 'shape' as const, input: queues },
    ]
    return (await toolbox.run([{ key: 'try', namespace: 'own', steps }], run)).get('try')
  }
  const sayFor = (links: LinkFault[]) => {
    const lanes = lanesOf(links)
    return say(intakeCommands(a, lanes), queueCommands(a, nodes, lanes))
  }
  const reset = { program: 'reset' as const, input: '192.0.2.1 7010 7011\n' }
  const ended = await toolbox.run([{ key: 'try', namespace: 'own', steps: [reset] }], run)
  t.match(ended.get('try'), [{ exit: 0, errors: /^$/ }], 'ss finds no connections to end')
  const slow = { delayMs: 50, jitterMs: 10, corruptRatio: 0.015, reorderRatio: 0.25 }
  // What tc understands and this kernel lacks is told so; what it does not understand, otherwise: see below.
  const understood = /^$|^Error: Specified qdisc kind is unknown\.\nCommand failed/
  for (const channel of ['all', 'data'] as const) {
    const links: LinkFault[] = [
      { from: a.name, to: b.name, channel, bytesPerSecond: 20_000 },
      { from: CLIENTS, to: a.name, channel, bytesPerSecond: 20_000 },
    ]
    t.match(await sayFor(links), [
      { exit: 0, errors: /^$/ },
      { exit: 0, errors: /^$/ },
    ])
    t.match(await sayFor(links.map((link) => ({ ...link, ...slow }))), [{ exit: 0 }, { errors: understood }])
  }
  const wrong = await say('', 'qdisc add dev lo root netem delay 5parsecs\n')
  t.notMatch(wrong?.[1]?.errors, understood)
})

t.test('what is missing makes faults unsupported, and says so', async (t) => {
  const none: MissingFeatures = {
    filter: undefined,
    loss: undefined,
    duplicate: undefined,
    shape: undefined,
    intake: undefined,
    netem: undefined,
    pause: undefined,
    detour: undefined,
  }
  const supported = async (missing: MissingFeatures) =>
    (await networkSupport(async () => missing)).filter((one) => one.supported).map(({ capability }) => capability)
  const everything = await supported(none)
  t.same([...everything].sort(), [
    'bandwidth',
    'bus-packets',
    'client-cut',
    'client-delay',
    'corrupt',
    'delay',
    'duplicate',
    'jitter',
    'loss',
    'partition',
    'pause',
    'reorder',
  ])
  const without = async (...features: (keyof MissingFeatures)[]) => {
    const missing = Object.fromEntries(features.map((feature) => [feature, 'no such thing']))
    const left = await supported({ ...none, ...missing })
    return everything.filter((capability) => !left.includes(capability))
  }
  t.same(await without('netem'), ['client-delay', 'corrupt', 'reorder'], "the runner's own links do the rest")
  t.same(await without('netem', 'detour'), ['delay', 'client-delay', 'jitter', 'corrupt', 'reorder', 'bus-packets'])
  t.same(await without('shape', 'detour'), [
    'delay',
    'client-delay',
    'jitter',
    'bandwidth',
    'corrupt',
    'reorder',
    'bus-packets',
  ])
  t.same(await without('intake'), ['client-delay'])
  t.same(await without('filter'), ['partition', 'client-cut'])
  t.same(await without('loss', 'detour'), ['loss', 'bus-packets'])

  const link: LinkFault = { from: CLIENTS, to: a.name, channel: 'data' }
  assertSupported(
    [
      { ...link, cut: 'drop' },
      { ...link, bytesPerSecond: 5_000 },
    ],
    none,
  )
  t.throws(() => assertSupported([{ ...link, bytesPerSecond: 5_000 }], { ...none, intake: 'no ifb' }), {
    name: 'UnsupportedFault',
    message: /^bandwidth is unsupported here: .*no ifb/,
    hint: /ifb/,
  })
  t.throws(() => assertSupported([{ ...link, duplicateRatio: 0.5 }], none), { name: 'UnsupportedFault' })

  const refused = await networkSupport(() => Promise.reject(new PlatformError('no toolbox', { hint: 'load it' })))
  t.same(refused.map(({ capability }) => capability).sort(), [...everything, 'lies'].sort(), 'lies are of processes')
  t.ok(refused.every((one) => !one.supported && one.how === 'no toolbox' && one.hint === 'load it'))
})
