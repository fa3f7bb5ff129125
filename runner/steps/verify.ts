import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import type { AgreedView } from '../cluster/agreed-view.ts'
import { sendByKey } from '../cluster/key-routing.ts'
import { linesByShard } from './by-shard.ts'
import type { Dataset, Judgement } from './datasets.ts'
import { defineVerb, type StepContext, StepFailure } from './verb.ts'

/** Pause before keys that could not be read are tried again, ms. */
const RETRY_EVERY_MS = 50
const ROUND_TRIP_TIMEOUT_MS = 2000

type Findings = Record<Exclude<Judgement, 'unknown'> | 'unreadable', number[]>

export const verify = defineVerb({
  name: 'verify',
  summary: 'Reads every acknowledged key back from its master, and names what is lost, changed or unreadable.',
  arg: z.string().min(1).describe('The name that write gave: as'),
  modifiers: ['within'],
  defaultDeadlineMs: 120_000,
  sentence: (name) => `verify ${name}`,
  async run(name, context) {
    const dataset = knownDataset(name, context)
    const startMs = context.clock.ranMs()
    const findings: Findings = { right: [], lost: [], older: [], changed: [], unreadable: dataset.judgeable() }
    if (findings.unreadable.length === 0) {
      throw new StepFailure({ message: `no write of \`${name}\` was ever acknowledged, so there is nothing to verify` })
    }
    const errors: string[] = []
    let tries = 0
    let agreed: AgreedView
    do {
      if (tries > 0) await context.clock.sleep(RETRY_EVERY_MS, context.signal)
      tries += 1
      agreed = (await context.cluster.look()).agreed
      await readOnce(dataset, agreed, findings, errors, context)
    } while (findings.unreadable.length > 0 && context.clock.ranMs() - startMs < (context.step.withinMs ?? 0))
    const tookMs = context.clock.ranMs() - startMs
    const total = dataset.judgeable().length
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

/** Reads what could not be read so far, and sorts it into the findings. */
async function readOnce(
  dataset: Dataset,
  agreed: AgreedView,
  findings: Findings,
  errors: string[],
  context: StepContext,
): Promise<void> {
  const indexes = findings.unreadable
  findings.unreadable = []
  errors.length = 0
  const commands = function* () {
    for (const index of indexes) {
      const key = dataset.keys[index] ?? ''
      yield { key, command: ['GET', key] as const }
    }
  }
  await sendByKey(context.cluster, agreed, commands(), {
    signal: context.signal,
    timeoutMs: ROUND_TRIP_TIMEOUT_MS,
    onReply: ({ index: place, reply, error }) => {
      const index = indexes[place] ?? -1
      const judgement = error === undefined ? dataset.judge(index, reply) : 'unreadable'
      if (error) errors.push(error.message)
      if (judgement !== 'unknown') findings[judgement].push(index)
    },
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
