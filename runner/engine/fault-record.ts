import type { LiveCluster } from '../cluster/live-cluster.ts'
import { FaultBoard } from '../faults/board.ts'
import type { Fault } from '../faults/fault.ts'
import { Journal } from '../faults/journal.ts'
import { endsServers } from '../faults/memory.ts'
import { busCuts } from '../faults/network-faults.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import { defaultStateFolder } from '../platforms/state-folder.ts'
import type { FaultInfo } from '../record/events.ts'
import type { RunSettings } from './run-settings.ts'

/** The journal of the run, which one scenario at a time has. */
export function openJournal(settings: RunSettings): Journal {
  return new Journal(defaultStateFolder(), { runId: settings.runId, platform: settings.platform.kind })
}

/**
 * The faults of a scenario: journalled before they are applied, and recorded as events when they are seen to bite or to
 * be healed.
 */
export function openBoard(
  made: { cluster: LiveCluster; servers: ServerGroup },
  scenario: number,
  journal: Journal,
  { clock, recorder }: RunSettings,
): FaultBoard {
  return new FaultBoard({
    ...made,
    clock,
    keep: (faults) => journal.write(faults),
    onChange: ({ fault, state, proof, fromMs, toMs }) => {
      recorder.record({ type: `fault-${state}`, scenario, fault: infoOf(fault), proof })
      const times = { fromMs: recorder.timeOf(fromMs), toMs: recorder.timeOf(toMs) }
      const cuts = busCuts(fault)
      recorder.record({
        type: 'fault-seen',
        scenario,
        fault: fault.kind,
        nodes: fault.nodes,
        undone: state === 'ended',
        ...times,
        ...(cuts && { cuts }),
        ...(endsServers(fault) && { endsServers: true }),
      })
    },
  })
}

function infoOf({ id, kind, nodes, sentence }: Fault): FaultInfo {
  return { id, kind, nodes, sentence }
}
