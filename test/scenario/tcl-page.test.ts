import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { listScenarios } from '../../runner/scenario/library.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(path.join(root, 'docs/tcl-tests.md'), 'utf8')

const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| their file |'))
  .map((line) => line.split('|').slice(1, -1))
  .map(([theirs = '', claim = '', ours = '']) => ({ theirs: theirs.trim(), claim: claim.trim(), ours: ours.trim() }))

/** Tests of clusters in Redis 7.0.15, and in its and Valkey's unstable of October 2024, without `.tcl`. */
const FILES = `
  00-base 01-faildet 02-failover 03-failover-loop 04-resharding 05-slave-selection 06-slave-stop-cond
  07-replica-migration 08-update-msg 09-pubsub 10-manual-failover 11-manual-takeover 12-replica-migration-2
  12.1-replica-migration-3 13-no-failover-option 14-consistency-check 15-cluster-slots 16-transactions-on-replica
  17-diskless-load-swapdb 18-info 19-cluster-nodes-slots 20-half-migrated-slot 21-many-slot-migration 22-replica-in-sync
  23-multiple-slot-operations 24-links 25-pubsubshard-slot-migration 26-pubsubshard 27-endpoints 28-cluster-shards
  29-slot-migration-response announce-client-ip announced-endpoints base cli cluster-multiple-meets cluster-nodes-slots
  cluster-reliable-meet cluster-response-tls cluster-scripting cluster-shards cluster-slots consistency-check
  diskless-load-swapdb faildet failover failover2 failure-marking half-migrated-slot hostnames human-announced-nodename
  info links manual-failover manual-takeover many-slot-migration misc multi-slot-operations no-failover-option pubsub
  pubsubshard pubsubshard-slot-migration replica-in-sync replica-migration scripting sharded-pubsub slave-selection
  slave-stop-cond slot-migration slot-migration-response slot-ownership slot-stats transactions-on-replica update-msg
`

t.test('each of their files is in the table', async (t) => {
  const named = new Set(rows.flatMap(({ theirs }) => [...theirs.matchAll(/`([^`]+)`/g)].map(([, name]) => name)))
  const missing = FILES.trim()
    .split(/\s+/)
    .filter((name) => !named.has(name))
  t.strictSame(missing, [])
})

t.test('each claim has a scenario of the library, or the reason why not', async (t) => {
  t.ok(rows.length > 60, `${rows.length} rows were found`)
  const known = new Map(listScenarios(path.join(root, 'scenarios')).map(({ name }) => [path.basename(name), name]))
  const problems = rows.flatMap(({ claim, ours }) => {
    const links = [...ours.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, name = '', link = '']) => ({ name, link }))
    const broken = links.filter(({ name, link }) => link !== `../scenarios/${known.get(name)}.yaml`)
    if (links.length === 0 && !/^no: .{10}/.test(ours)) return [`${claim}: no scenario, and no reason`]
    return broken.map(({ name }) => `${claim}: ${name} is not there`)
  })
  t.strictSame(problems, [])
})
