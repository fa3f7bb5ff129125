import { duration } from '../../base/duration-schema.ts'
import { auditRules } from '../../checks/audit/index.ts'
import { bandwidth, percent, size } from '../../steps/amounts.ts'
import { appSchema } from '../../workload/apps/app-schema.ts'
import { commonOptions } from '../../workload/option-schemas.ts'
import { MODIFIERS } from '../modifiers.ts'
import { scenarioKeys } from '../scenario-schema.ts'
import { shapeOf } from '../shape.ts'
import { twinShape } from '../twins/twin-schema.ts'
import { aboutText, accepts, type KeyRow, rowsOf } from './rows.ts'
import type { Topic } from './topic.ts'

/** Parts of the language that are neither verb nor check nor workload. */
export function chapters(): Topic[] {
  return [scenario(), modifiers(), targets(), names(), values(), requires(), apps(), audit(), twins()]
}

function chapter(name: string, summary: string, parts: Topic['parts']): Topic {
  return { name, kind: 'topic', summary, parts }
}

function scenario(): Topic {
  const rows = Object.entries(scenarioKeys).map(
    ([key, schema]): KeyRow => ({
      key,
      required: key === 'title' || key === 'steps',
      accepts: key === 'steps' || key === 'finally' ? 'list of steps' : accepts(schema),
      about: aboutText(shapeOf(schema)),
    }),
  )
  const below = rowsOf(scenarioKeys.cluster).map((row) => ({ ...row, key: `cluster.${row.key}` }))
  return chapter('scenario', 'A file of YAML: a cluster, load, steps against it, and what must hold of it.', [
    { kind: 'keys', head: 'keys', rows: [...rows, ...below] },
    {
      kind: 'yaml',
      head: 'example',
      lines: [
        'title: A stopped master is replaced by its replica',
        'steps:',
        '  - let: { victim: master of shard 1, heir: replica of shard 1 }',
        '  - stop: $victim',
        '  - expect: { node: $heir, role: master }',
        '    within: 15s',
      ],
    },
  ])
}

function apps(): Topic {
  return chapter(
    'apps',
    'Programs under test that use the cluster: started beside it, driven with HTTP requests, ended with the run.',
    [
      { kind: 'keys', head: 'keys', rows: rowsOf(appSchema) },
      {
        kind: 'text',
        text: 'An application listens at HOST, on the port that PORT says, and is told the cluster in REDIS_NODES, REDIS_USERNAME and REDIS_PASSWORD. Whoever starts the run must allow it: `--allow commands`. Its load is a workload of its name, whose items are registers: checks are those of `register`. docs/apps.md has more, and an example.',
      },
      {
        kind: 'yaml',
        head: 'example',
        lines: [
          'apps:',
          '  shop: { command: [node, ./shop.mjs], ready: /health, workload: { type: http, rate: 200/s } }',
          'checks:',
          '  shop: { longest_outage: 12s, lost_writes: 0 }',
        ],
      },
    ],
  )
}

function modifiers(): Topic {
  const rows = Object.entries(MODIFIERS).map(
    ([key, schema]): KeyRow => ({
      key,
      required: false,
      accepts: accepts(schema),
      about: schema.description ?? '',
    }),
  )
  return chapter('modifiers', 'Keys that stand beside a verb, in the same step.', [
    { kind: 'keys', head: 'keys', rows },
  ])
}

const PHRASES: [phrase: string, meaning: string][] = [
  [
    'redis-node0',
    'that node. Of 3 shards with 1 replica each, 0, 2 and 4 begin as masters, and 1, 3 and 5 as their replicas',
  ],
  ['master of shard 1', 'who owns the slots of the shard now, even if it is down and nobody has taken over'],
  ['replica of shard 1', 'one replica of it, the one with the lowest number'],
  ['replicas of shard 1', 'all replicas of it'],
  ['master of redis-node1', 'the master that this replica follows'],
  [
    'replica of redis-node0',
    'one replica of this master, the one with the lowest number; `replicas of redis-node0` are all',
  ],
  ['master of key aa', 'who owns the slot of this key; `replica of key aa`, `replicas of key aa`'],
  ['master of slot 1180', 'who owns this slot; `replica of slot 1180`, `replicas of slot 1180`'],
  [
    'random master',
    'drawn with the seed of the run, from those that answer and are not marked as failed; `random replica`, `random node`',
  ],
  ['2 random replicas', 'as many, drawn in the same way; `2 random masters`, `2 random nodes`'],
  [
    'random replica of shard 2',
    'drawn from those of one shard; `2 random replicas of shard 2`, `random node of shard 2`',
  ],
  ['all masters', 'all that answer and are not marked as failed; `all replicas`'],
  ['all nodes', 'all, whether they answer or not'],
  ['all nodes of shard 1', 'its master and its replicas, whether they answer or not; `all replicas of shard 1`'],
  [
    'all masters except $x',
    'all but these, whoever they are: `all nodes except $x, redis-node5 and master of shard 1`, `random master except $x`',
  ],
  ['majority of masters', 'more than half of them, drawn with the seed'],
  ['minority of masters', 'as many as a majority leaves, drawn with the seed: 1 of 3, 2 of 5'],
]

