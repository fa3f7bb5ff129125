import type { Clock } from '../base/clock.ts'
import type { AgreedView } from '../cluster/agreed-view.ts'
import { sendByKey } from '../cluster/key-routing.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { Dataset, Judgement } from './datasets.ts'

/** Pause before keys that could not be read are tried again, ms. */
const RETRY_EVERY_MS = 50
const ROUND_TRIP_TIMEOUT_MS = 2000

/** What became of the keys with an acknowledged write, by their indexes. */
export type Findings = Record<Exclude<Judgement, 'unknown'> | 'unreadable', number[]>

export interface ReadBack {
  findings: Findings
  /** Why keys could not be read, at the last try. */
  errors: string[]
  tries: number
  agreed: AgreedView
}

/**
 * Reads every key of a dataset with an acknowledged write from its master. What cannot be read is tried again until
 * `withinMs` is over; 0: it is read once. Rejects with the signal's reason.
 */
export async function readBack(
  dataset: Dataset,
  { cluster, clock, signal, withinMs }: { cluster: LiveCluster; clock: Clock; signal: AbortSignal; withinMs: number },
): Promise<ReadBack> {
  const startMs = clock.ranMs()
  const findings: Findings = { right: [], lost: [], older: [], changed: [], unreadable: dataset.judgeable() }
  for (let tries = 1; ; tries += 1) {
    const { agreed } = await cluster.look()
    const errors = await readOnce(dataset, agreed, findings, cluster, signal)
    const isOver = clock.ranMs() - startMs >= withinMs
    if (findings.unreadable.length === 0 || isOver) return { findings, errors, tries, agreed }
    await clock.sleep(RETRY_EVERY_MS, signal)
  }
}

/** Reads what could not be read so far, and sorts it into the findings; returns the errors. */
async function readOnce(
  dataset: Dataset,
  agreed: AgreedView,
  findings: Findings,
  cluster: LiveCluster,
  signal: AbortSignal,
): Promise<string[]> {
  const indexes = findings.unreadable
  findings.unreadable = []
  const errors: string[] = []
  const commands = function* () {
    for (const index of indexes) {
      const key = dataset.keys[index] ?? ''
      yield { key, command: ['GET', key] as const }
    }
  }
  await sendByKey(cluster, agreed, commands(), {
    signal,
    timeoutMs: ROUND_TRIP_TIMEOUT_MS,
    onReply: ({ index: place, reply, error }) => {
      const index = indexes[place] ?? -1
      const judgement = error === undefined ? dataset.judge(index, reply) : 'unreadable'
      if (error) errors.push(error.message)
      if (judgement !== 'unknown') findings[judgement].push(index)
    },
  })
  return errors
}
