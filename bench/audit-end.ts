import Table from 'cli-table3'
import type { RunEvent } from '../runner/record/events.ts'
import { median } from './median.ts'
import { eventsOfFailoverBasic, only } from './overhead.ts'

const ROUNDS = 3

/** What the audit took at the end of one run, ms. */
interface Figures {
  looking: number
  comparing: number
  judging: number
}

/** Prints what the audit adds to the end of failover-basic, on processes of this machine. */
export async function benchAuditAtEnd(server: string): Promise<void> {
  const rounds: Figures[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    process.stderr.write(`failover-basic, round ${round} of ${ROUNDS}\n`)
    rounds.push(figures(await eventsOfFailoverBasic(['--platform', 'process', '--server', server])))
  }
  const table = new Table({
    head: [`end of failover-basic, ms, ${server}`, ...rounds.map((_, i) => `round ${i + 1}`), 'median'],
    style: { head: [], border: [] },
  })
  const row = (name: string, of: (figures: Figures) => number) =>
    table.push([name, ...rounds.map((one) => of(one).toFixed(1)), median(rounds.map(of)).toFixed(1)])
  row('looking at the cluster, from its last step on', ({ looking }) => looking)
  row('of that, comparing replicas with their masters', ({ comparing }) => comparing)
  row('judging', ({ judging }) => judging)
  row('THE AUDIT (limit 150)', ({ looking, judging }) => looking + judging)
  process.stdout.write(`${table.toString()}\n`)
}

function figures(events: RunEvent[]): Figures {
  const lastStep = events.findLast(({ type }) => type === 'step-ended')
  const judged = only(events, 'audit-judged')
  const before = events[events.indexOf(judged) - 1]
  return {
    looking: only(events, 'watch-ended').atMs - (lastStep?.atMs ?? Number.NaN),
    comparing: only(events, 'data-compared').tookMs,
    judging: judged.atMs - (before?.atMs ?? Number.NaN),
  }
}
