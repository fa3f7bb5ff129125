import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { DEFAULT_SERVER } from '../../runner/platforms/catalogue.ts'
import { servers } from '../support/catalogue-servers.ts'
import { reportsFolder } from '../support/cli.ts'
import { requireDebian } from '../support/debian.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { type PlantedRun, playPlanted } from '../support/planted-run.ts'

interface Plant {
  server?: string
  /** Keys of the scenario besides its title, cluster and steps. */
  more?: string
  /** Server settings beside a short node time-out. */
  steps: string
  flags?: readonly string[]
}

/** Plays a scenario whose steps pass, on processes. */
async function play(t: Test, { more = '', steps, ...options }: Plant): Promise<PlantedRun> {
  const file = path.join(reportsFolder(t), 'planted.yaml')
  const cluster = 'cluster: { config: { cluster-node-timeout: 1000, repl-diskless-sync-delay: 0 } }'
  writeFileSync(file, `title: planted\n${more}${cluster}\nsteps:\n${steps}`)
  const planted = await playPlanted(t, { scenario: file, ...options })
  const broken = planted.scenario.steps.filter(({ verdict }) => verdict !== 'passed')
  t.strictSame(broken, [], planted.stdout)
  return planted
}

function assertFound(t: Test, { code, stdout, bad }: PlantedRun, rule: string, text: RegExp): void {
  t.strictSame(
    bad.map((outcome) => outcome.rule),
    [rule],
    stdout,
  )
  t.match(bad[0]?.findings[0]?.text, text)
  t.match(stdout, /audited: 12 rules,(?: \d not evaluated,)? 1 finding/)
  t.equal(code, 1)
}

const skip = skipWithoutRedis()

t.test('nothing is found where nothing happens', { skip }, async (t) => {
  const { code, stdout, bad, rules } = await play(t, { steps: '  - write: { keys: 100, as: orders }\n' })
  t.equal(code, 0)
  t.strictSame(bad, [])
  t.equal(rules.length, 12)
  t.match(stdout, /audited: 12 rules,(?: \d not evaluated,)? 0 findings/)
  t.match(rules.find(({ rule }) => rule === 'replica_data')?.lookedAt, /^100 keys on 3 replicas in /)
})

t.test('a crash is found on every server, with the head of its report', async (t) => {
  for (const server of await servers()) {
    await t.test(server, { skip: server === DEFAULT_SERVER && skip }, async (t) => {
      if (server !== DEFAULT_SERVER && !(await requireDebian(t))) return
      const planted = await play(t, {
        server,
        steps:
          '  - redis: DEBUG SEGFAULT\n    on: redis-node5\n    error: redis-node5\n  - write: { keys: 100, as: orders }\n',
      })
      assertFound(t, planted, 'crash', /^redis-node5 ended by itself at .*SIGSEGV/)
      t.match(planted.bad[0]?.findings[0]?.details?.[0], /^=== (REDIS|VALKEY|REDICT) BUG REPORT START/)
    })
  }
})

const CRASH = '  - redis: DEBUG SEGFAULT\n    on: $victim\n    error: redis-node1\n'
const NAMED = '  - let: { victim: replica of shard 1 }\n'

t.test('a crash that the scenario expects, or allows, is no failure', { skip }, async (t) => {
  const pardoned = await play(t, {
    more: 'audit: { crash: { node: $victim, expected: true } }\n',
    steps: NAMED + CRASH,
  })
  t.equal(pardoned.code, 0, pardoned.stdout)
  t.match(
    pardoned.stdout,
    /audited: 12 rules,(?: \d not evaluated,)? 0 findings, and 1 more that the scenario means\n.*expected: redis-node1 ended by/,
  )
  const other = await play(t, {
    more: 'audit: { crash: { node: redis-node0, allowed: true } }\n',
    steps: NAMED + CRASH,
  })
  t.equal(other.code, 1, 'of another node')
  const missing = await play(t, { more: 'audit: { crash: { node: $victim, expected: true } }\n', steps: NAMED })
  assertFound(t, missing, 'crash', /^The scenario expects a finding of `crash` of redis-node1, and there was none$/)
})

t.test('--audit warn shows what is found and lets it pass', { skip }, async (t) => {
  const { code, stdout } = await play(t, {
    steps: NAMED + CRASH,
    flags: ['--audit', 'warn'],
  })
  t.equal(code, 0)
  t.match(stdout, /audited: 12 rules,(?: \d not evaluated,)? 1 finding\n +warning: redis-node1 ended by itself/)
})

t.test('a write that a replica did not apply', { skip }, async (t) => {
  const script = "redis.set_repl(redis.REPL_NONE) return redis.call('SET', KEYS[1], 'other')"
  const planted = await play(t, {
    steps: [
      '  - redis: SET aa value\n    expect: OK\n',
      '  - let: { m: master of key aa }\n',
      `  - redis: [EVAL, "${script}", 1, aa]\n    on: $m\n    expect: OK\n`,
    ].join(''),
  })
  assertFound(
    t,
    planted,
    'replica_data',
    /^key "?aa"? \(slot 1180, shard 1\): its value is not the same on redis-node1 as/,
  )
})

t.test('the other shards are compared, though the scenario leaves a node down', { skip }, async (t) => {
  const script = "redis.set_repl(redis.REPL_NONE) return redis.call('SET', KEYS[1], 'other')"
  const planted = await play(t, {
    steps: [
      '  - redis: SET aa value\n    expect: OK\n  - kill: redis-node5\n',
      `  - redis: [EVAL, "${script}", 1, aa]\n    on: redis-node0\n    expect: OK\n`,
    ].join(''),
  })
  assertFound(
    t,
    planted,
    'replica_data',
    /^key "?aa"? \(slot 1180, shard 1\): its value is not the same on redis-node1/,
  )
  const lookedAt = (name: string) => planted.rules.find(({ rule }) => rule === name)?.lookedAt
  t.match(lookedAt('replica_data'), /^1 key on 2 replicas in .*, without redis-node5$/)
  t.match(lookedAt('end_state'), /^5 nodes, healthy after .*, without redis-node5, which was down$/)
})

t.test('acknowledged keys that are gone, though nobody verifies them', { skip }, async (t) => {
  const planted = await play(t, {
    steps: '  - write: { keys: 90, as: orders }\n  - redis: FLUSHALL\n    on: redis-node0\n    expect: OK\n',
  })
  assertFound(t, planted, 'lost_writes', /^30 acknowledged writes of orders \(90 keys\) are gone at the end$/)
})

t.test('a slot that is left open', { skip }, async (t) => {
  const planted = await play(t, {
    steps: [
      '  - redis: CLUSTER MYID\n    on: redis-node2\n    save: other\n',
      '  - redis: CLUSTER SETSLOT 609 MIGRATING $other\n    on: redis-node0\n    expect: OK\n',
    ].join(''),
  })
  assertFound(t, planted, 'end_state', /^the cluster was not healthy 10 s after everything was healed: .*609/)
})

t.test('a master that became a stranger is taken over, and its slots are missed nowhere', { skip }, async (t) => {
  const { code, stdout, rules, scenario } = await play(t, {
    more: 'audit: { end_state: expected }\n',
    steps:
      '  - data-wiped: { node: redis-node0, identity: lost }\n  - failover: { node: redis-node1, mode: takeover }\n',
  })
  t.strictSame(rules.find(({ rule }) => rule === 'slots')?.findings, [], stdout)
  t.match(scenario.steps.at(-1)?.proof, /master after .*4 of 4 others agree/)
  t.equal(code, 0)
})
