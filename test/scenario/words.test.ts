import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { editDistance, nearestWord, nearestWords } from '../../runner/base/nearest.ts'
import { displayWidth } from '../../runner/base/text.ts'
import { portProblem } from '../../runner/scenario/cluster-section.ts'
import { type Diagnostic, renderDiagnostics } from '../../runner/scenario/diagnostic.ts'
import { explainScenario, stepSentence } from '../../runner/scenario/explain.ts'
import { parseServerNeed, unmetRequirement } from '../../runner/scenario/requires.ts'
import { verbByName } from '../../runner/steps/index.ts'
import { loadText } from './load-text.ts'

t.test('edits between words', async (t) => {
  t.equal(editDistance('stop', 'stop'), 0)
  t.equal(editDistance('stpo', 'stop'), 1)
  t.equal(editDistance('stp', 'stop'), 1)
  t.equal(editDistance('', 'stop'), 4)
  t.equal(editDistance('start', 'stop'), 3)
})

t.test('the nearest word is near, or there is none', async (t) => {
  const words = ['stop', 'start', 'restart', 'pause', 'unpause', 'verify']
  t.equal(nearestWord('stpo', words), 'stop')
  t.equal(nearestWord('Start', words), 'start')
  t.equal(nearestWord('verif', words), 'verify')
  t.equal(nearestWord('explode', words), undefined)
  t.equal(nearestWord('', words), undefined)
  t.equal(nearestWord('x'.repeat(100_000), words), undefined)
  t.strictSame(nearestWords('failover', ['failover-basic', 'failover-all', 'walk'], 2), [
    'failover-all',
    'failover-basic',
  ])
})

t.test('columns on a terminal', async (t) => {
  t.strictSame(['abc', '停止', 'é', 'e\u0301', '🚀', '👩‍👩‍👧'].map(displayWidth), [3, 4, 1, 1, 2, 2])
})

t.test('diagnostics in color say the same', async (t) => {
  const diagnostic: Diagnostic = {
    file: 'a.yaml',
    line: 12,
    col: 3,
    length: 4,
    sourceLine: '- stpo: x',
    message: 'there is no verb `stpo`',
    suggestion: 'did you mean `stop`?',
    hint: 'The verbs are: stop.',
  }
  const plain = renderDiagnostics([diagnostic], { color: false })
  t.equal(
    plain,
    [
      'a.yaml:12:3: there is no verb `stpo`',
      ' 12 | - stpo: x',
      '    |   ^~~~ did you mean `stop`?',
      '    = The verbs are: stop.',
      '',
      '1 problem',
      '',
    ].join('\n'),
  )
  const colored = renderDiagnostics([diagnostic], { color: true })
  t.not(colored, plain)
  t.equal(stripVTControlCharacters(colored), plain)
})

t.test('a diagnostic without a place is one line and its advice', async (t) => {
  const diagnostic = {
    file: '--set a=1',
    line: 0,
    col: 0,
    length: 1,
    sourceLine: '',
    message: 'no such param',
    hint: 'It has: b.',
  }
  t.equal(renderDiagnostics([diagnostic], { color: false }), '--set a=1: no such param\n  It has: b.\n\n1 problem\n')
})

t.test('requirements', async (t) => {
  t.strictSame(parseServerNeed('>= 7.0 <8'), {
    bounds: [
      { op: '>=', version: [7, 0] },
      { op: '<', version: [8] },
    ],
  })
  t.strictSame(parseServerNeed(' valkey '), { family: 'valkey', bounds: [] })
  t.strictSame(parseServerNeed('redict 7.3'), { family: 'redict', bounds: [{ op: '=', version: [7, 3] }] })
  for (const wrong of ['', '7.x', '~7', '>=7.0.0.1', '>=', 'keydb >=6', 'redis>=', 'redis:7.0', 'valkey redis']) {
    t.equal(parseServerNeed(wrong), undefined, wrong)
  }
  const unmet = (server: string, ...needs: string[]) =>
    unmetRequirement({ server: needs.flatMap((text) => parseServerNeed(text) ?? []) }, { server })
  t.equal(unmet('redis 7.0.15', '>=7.0 <8'), undefined)
  t.equal(unmet('redis 6.2.9', '>=7.0'), 'it needs a server >=7.0, and this is redis 6.2.9')
  t.equal(unmet('redis 7.2.4', '7.2'), undefined)
  t.equal(unmet('redis 7.0.15', '7.2'), 'it needs a server 7.2, and this is redis 7.0.15')
  t.equal(unmet('redis 7.0.0', '<=7.0'), undefined)
  t.equal(unmet('redis 7.0.1', '<=7.0'), 'it needs a server <=7.0, and this is redis 7.0.1')
  t.equal(unmet('redis 10.0.0', '>9.9.9'), undefined)
  t.equal(unmet('redis 7.0 (calls itself 255.255.255)', '>=7.2'), 'it needs a server >=7.2, and this is redis 7.0')
  t.equal(
    unmetRequirement({ platform: 'docker' }, { platform: 'process' }),
    'it needs the platform docker, and this is process',
  )
  t.equal(unmetRequirement({ platform: 'docker' }, {}), undefined)
  t.equal(unmetRequirement(undefined, { platform: 'process' }), undefined)

  await t.test('of a family, and of any of several', async (t) => {
    const atomic = ['redis >=8.4', 'valkey >=9.0']
    t.equal(unmet('redis 8.6.3', ...atomic), undefined)
    t.equal(unmet('valkey 9.1.2', ...atomic), undefined)
    const said = 'it needs redis >=8.4 or valkey >=9.0, and this is'
    for (const server of ['redis 8.0.2', 'valkey 8.1.1', 'redict 7.3.6']) {
      t.equal(unmet(server, ...atomic), `${said} ${server}`)
    }
    t.equal(unmet('valkey 9.1.2', 'redis'), 'it needs redis, and this is valkey 9.1.2')
    t.equal(unmet('redict 7.3.6', 'redict'), undefined)
    t.equal(unmet('valkey 8.1.1', '>=7.2'), undefined, 'without a family: by the number that any of them counts')
    t.equal(unmet('redict 7.3.6', '>=8.0', 'redict'), undefined)
  })
})