function targets(): Topic {
  return chapter('targets', 'Which nodes a step means, in plain words, decided when the step is played.', [
    { kind: 'words', head: 'phrases', rows: PHRASES },
    {
      kind: 'text',
      text: 'A phrase that stands for no node is an error, and so is one that stands for several where one is wanted. After a failover, `master of shard 1` is another node: give it a name with `let` before you stop it, and go on with `$name`.',
    },
    {
      kind: 'yaml',
      head: 'example',
      lines: ['- let: { victim: master of shard 1 }', '- stop: $victim', '- stop: [random replica, redis-node5]'],
    },
  ])
}

function names(): Topic {
  return chapter('names', 'A `$name` in a value stands for what `params`, `let` or `save` gave it.', [
    {
      kind: 'words',
      head: 'where names come from',
      rows: [
        ['params', 'values with defaults, known from the beginning; `--set name=value` overrides them'],
        ['let', 'nodes, decided when the step is played, and the same from then on'],
        [
          '$victim.port',
          'of a name that stands for one node, read when the step is played: `address` and `port` as the other nodes know them, `id` in the cluster, number of its `shard`',
        ],
        ['save', 'the reply of a `redis` step'],
        ['with', 'the params of a step file, set by the `use` that plays it: it sees no other names'],
      ],
    },
    {
      kind: 'text',
      text: 'A value that is nothing but a name becomes what is named, a number as a number; elsewhere its text goes in. `$$` is a dollar. A name that nobody gave is an error. `within`, `for`, `phase` and `use` take names of `params` alone: they are planned before the first step.',
    },
    {
      kind: 'yaml',
      head: 'example',
      lines: [
        'params: { keys: 1000 }',
        'steps:',
        '  - write: { keys: $keys, as: orders }',
        '  - let: { victim: master of key aa }',
        '  - kill: $victim',
      ],
    },
  ])
}

function values(): Topic {
  const forms = [
    ['duration', duration, '`ms`, `s`, `m` or `h`, up to 24h; always with its unit'],
    ['share', percent, 'above 0% and at most 100%'],
    ['amount of memory', size, '`kb`, `mb` or `gb`, as in redis.conf: 1mb is 1024 × 1024 bytes'],
    ['bandwidth', bandwidth, 'bytes (`kb/s`, `mb/s`) or bits (`kbit/s`, `mbit/s`) a second, of 1000'],
    ['rate', commonOptions.rate, 'operations in a second, a minute or an hour'],
  ] as const
  return chapter('values', 'How durations, shares, sizes, bandwidths and rates are written.', [
    {
      kind: 'words',
      head: 'forms',
      rows: forms.map(([name, schema, about]) => {
        return [name, `${(shapeOf(schema).examples ?? []).join(', ')}: ${about}`]
      }),
    },
  ])
}

function requires(): Topic {
  return chapter(
    'requires',
    'What the scenario needs: where it is missing, the scenario is skipped, with its reason.',
    [
      { kind: 'keys', head: 'keys', rows: rowsOf(scenarioKeys.requires) },
      {
        kind: 'yaml',
        head: 'example',
        lines: ["requires: { platform: docker, server: '>=7.0', can: [delay, disk-full] }"],
      },
    ],
  )
}

function audit(): Topic {
  return chapter(
    'audit',
    'Every run is audited for what nobody asked; what a scenario means to bring about, it says.',
    [
      { kind: 'words', head: 'rules', rows: auditRules.map(({ name, sentence }) => [name, sentence]) },
      {
        kind: 'text',
        text: '`allowed`: it may be found. `expected`: it must be found, or the scenario fails. With `node` or `nodes`, of these alone, by name or by the `$name` that `let` gave.',
      },
      {
        kind: 'yaml',
        head: 'example',
        lines: ['audit:', '  lost_writes: allowed', '  crash: { node: redis-node0, expected: true }'],
      },
    ],
  )
}

function twins(): Topic {
  return chapter('twins', 'A scenario with something changed, under which it must fail: it shows that it can.', [
    { kind: 'keys', head: 'keys', rows: rowsOf(twinShape) },
    {
      kind: 'text',
      text: 'Steps are meant by their `name`, which one step alone must have. A twin passes if what fails first is what `fails` names; one that passes, or fails elsewhere, is told. Steps come before checks, and checks before the audit: with `{ check: …, of: … }` all steps must pass. `run` does not play twins; `twins` plays nothing else.',
    },
    {
      kind: 'yaml',
      head: 'example',
      lines: [
        'steps:',
        '  - name: Stop the master',
        '    stop: redis-node0',
        '  - name: Its replica takes over',
        '    expect: { node: redis-node1, role: master }',
        '    within: 15s',
        'twins:',
        '  - because: With a node timeout of a minute nobody takes the master for failed',
        '    config: { cluster-node-timeout: 60000 }',
        '    fails: Its replica takes over',
        '  - because: Without its replica nobody can take over',
        '    before: Stop the master',
        '    steps: [kill: redis-node1]',
        '    fails: Its replica takes over',
      ],
    },
  ])
}
