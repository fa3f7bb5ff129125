import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import { linesByShard } from './by-shard.ts'
import type { Dataset } from './datasets.ts'
import { type Findings, type ReadBack, readBack } from './read-back.ts'
import { readBackOn } from './read-back-on.ts'
import { defineVerb, type StepContext, StepFailure, type StepResult } from './verb.ts'

export const verify = defineVerb({
  name: 'verify',
  summary:
    'Reads every acknowledged key back from its master, and names what is lost, changed or unreadable. With on, those of its shard from that node itself.',
  group: 'data',
  example: [
    '- write: { keys: 1000, as: orders }',
    '- verify: orders',
    '- verify: orders',
    '  on: all replicas',
    '  within: 5s',
  ],
  proof:
    'Every acknowledged key is on its master with the value that was acknowledged last; with `on`, every one of its shard on each of these nodes.',
  arg: z.string().min(1).describe('The name that write gave: as'),
  modifiers: ['within', 'on'],
  defaultDeadlineMs: 120_000,
  sentence: (name, { on }) => `verify ${name}${on === undefined ? '' : ` on ${on}`}`,
  async run(name, context) {
    const dataset = knownDataset(name, context)
    const startMs = context.clock.ranMs()
    const total = dataset.judgeable().length
    if (total === 0) {
      throw new StepFailure({ message: `no write of \`${name}\` was ever acknowledged, so there is nothing to verify` })
    }
    if (context.step.on !== undefined)
      return await verifyOn(await context.resolveMany(context.step.on), dataset, context)
    const { cluster, clock, signal } = context
    const withinMs = context.step.withinMs ?? 0
    const read = await readBack(dataset, { cluster, clock, signal, withinMs })
    const tookMs = clock.ranMs() - startMs
    if (read.findings.right.length < total) throw failure(dataset, read, { total, tookMs })
    return { note: `${total} of ${total} keys read back from their masters, with their values` }
  },
})

async function verifyOn(nodes: readonly string[], dataset: Dataset, context: StepContext): Promise<StepResult> {
  const { cluster, clock, signal } = context
  const startMs = clock.ranMs()
  const notes: string[] = []
  for (const node of nodes) {
    const withinMs = Math.max(0, (context.step.withinMs ?? 0) - (clock.ranMs() - startMs))
    const read = await readBackOn(dataset, node, { cluster, clock, signal, withinMs })
    const { total } = read
    if (total === 0) throw new StepFailure({ message: `no key of \`${dataset.name}\` is in the shard of ${node}` })
    if (read.findings.right.length < total) {
      throw failure(dataset, read, { total, tookMs: clock.ranMs() - startMs, on: node })
    }
    notes.push(`${total} of ${total} keys read back from ${node}`)
  }
  return { note: `${notes.join(', ')}, with their values` }
}

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
  { findings, agreed, errors, tries }: ReadBack,
  { total, tookMs, on }: { total: number; tookMs: number; on?: string },
): StepFailure {
  const kinds = WORDS.filter(([kind]) => findings[kind].length > 0)
  const counts = kinds.map(([kind, words]) => `${findings[kind].length} ${words}`).join(', ')
  const lastSeen = `of ${total} acknowledged keys, ${findings.right.length} are right, ${counts}`
  const keysOf = (indexes: readonly number[]) => indexes.map((index) => dataset.keys[index] ?? '')
  const details = kinds.flatMap(([kind, words]) => linesByShard(keysOf(findings[kind]), words, agreed))
  const unread = errors[0] === undefined ? [] : [`for example: ${errors[0]}`]
  const effort = `read ${plural(tries, 'time')} in ${formatDuration(tookMs)}`
  const where = on === undefined ? 'there' : `on ${on}`
  return new StepFailure(
    {
      message: `expected every acknowledged write of \`${dataset.name}\` to be ${where}; ${lastSeen}`,
      details: [...details, ...unread, effort],
    },
    { attempts: tries, lastSeen },
  )
}
