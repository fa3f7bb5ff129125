import { typed } from '../base/command-line.ts'
import { listed } from '../base/text.ts'
import type { LinkAnswer, LinkFault } from '../platforms/faults.ts'
import { type FaultStage, NotHealed, NotProven } from './fault.ts'
import {
  askAll,
  describeProbe,
  linkFault,
  linksOf,
  packetsCounted,
  probesAlong,
  runningNodes,
  wholePairs,
} from './network-faults.ts'

/** How long a probe across a cut link is silent before it counts as cut, ms: a link that works answers within a few. */
const SILENT_AFTER_MS = 400
/** How long one across a whole link may take on a machine that is busy, ms. */
const ANSWER_WITHIN_MS = 2000
const HEALED_WITHIN_MS = 8000
const LOOK_EVERY_MS = 100
const SHOWN = 3

/** Links that are cut. */
export const partition = linkFault('partition', {
  async prove(fault, stage) {
    const running = await runningNodes(stage)
    const cut = probesAlong(fault.spec.links, running)
    const whole = wholePairs(linksOf(stage.active), running)
    const [answers, others] = await Promise.all([
      askAll(cut, SILENT_AFTER_MS, stage),
      whole.length === 0 ? [] : stage.servers.network.probe(whole, ANSWER_WITHIN_MS),
    ])
    const open = answers.filter(({ outcome }) => outcome === 'open')
    if (open.length > 0) throw new NotProven(`still open after the cut: ${describeProbes(open)}`)
    const closed = others.filter(({ outcome }) => outcome !== 'open')
    if (closed.length > 0) throw new NotProven(`not asked to be cut, but no answer: ${describeProbes(closed)}`)
    return [
      `${answers.length} of ${answers.length} probes across the cut ${howTheyEnded(answers)}`,
      ...(others.length === 0 ? [] : [`${others.length} of ${others.length} beside it answered`]),
      await stoppedPackets(fault.spec.links, stage),
    ].join(', ')
  },

  async proveHealed(_, stage, probes) {
    const startMs = stage.clock.ranMs()
    for (let looks = 1; ; looks += 1) {
      const answers = await stage.servers.network.probe(probes, ANSWER_WITHIN_MS)
      const cut = answers.filter(({ outcome }) => outcome !== 'open')
      if (cut.length === 0) return `${answers.length} of ${answers.length} probes across the former cut answered`
      if (stage.clock.ranMs() - startMs > HEALED_WITHIN_MS) {
        throw new NotHealed(
          `still cut ${HEALED_WITHIN_MS / 1000} s after it was healed (${looks} looks): ${describeProbes(cut)}`,
          `\`${typed('heal')}\` tries again; a node that hangs does not answer either: look at its log.`,
        )
      }
      await stage.clock.sleep(LOOK_EVERY_MS, stage.signal)
    }
  },
})

function howTheyEnded(answers: readonly LinkAnswer[]): string {
  const refused = answers.filter(({ outcome }) => outcome === 'refused').length
  if (refused === 0) return `were silent for ${SILENT_AFTER_MS} ms`
  return refused === answers.length ? 'were refused' : `were silent or refused (${refused})`
}

/** Throws NotProven if nothing counted anything, although probes were just stopped. */
async function stoppedPackets(links: readonly LinkFault[], stage: FaultStage): Promise<string> {
  const packets = await packetsCounted(links, stage)
  if (packets === 0) throw new NotProven('the probes got no answer, but the cut itself counted nothing that it stopped')
  return `${packets} packets stopped`
}

function describeProbes(answers: readonly LinkAnswer[]): string {
  return listed(answers.map(describeProbe), SHOWN)
}
