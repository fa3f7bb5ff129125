import t from 'tap'
import { loadText, problemsOf } from './load-text.ts'

const STEPS = 'steps:\n  - wait: 1s\n'

t.test('a scenario without a cluster gets three shards with one replica each', async (t) => {
  const { cluster, tags, finally: last, params } = loadText(`title: A title\n${STEPS}`)
  t.match(cluster.topology, { shards: 3, replicas: 1 })
  t.strictSame(cluster.topology.slots, [[[0, 5460]], [[5461, 10922]], [[10923, 16383]]])
  t.strictSame({ config: cluster.config, tags, last, params }, { config: {}, tags: [], last: [], params: {} })
})

t.test('everything a scenario can say at its top arrives', async (t) => {
  const scenario = loadText(
    `title: A title
tags: [a, b-2]
description: More
seed: 7
alone: true
requires: { platform: docker, server: ['>=7.0 <8', valkey] }
cluster:
  shards: 2
  replicas: 0
  config: { cluster-node-timeout: 500, appendonly: no, save: "" }
  slots: ['0-99, 200-16383', [100-198, 199]]
${STEPS}finally:
  - start: redis-node0
`,
    { file: 'some/folder/name.yaml', root: 'some' },
  )
  t.match(scenario, {
    id: 'name',
    file: 'some/folder/name.yaml',
    path: 'folder/name.yaml',
    title: 'A title',
    tags: ['a', 'b-2'],
    description: 'More',
    seed: 7,
    alone: true,
    requires: {
      platform: 'docker',
      server: [
        {
          bounds: [
            { op: '>=', version: [7, 0] },
            { op: '<', version: [8] },
          ],
        },
        { family: 'valkey', bounds: [] },
      ],
    },
  })
  t.strictSame(scenario.cluster, {
    topology: {
      shards: 2,
      replicas: 0,
      slots: [
        [
          [0, 99],
          [200, 16383],
        ],
        [
          [100, 198],
          [199, 199],
        ],
      ],
    },
    config: { 'cluster-node-timeout': '500', appendonly: 'no', save: '' },
    servers: {},
  })
  t.match(scenario.finally, [{ path: 'f1', verb: 'start', arg: 'redis-node0' }])
})

t.test('a step has its verb, modifiers, extras and place', async (t) => {
  const { steps } = loadText(`title: A title
steps:
  - name: Ask for it
    redis: GET a
    on: master of key a
    within: 1.5s
    for: 250ms
    phase: outage
    expect: { at_most: 3 }
    save: reply
  - expect: { node: $reply, reachable: true }
`)
  t.strictSame(steps[0], {
    verb: 'redis',
    arg: 'GET a',
    extras: { expect: { at_most: 3 }, save: 'reply' },
    path: '1',
    file: 'test/scenario/fixtures/x.yaml',
    line: 3,
    col: 5,
    children: [],
    name: 'Ask for it',
    phase: 'outage',
    on: 'master of key a',
    withinMs: 1500,
    forMs: 250,
  })
  t.match(steps[1], { verb: 'expect', line: 11, extras: {} })
})

t.test('steps inside steps have paths', async (t) => {
  const { steps } = loadText(`title: A title
steps:
  - wait: 1s
  - repeat:
      times: 2
      steps:
        - parallel:
            - wait: 1s
            - wait: 2s
        - wait: 3s
`)
  const inner = steps[1]?.children ?? []
  t.strictSame(
    inner.map(({ path }) => path),
    ['2.1', '2.2'],
  )
  t.strictSame(
    inner[0]?.children.map(({ path, arg }) => [path, arg]),
    [
      ['2.1.1', '1s'],
      ['2.1.2', '2s'],
    ],
  )
})

t.test('params are filled in before types are checked, and names stay in the steps', async (t) => {
  const text = `title: About $$5 and $size
params: { size: 10, limit: 5s, shards: 2, on: false, cash: $$x }
cluster: { shards: $shards, config: { maxmemory: "$size$size" } }
steps:
  - write: { keys: $size, as: n$size }
    within: $limit
    name: Write $size
  - expect: { node: redis-node0, reachable: $on }
`
  const scenario = loadText(text)
  t.equal(scenario.title, 'About $5 and 10')
  t.equal(scenario.cluster.topology.shards, 2)
  t.strictSame(scenario.cluster.config, { maxmemory: '1010' })
  t.strictSame(scenario.params, { size: 10, limit: '5s', shards: 2, on: false, cash: '$x' })
  t.match(scenario.steps[0], { arg: { keys: '$size', as: 'n$size' }, withinMs: 5000, name: 'Write 10' })
})

