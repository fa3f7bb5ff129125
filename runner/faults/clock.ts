import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { defineFault, type Fault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { asHealing, ask, byNode, healableOf, runningOf } from './reach.ts'
import { ofEach } from './server-resources.ts'

const clockSpec = z.object({
  nodes: z.array(z.string()),
  /** By how much the clock is off: above 0, it is ahead. */
  offsetMs: z.number(),
})

const clockMemo = z.object({
  /** How the clocks of the nodes stood to ours before, ms: an engine may be in a machine of its own. */
  before: z.record(z.string(), z.number()),
})

/** What an answer's way, and a busy machine, may add. */
const TOLERANCE_MS = 250
const TRIES = 3

/** Servers whose wall clock is off. */
export const clock = defineFault({
  name: 'clock',
  spec: clockSpec,
  memo: clockMemo,
  lostByRestart: false,

  async remember({ nodes }, stage) {
    return { before: await byNode(nodes, async (node) => (await measure(node, stage)) - offsetOf(node, stage.active)) }
  },

  apply: ({ nodes }, stage) => reconcile(nodes, stage),
  heal: ({ nodes }, stage) => reconcile(nodes, stage),

  async prove(fault, stage) {
    return await ofEach(await runningOf(fault, stage), async (node) => {
      const { wanted, seen } = await compare(node, fault, stage)
      if (Math.abs(seen - wanted) > TOLERANCE_MS) {
        throw new NotProven(`the clock of ${node} is ${describe(seen)}, and should be ${describe(wanted)}`)
      }
      return `TIME is ${describe(seen)}`
    })
  },

  async proveHealed(fault, stage) {
    const { running, down } = await healableOf(fault, stage)
    const proofs = await Promise.all(
      running.map(async (node) => {
        const { wanted, seen } = await asHealing(compare(node, fault, stage))
        if (Math.abs(seen - wanted) > TOLERANCE_MS)
          throw new NotHealed(`the clock of ${node} is still ${describe(seen)}`)
        return `${node}: TIME is ${describe(seen)}`
      }),
    )
    return [...proofs, ...down].join('; ')
  },
})

/** By how much all faults together put the clock of a node off. */
function offsetOf(node: string, active: readonly Fault[]): number {
  const own = active.filter(({ kind, nodes }) => kind === clock.name && nodes.includes(node))
  return own.reduce((sum, { spec }) => sum + clockSpec.parse(spec).offsetMs, 0)
}

async function reconcile(nodes: readonly string[], stage: FaultStage): Promise<void> {
  await Promise.all(nodes.map((node) => stage.servers.control.setClock(node, offsetOf(node, stage.active))))
}

async function compare(
  node: string,
  { memo }: { memo: z.infer<typeof clockMemo> },
  stage: FaultStage,
): Promise<{ wanted: number; seen: number }> {
  const seen = (await measure(node, stage)) - (memo.before[node] ?? 0)
  return { wanted: offsetOf(node, stage.active), seen }
}

/** How far a node's wall clock is from ours, ms, by the quickest of some answers. */
async function measure(node: string, stage: FaultStage): Promise<number> {
  let best = { tookMs: Number.POSITIVE_INFINITY, offsetMs: 0 }
  for (let tries = 0; tries < TRIES; tries += 1) {
    const startMs = stage.clock.nowMs()
    const reply = await ask(stage, node, 'TIME')
    const tookMs = stage.clock.nowMs() - startMs
    const [seconds = 0, microseconds = 0] = Array.isArray(reply) ? reply.map(Number) : []
    const offsetMs = seconds * 1000 + microseconds / 1000 - (stage.clock.wallMs() - tookMs / 2)
    if (tookMs < best.tookMs) best = { tookMs, offsetMs }
  }
  return best.offsetMs
}

function describe(offsetMs: number): string {
  const amount = formatDuration(Math.abs(offsetMs))
  return Math.abs(offsetMs) <= TOLERANCE_MS ? 'right' : `${amount} ${offsetMs > 0 ? 'ahead' : 'behind'}`
}
