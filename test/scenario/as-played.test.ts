import t from 'tap'
import { type PlayedFacts, renderAsPlayed } from '../../runner/scenario/as-played.ts'
import { loadText } from './load-text.ts'

const NOTHING: PlayedFacts = { seed: 7, params: {}, config: {}, targets: new Map() }

t.test('seed, params, settings and targets are filled in; comments stay; the rest is as it was', async (t) => {
  const source = `# first line
title: A title # about it
params: { size: 10, price: $$5 } # params
cluster:
  config:
    cluster-node-timeout: 5000 # ms
steps:
  # who it is
  - let: { victim: random master, others: 2 random replicas }
  - stop: $victim # down
    phase: outage
  - kill: [random replica, redis-node5]
  - expect: { node: replica of $victim, role: master } # up
    within: 5s
  - redis: PING
    on: random master
  - redis: [SET, on, x]
  - stop: all replicas
finally:
  - start: $victim
`
  const scenario = loadText(source)
  const played = renderAsPlayed(scenario, {
    seed: 42,
    params: { size: 12, price: '$5' },
    config: { 'cluster-node-timeout': '5000', 'cluster-replica-no-failover': 'yes', save: '' },
    targets: new Map([
      [
        '1',
        [
          { where: ['victim'], names: ['redis-node2'] },
          { where: ['others'], names: ['redis-node1', 'redis-node3'] },
        ],
      ],
      ['2', [{ where: [], names: ['redis-node2'] }]],
      [
        '3',
        [
          { where: [0], names: ['redis-node3'] },
          { where: [1], names: ['redis-node5'] },
        ],
      ],
      ['4', [{ where: ['node'], names: ['redis-node3'] }]],
      ['5', [{ where: ['on'], names: ['redis-node4'] }]],
      ['7', [{ where: [], names: ['redis-node1', 'redis-node3'] }]],
      ['f1', [{ where: [], names: ['redis-node2'] }]],
    ]),
  })
  t.equal(
    played,
    `# first line
title: A title # about it
seed: 42
params: { size: 12, price: $$5 } # params
cluster:
  config:
    cluster-node-timeout: 5000 # ms
    cluster-replica-no-failover: yes
    save: ""
steps:
  # who it is
  - let: { victim: redis-node2, others: 2 random replicas }
  - stop: redis-node2 # down
    phase: outage
  - kill: [ redis-node3, redis-node5 ]
  - expect: { node: redis-node3, role: master } # up
    within: 5s
  - redis: PING
    on: redis-node4
  - redis: [ SET, on, x ]
  - stop: [ redis-node1, redis-node3 ]
finally:
  - start: redis-node2
`,
  )
  const again = loadText(played)
  t.match(again, { seed: 42, params: { size: 12, price: '$5' } })
  t.strictSame(again.cluster.config, { 'cluster-node-timeout': '5000', 'cluster-replica-no-failover': 'yes', save: '' })
  t.equal(again.steps.length, scenario.steps.length)
})

t.test('steps inside parallel are filled in; repeated and used ones are not', async (t) => {
  const scenario = loadText(`title: A title
steps:
  - parallel:
      - stop: random master
      - expect: { node: random replica, reachable: true }
  - repeat:
      times: 2
      steps:
        - stop: random master
  - use: steps/prepare.yaml
    with: { node: random master }
`)
  const targets: PlayedFacts['targets'] = new Map([
    ['1.1', [{ where: [], names: ['redis-node0'] }]],
    ['1.2', [{ where: ['node'], names: ['redis-node1'] }]],
    ['2.1', [{ where: [], names: ['redis-node2'] }]],
    ['3.2', [{ where: [], names: ['redis-node4'] }]],
  ])
  const again = loadText(renderAsPlayed(scenario, { ...NOTHING, targets }))
  t.match(again.steps[0]?.children, [{ arg: 'redis-node0' }, { arg: { node: 'redis-node1' } }])
  t.match(again.steps[1]?.children, [{ arg: 'random master' }])
  t.match(again.steps[2], { params: { node: 'random master' } })
})

t.test('what an anchor marks is left alone, as it stands elsewhere too', async (t) => {
  const scenario = loadText(
    'title: A title\nsteps:\n  - &one\n    stop: random master\n  - *one\n  - start: redis-node0\n',
  )
  const targets: PlayedFacts['targets'] = new Map([
    ['1', [{ where: [], names: ['redis-node0'] }]],
    ['2', [{ where: [], names: ['redis-node2'] }]],
  ])
  const again = loadText(renderAsPlayed(scenario, { ...NOTHING, targets }))
  t.strictSame(
    again.steps.map(({ arg }) => arg),
    ['random master', 'random master', 'redis-node0'],
  )
})

t.test('a scenario without cluster gets one for its settings, and a seed of its own is replaced', async (t) => {
  const scenario = loadText('title: A title\nseed: 1 # old\nsteps:\n  - wait: 1s\n')
  const again = loadText(renderAsPlayed(scenario, { ...NOTHING, config: { appendonly: 'no' } }))
  t.match(again, { seed: 7, cluster: { config: { appendonly: 'no' } } })
  t.match(again.source, /seed: 7 # old/)
})

t.test('step files of a scenario in a folder are named from the root', async (t) => {
  const root = t.testdir({ steps: { 'a.yaml': 'steps: [{ wait: 1s }]\n' }, deep: {} })
  const text = 'title: A title\nsteps:\n  - repeat: { times: 2, steps: [{ use: ../steps/a.yaml }] }\n'
  const scenario = loadText(text, { file: `${root}/deep/x.yaml`, root })
  const again = loadText(renderAsPlayed(scenario, NOTHING), { file: `${root}/as-played.yaml` })
  t.match(again.steps[0]?.children, [{ arg: 'steps/a.yaml', children: [{ verb: 'wait' }] }])
})
