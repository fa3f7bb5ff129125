import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import type { AgreedView } from '../cluster/agreed-view.ts'
import { type KeyedReply, sendByKey, spreadKeys } from '../cluster/key-routing.ts'
import type { Snapshot } from '../cluster/live-cluster.ts'
import { PlatformError } from '../platforms/errors.ts'
import { countsText, linesByShard } from './by-shard.ts'
import type { Dataset } from './datasets.ts'
import { defineVerb, type StepContext, StepFailure, type StepResult } from './verb.ts'

const arg = z.strictObject({
  keys: z.number().int().min(1).max(10_000_000).describe('How many keys, spread over all shards'),
  as: z
    .string()
    .regex(/^[A-Za-z0-9_.-]+$/, 'a name is letters, digits and _ . -')
    .describe('The name of the data, for verify; also how the keys begin'),
  value_size: z.number().int().min(1).max(1_048_576).optional().describe('Bytes of each value, at least'),
})

type WriteArg = z.infer<typeof arg>

/** Pause before the writes that failed are tried again, ms. */
const RETRY_EVERY_MS = 50
const ROUND_TRIP_TIMEOUT_MS = 2000

export const write = defineVerb({
  name: 'write',
  summary:
    'Writes keys spread over all shards and remembers each acknowledged value. With within, what fails is tried again.',
  group: 'data',
  example: ['- write: { keys: 1000, as: orders }', '  within: 10s'],
  proof: 'Every key was acknowledged by its master; with `within`, after further tries.',
  arg,
  modifiers: ['within'],
  defaultDeadlineMs: 120_000,
  sentence: ({ keys, as }) => `write ${plural(keys, 'key')} as ${as}`,
  async run(value, context) {
    const startMs = context.clock.ranMs()
    const snapshot = await context.cluster.look()
    let { agreed } = snapshot
    const dataset = datasetFor(value, snapshot, context)
    if (!dataset.beginRound()) {
      throw new StepFailure({
        message: `\`${value.as}\` is being written by another step at the same time`,
        hint: 'Use another name.',
      })
    }
    const failures = new Map<number, KeyedReply>()
    let tries = 1
    try {
      await writeOnce(dataset, agreed, failures, context)
      while (failures.size > 0 && context.clock.ranMs() - startMs < (context.step.withinMs ?? 0)) {
        await context.clock.sleep(RETRY_EVERY_MS, context.signal)
        agreed = (await context.cluster.look()).agreed
        await writeOnce(dataset, agreed, failures, context)
        tries += 1
      }
    } catch (interruption) {
      // Writes still under way may land: whoever reads the keys later must know.
      for (const index of dataset.unacknowledged()) dataset.doubt(index)
      throw interruption
    } finally {
      dataset.endRound()
    }
    const tookMs = context.clock.ranMs() - startMs
    assertDisksNotFull(failures)
    if (failures.size > 0) throw unacknowledged(dataset, failures, agreed, tries, tookMs, context)
    return result(dataset, agreed, tries, tookMs, context)
  },
})

/** Writing again under the same name gives the same keys a new value. */
function datasetFor(
  { keys, as, value_size = 0 }: WriteArg,
  { agreed, unreachable }: Snapshot,
  context: StepContext,
): Dataset {
  const known = context.datasets.get(as)
  if (known) {
    if (known.keys.length === keys) return known
    throw new StepFailure({
      message: `\`${as}\` was written with ${known.keys.length} keys before, and now with ${keys}`,
      hint: 'Use the same number, or another name.',
    })
  }
  if (agreed.shards.length === 0) {
    const silent = [...unreachable].map(([node, reason]) => `${node}: ${reason}`)
    const message = `no node answers${silent.length < context.cluster.nodes.length ? ' that knows of a shard' : ''}, so nothing can be written`
    throw new StepFailure({ message, details: silent })
  }
  return context.datasets.create(as, [...spreadKeys(as, keys, agreed.shards)], value_size)
}

async function writeOnce(
  dataset: Dataset,
  agreed: AgreedView,
  failures: Map<number, KeyedReply>,
  context: StepContext,
): Promise<void> {
  const indexes = dataset.unacknowledged()
  failures.clear()
  const commands = function* () {
    for (const index of indexes) {
      const key = dataset.keys[index] ?? ''
      yield { key, command: ['SET', key, dataset.value(index)] as const }
    }
  }
  await sendByKey(context.cluster, agreed, commands(), {
    signal: context.signal,
    timeoutMs: ROUND_TRIP_TIMEOUT_MS,
    onReply: (reply) => {
      const index = indexes[reply.index] ?? -1
      if (reply.error === undefined) dataset.acknowledge(index)
      else {
        if (reply.error.indeterminate) dataset.doubt(index)
        failures.set(index, reply)
      }
    },
  })
  if (failures.size > 0)
    context.progress(`${failures.size} of ${dataset.keys.length} not acknowledged: ${classesOf(failures)}`)
}

/** Throws PlatformError if a server has no room for its data: that says nothing of the cluster. */
function assertDisksNotFull(failures: ReadonlyMap<number, KeyedReply>): void {
  const full = [...failures.values()].find(({ error }) => /No space left on device/i.test(error?.message ?? ''))
  if (!full) return
  throw new PlatformError(`the disk of ${full.node} is full: ${full.error?.message}`, {
    hint: 'make room where servers keep their data: the folder for temporary files (TMPDIR) for processes, the engine’s storage for containers',
  })
}

function classesOf(failures: ReadonlyMap<number, KeyedReply>): string {
  const counts = new Map<string, number>()
  for (const { error } of failures.values()) {
    const name = error?.class ?? 'other'
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return countsText(counts)
}

function result(dataset: Dataset, agreed: AgreedView, tries: number, tookMs: number, context: StepContext): StepResult {
  const note = `${plural(dataset.keys.length, 'key')} acknowledged on ${plural(agreed.shards.length, 'shard')}`
  return context.step.withinMs === undefined ? { note } : { note, attempts: tries, trueAfterMs: tookMs }
}

function unacknowledged(
  dataset: Dataset,
  failures: ReadonlyMap<number, KeyedReply>,
  agreed: AgreedView,
  tries: number,
  tookMs: number,
  context: StepContext,
): StepFailure {
  const keys = [...failures.keys()].map((index) => dataset.keys[index] ?? '')
  const [sample] = failures.values()
  const lastSeen = `${failures.size} of ${dataset.keys.length} not acknowledged: ${classesOf(failures)}`
  const tried = `tried ${plural(tries, 'time')} in ${formatDuration(tookMs)}`
  return new StepFailure(
    {
      message: `expected all ${dataset.keys.length} writes to be acknowledged; ${lastSeen}`,
      details: [
        ...linesByShard(keys, 'not acknowledged', agreed),
        `for example: ${sample?.error?.message ?? ''}`,
        tried,
      ],
      ...(context.step.withinMs === undefined
        ? { hint: 'Each write was tried once. If writes may be refused for a while here, add within: 10s to the step.' }
        : {}),
    },
    { attempts: tries, lastSeen },
  )
}
