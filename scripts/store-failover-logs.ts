import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { argv, path } from 'zx'
import { readEvents } from '../runner/record/event-log.ts'
import type { RunEvent } from '../runner/record/events.ts'

/**
 * Stores the logs and events of a run for the test that replays them (test/cluster/failover-replay.test.ts):
 *
 *     npm run store-failover-logs -- reports/<run> <name>
 *
 * One folder for each scenario, `test/cluster/failover-logs/<name>-<server>`, with the lines of all nodes in `log.txt`,
 * each as it was logged with its node before it, and the events in `events.jsonl`. What has nothing to do with
 * failovers is left out, and so are crash reports.
 */

/** Lines about files, memory, forming and topology gossip: two thirds of a log. */
const NOISE =
  /AOF|RDB(?! channel)|append only|BGSAVE|Background|overcommit|cjson|Fork CoW|backlog|asks for synchronization|Mismatch in topology|Shard id|is now a replica of|handshake|Cluster meet|no longer (?:master|primary) of|now part of shard|Connecting to|Reconnecting to|sync started|Error condition on socket|Non blocking connect|replied to PING|cached (?:master|primary)|secondary replication ID|bio thread|Bio thread|crashed by signal|Crashed running|Accessing address/

/** A line of a server itself, after the platform's stamp: `23501:M …`. What has no such head is a crash report's. */
const OF_A_SERVER = /^\S+ \d+:[A-Z] /

/** Events that a timeline is not made from. */
const LEFT_OUT: ReadonlySet<RunEvent['type']> = new Set([
  'progress',
  'step-progress',
  'log-saved',
  'scenario-as-played',
])

const [run, name] = argv._
if (run === undefined || name === undefined) throw new Error('give the folder of a run, and a name')
const events = readEvents(path.join(run, 'events.jsonl'))
const logFolders = readdirSync(path.join(run, 'nodes'), { withFileTypes: true })
const folders = logFolders.some((entry) => entry.isDirectory())
  ? logFolders.map((entry) => entry.name).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  : ['.']
for (const [scenario, folder] of folders.entries()) {
  const own = events.filter((event) => !('scenario' in event) || event.scenario === scenario)
  const ready = own.find((event) => event.type === 'cluster-ready')
  if (ready?.type !== 'cluster-ready') throw new Error(`scenario ${scenario} has no cluster`)
  const target = path.join('test', 'cluster', 'failover-logs', `${name}-${ready.server.replace(' ', '-')}`)
  mkdirSync(target, { recursive: true })
  const kept = own.filter(({ type }) => !LEFT_OUT.has(type))
  writeFileSync(
    path.join(target, 'events.jsonl'),
    kept.map((event) => `${JSON.stringify(withoutFolders(event))}\n`).join(''),
  )
  writeFileSync(path.join(target, 'log.txt'), logOf(path.join(run, 'nodes', folder)))
}

/** Where the run was played is of no use to the test. */
function withoutFolders(event: RunEvent): RunEvent {
  if (event.type === 'run-started') return { ...event, command: event.command.replace(/ --reports \S+/, '') }
  return event.type === 'run-ended' ? { ...event, folder: 'reports' } : event
}

function logOf(folder: string): string {
  const files = readdirSync(folder).filter((file) => file.endsWith('.log'))
  const lines = files.flatMap((file) => {
    const node = path.basename(file, '.log')
    const own = readFileSync(path.join(folder, file), 'utf8').split('\n')
    return own.filter((line) => OF_A_SERVER.test(line) && !NOISE.test(line)).map((line) => ({ node, line }))
  })
  // Each line begins with the platform's stamp, by which the lines of all nodes are merged; the sort keeps the order of
  // each log.
  lines.sort((a, b) => a.line.slice(0, 24).localeCompare(b.line.slice(0, 24)))
  return lines.map(({ node, line }) => `${node} ${line}\n`).join('')
}