t.test('more nodes than there are ports', async (t) => {
  t.equal(portProblem({ shards: 3, replicas: 1 }, 7010), undefined)
  t.equal(portProblem({ shards: 3, replicas: 1 }, 55_530), undefined)
  t.match(portProblem({ shards: 3, replicas: 1 }, 55_531), /6 nodes \(3 × 2\).*up to 55536.*room for 5 nodes/)
})

t.test('a scenario in sentences', async (t) => {
  const scenario = loadText(`title: A title
description: More
tags: [a]
params: { size: 5 }
requires: { platform: docker, server: '>=7.0' }
cluster: { shards: 1, replicas: 0, config: { appendonly: "no" } }
steps:
  - let: { victim: random master }
  - write: { keys: $size, as: orders }
  - use: steps/prepare.yaml
    with: { keys: $size, node: $victim }
  - expect: { node: $victim, reachable: true }
    within: 15s
    for: 500ms
    phase: after
  - expect: { slot: $victim, owner: $victim }
finally:
  - name: Put it back
    start: $victim
`)
  t.equal(
    explainScenario(scenario, verbByName),
    `A title

  More

Cluster: 1 node, in 1 shard of 1 master and 0 replicas.
  shard 1: slots 0-16383
Settings: appendonly no.
Needs: docker, server >=7.0; skipped elsewhere.
Tags: a.
Params: size = 5.

1. let $victim be random master
2. write 5 keys as orders
3. play the steps of steps/prepare.yaml
   3.1. write 5 keys as prepared
   3.2. stop $victim
   3.3. play the steps of rest.yaml
      3.3.1. wait 1s
4. expect $victim to be reachable within 15 s for 500 ms without a break (phase after)
5. expect {"slot":"$victim","owner":"$victim"}

At the end, whatever happened:
f1. Put it back: start $victim
`,
  )
  const [, write] = scenario.steps
  t.ok(write)
  if (write) t.equal(stepSentence(write, verbByName), 'write {"keys":"$size","as":"orders"}')
})

t.test('a line break draws no line of its own', async (t) => {
  const scenario = loadText(
    [
      String.raw`title: "A title\n\n1. PING"`,
      String.raw`description: "More\n\n1. PING"`,
      'steps:',
      String.raw`  - { redis: [SET, a, "\n2. PING", "some  text", ""], name: "One\n\n2. Two" }`,
      '  - redis: GET a',
    ].join('\n'),
  )
  const lines = explainScenario(scenario, verbByName).split('\n')
  t.equal(lines[0], String.raw`A title\n\n1. PING`)
  t.ok(lines.includes('  1. PING'), 'a description has lines, set in')
  t.strictSame(
    lines.filter((line) => /^\d/.test(line)),
    [String.raw`1. One\n\n2. Two: SET a "\n2. PING" "some  text" ""`, '2. GET a'],
  )
})

t.test('explain says what the audit may find, and what it must', async (t) => {
  const scenario = loadText(
    [
      'title: Crashes',
      'params: { third: redis-node3 }',
      'audit:',
      '  crash: [{ node: $victim, expected: true }, { nodes: [redis-node1, $third, redis-node5], allowed: true }]',
      '  failover: { nodes: [redis-node0, redis-node1], expected: true }',
      '  roles: expected',
      '  lost_writes: allowed',
      'steps:',
      '  - let: { victim: redis-node2 }',
    ].join('\n'),
  )
  const [, audit] = explainScenario(scenario, verbByName).split('\n\nThe audit at the end:\n')
  t.strictSame(audit?.split('\n'), [
    '  A finding of crash on $victim is expected: without it the scenario fails.',
    '  Findings of crash on redis-node1, redis-node3 and redis-node5 are allowed.',
    '  A finding of failover on each of redis-node0 and redis-node1 is expected: without it the scenario fails.',
    '  A finding of roles is expected: without it the scenario fails.',
    '  Findings of lost_writes are allowed.',
    '  Whatever else it finds fails the scenario.',
    '',
  ])
})
