import { z } from 'zod'
import { poll } from '../base/poll.ts'
import { endMoves, movesUnderWay } from '../cluster/moves/end-moves.ts'
import { DEFAULT_NAME, type Migration } from './migrations.ts'
import { defineVerb, type StepContext, StepFailure } from './verb.ts'

const name = z.string().min(1)

const arg = z.union([
  z.enum(['resume', 'cancel']).describe('What becomes of the move; where several have names, which one'),
  z.strictObject({ resume: name.describe('The `as` of a move that was left half-way, or failed: it goes on') }),
  z.strictObject({ cancel: name.describe('The `as` of a move: it ends, and open slots are closed') }),
])

type Arg = z.infer<typeof arg>

const WITHIN_MS = 120_000
const ENDED_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 50

export const migration = defineVerb({
  name: 'migration',
  summary: 'Goes on with a move of slots that was left half-way, or cancels one that is under way.',
  group: 'cluster',
  example: ['- reshard: { slots: 0-99, to: redis-node2, until: half, as: big }', '- migration: { resume: big }'],
  proof: 'resume: the move has come to its end, and all nodes see it. cancel: no slot is open any more.',
  arg,
  modifiers: ['within'],
  defaultDeadlineMs: WITHIN_MS,
  sentence: (value) => {
    const { act, called } = asked(value)
    return `${act} the move of slots${called === DEFAULT_NAME ? '' : ` ${called}`}`
  },
  async run(value, context) {
    const { act, called } = asked(value)
    const found = context.migrations.get(called)
    if (!found) throw new StepFailure({ message: `there is no move of slots called ${called}` })
    return act === 'resume' ? await resume(found, context) : await cancel(found, context)
  },
})

function asked(value: Arg): { act: 'resume' | 'cancel'; called: string } {
  if (typeof value === 'string') return { act: value, called: DEFAULT_NAME }
  return 'resume' in value ? { act: 'resume', called: value.resume } : { act: 'cancel', called: value.cancel }
}

async function resume(found: Migration, context: StepContext) {
  if (found.state === 'running') throw new StepFailure({ message: `the move goes on: ${found.text}` })
  // What a server keeps half-way cannot be let go on everywhere: it is asked for anew.
  await endServerMoves(context)
  await found.ownersSettled(context.signal)
  const left = await found.left()
  // A failover may have given its slots to another master than the one that they were to come from.
  if (left.length > 0) context.noteMoves(left)
  found.resume(left)
  await found.ended()
  if (found.state !== 'done') {
    throw new StepFailure({
      message: `the move did not come to its end: ${found.text}`,
      hint: 'Once both ends answer and the cluster serves again (`expect: { cluster: ok }` with `within`), `migration: resume` once more; or `heal: slots` closes what is open.',
    })
  }
  return { proof: found.text }
}

async function cancel(found: Migration, context: StepContext) {
  if (await found.catchUp()) throw new StepFailure({ message: `there is nothing to cancel: ${found.text}` })
  await found.cancel('cancelled by a step')
  const { done, left } = await endServerMoves(context)
  if (await found.catchUp())
    throw new StepFailure({ message: `it came to its end before it was cancelled: ${found.text}` })
  const closed = await endMoves({ ...context, onMove: (move) => context.noteMoves([move]) })
  const [first, ...others] = [...left, ...closed.left]
  if (first !== undefined) throw new StepFailure({ message: first, details: others })
  return { proof: [found.text, ...done, ...closed.done].join('; ') }
}

/** Resolves when no server makes a move by itself any more. */
async function endServerMoves({ cluster, clock, signal }: StepContext) {
  const closed = await endMoves({ cluster, signal, only: 'server moves' })
  const look = async () => ({ ok: (await movesUnderWay(cluster)) === 0, seen: '' })
  await poll(look, { clock, signal, withinMs: ENDED_WITHIN_MS, everyMs: LOOK_EVERY_MS })
  return closed
}
