import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import type { AgreedView } from '../cluster/agreed-view.ts'
import { linesByShard } from './by-shard.ts'
import type { Dataset } from './datasets.ts'
import { type Findings, readBack } from './read-back.ts'
import { defineVerb, type StepContext, StepFailure } from './verb.ts'

export const verify = defineVerb({
  name: 'verify',
  summary: 'Reads every acknowledged key back from its master, and names what is lost, changed or unreadable.',
  group: 'data',
  example: ['- write: { keys: 1000, as: orders }', '- verify: orders'],
  proof: 'Every acknowledged key is on its master with the value that was acknowledged last.',
  arg: z.string().min(1).describe('The name that write gave: as'),
  modifiers: ['within'],
  defaultDeadlineMs: 120_000,
  sentence: (name) => `verify ${name}`,
  async run(name, context) {
    const dataset = knownDataset(name, context)
    const startMs = context.clock.ranMs()
    const total = dataset.judgeable().length
    if (total === 0) {
      throw new StepFailure({ message: `no write of \`${name}\` was ever acknowledged, so there is nothing to verify` })
    }
    const { cluster, clock, signal } = context
    const withinMs = context.step.withinMs ?? 0
    const { findings, errors, tries, agreed } = await readBack(dataset, { cluster, clock, signal, withinMs })
    const tookMs = clock.ranMs() - startMs
    if (findings.right.length < total) throw failure(dataset, findings, agreed, errors, { tries, tookMs })
    return { note: `${total} of ${total} keys read back from their masters, with their values` }
  },
})

function knownDataset(name: string, context: StepContext): Dataset {
  const dataset = context.datasets.get(name)
  if (dataset) return dataset
  const names = context.datasets.names()
  throw new StepFailure({
    message: `nothing was written as \`${name}\` in this scenario${names.length === 0 ? '' : `; there is ${names.join(', ')}`}`,
    hint: 'Write it first: write: { keys: 1000, as: … }.',
  })
}

const WORDS = [
  ['lost', 'lost'],
  ['older', 'back at an older value'],
  ['changed', 'with a value that was never written'],
  ['unreadable', 'unreadable'],
] as const satisfies (readonly [Exclude<keyof Findings, 'right'>, string])[]

function failure(
  dataset: Dataset,
  findings: Findings,
  agreed: AgreedView,
  errors: readonly string[],
  tried: { tries: number; tookMs: number },
): StepFailure {
  const kinds = WORDS.filter(([kind]) => findings[kind].length > 0)
  const counts = kinds.map(([kind, words]) => `${findings[kind].length} ${words}`).join(', ')
  const total = dataset.judgeable().length
  const lastSeen = `of ${total} acknowledged keys, ${findings.right.length} are right, ${counts}`
  const keysOf = (indexes: readonly number[]) => indexes.map((index) => dataset.keys[index] ?? '')
  const details = kinds.flatMap(([kind, words]) => linesByShard(keysOf(findings[kind]), words, agreed))
  const unread = errors[0] === undefined ? [] : [`for example: ${errors[0]}`]
  const effort = `read ${plural(tried.tries, 'time')} in ${formatDuration(tried.tookMs)}`
  return new StepFailure(
    {
      message: `expected every acknowledged write of \`${dataset.name}\` to be there; ${lastSeen}`,
      details: [...details, ...unread, effort],
    },
    { attempts: tried.tries, lastSeen },
  )
}