t.test('--set puts a value of the same type in the place of a default', async (t) => {
  const text = `title: A title\nparams: { size: 10, who: a, on: false }\n${STEPS}`
  t.strictSame(loadText(text, { set: { size: '12', who: '5', on: 'yes' } }).params, { size: 12, who: '5', on: true })
  t.match(problemsOf(text, { set: { sise: '1', size: 'x', on: '1' } }), [
    { file: '--set sise=1', line: 0, message: 'the scenario has no param `sise`', suggestion: 'did you mean `size`?' },
    { file: '--set size=x', message: '`size` should be a number, as its default 10, not the text `x`' },
    { file: '--set on=1', message: '`on` should be `true` or `false`, as its default false, not the text `1`' },
  ])
})

t.test('a param from --set is checked where it is used', async (t) => {
  const text = 'title: A title\nparams: { size: 10 }\nsteps:\n  - write: { keys: $size, as: a }\n'
  t.match(problemsOf(text, { set: { size: '0' } }), [
    { line: 4, col: 20, message: /not the number 0 \(from `\$size`\)/ },
  ])
})

t.test('what a name known only when played stands for is not judged beforehand', async (t) => {
  t.doesNotThrow(() =>
    loadText(`title: A title
steps:
  - redis: GET limit
    save: size
  - let: { one: random master, other: replica of $one }
  - write: { keys: $size, as: $size }
  - expect: { node: $other, role: $size, lag: { at_most: $size } }
  - stop: [$one, $other]
  - parallel:
      - let: { late: random master }
  - start: $late
finally:
  - start: $one
`),
  )
})

t.test('a used file brings its steps and params', async (t) => {
  const { steps, usedFiles } = loadText(
    `title: A title
params: { many: 5 }
steps:
  - let: { victim: random master }
  - use: steps/prepare.yaml
    with: { keys: $many, node: $victim }
`,
  )
  t.match(steps[1], {
    verb: 'use',
    params: { keys: '$many', node: '$victim', price: '$$5' },
    children: [
      {
        path: '2.1',
        verb: 'write',
        file: 'test/scenario/fixtures/steps/prepare.yaml',
        line: 7,
        arg: { keys: '$keys' },
      },
      { path: '2.2', verb: 'stop', arg: '$node' },
      { path: '2.3', verb: 'use', children: [{ path: '2.3.1', verb: 'wait' }] },
    ],
  })
  t.strictSame(
    usedFiles.map(({ path }) => path),
    ['steps/prepare.yaml', 'steps/rest.yaml'],
  )
})

t.test('aliases repeat what an anchor holds', async (t) => {
  const { steps } = loadText('title: A title\nsteps:\n  - &one\n    wait: 1s\n  - *one\n')
  t.strictSame(
    steps.map(({ arg, path }) => [arg, path]),
    [
      ['1s', '1'],
      ['1s', '2'],
    ],
  )
})

t.test('CRLF and a byte order mark change nothing', async (t) => {
  const scenario = loadText('\ufefftitle: A title\r\nsteps:\r\n  - wait: 1s\r\n  - redis: |\r\n      GET a\r\n')
  t.equal(scenario.title, 'A title')
  t.match(scenario.steps, [
    { line: 3, col: 5 },
    { arg: 'GET a\n', line: 4 },
  ])
})

t.test('hostile texts give diagnostics, never an exception', async (t) => {
  const texts = [
    `${'['.repeat(50_000)}`,
    `title: a\nsteps: ${'['.repeat(100)}${']'.repeat(100)}\n`,
    `x${'a'.repeat(1_000_001)}`,
    '\u0000',
    'title: \u0007\nsteps: x\n',
    '__proto__: { a: 1 }\nconstructor: 5\n',
    'title: a\nsteps:\n  - __proto__: 5\n  - toString: 1\n  - let: { __proto__: redis-node0 }\n    with: $toString\n',
    '? ? ? a\n',
    '&a',
    '*a',
    '!!binary x',
    '- - - -',
    '{{{{{{',
    '%',
    '---\n---\n---\n',
  ]
  for (const text of texts) t.ok(problemsOf(text).length > 0, JSON.stringify(text.slice(0, 30)))
})

t.test('names that every object has are no keys of the language', async (t) => {
  const problems = problemsOf(`title: A title\nconstructor: 1\ntoString: 2\n${STEPS}`)
  t.strictSame(
    problems.map(({ message }) => message),
    ['there is no key `constructor`', 'there is no key `toString`'],
  )
  t.match(problemsOf(`title: A title\nparams: { on: true }\n${STEPS}`, { set: { on: 'constructor' } }), [
    { message: '`on` should be `true` or `false`, as its default true, not the text `constructor`' },
  ])
})
