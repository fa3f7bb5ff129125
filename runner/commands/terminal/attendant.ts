import path from 'node:path'
import { typed } from '../../base/command-line.ts'
import type { HeldClock } from '../../base/held-clock.ts'
import { visible } from '../../base/text.ts'
import type { Attendant, Scene } from '../../engine/attendant.ts'
import type { ScenarioResult } from '../../engine/scenario-result.ts'
import { talkTo } from '../cluster/talk-to.ts'
import type { Output } from '../command.ts'
import { shown } from '../project.ts'
import { ask } from './ask.ts'

export interface AtTerminal {
  out: Output
  /** Aborts on Ctrl-C. */
  signal: AbortSignal
  /** Of the run: it is held while somebody looks at a failure. */
  clock: HeldClock
  /** Puts `***` in the place of secrets. */
  hide(text: string): string
}

/** Keeps what has failed as it is until somebody at the terminal has seen it. */
export function failureWatcher({ out, signal, clock, hide }: AtTerminal): Attendant {
  return {
    onFailure: async (why, scene) => {
      out.progress(hide(failureText(why, scene)))
      await clock.hold(() => ask('Press Enter to heal and clean up. ', signal))
    },
  }
}

function failureText({ verdict, reason, hint }: ScenarioResult, { servers, logFolder, faults }: Scene): string {
  const ports = servers.nodes.map(({ name, port }) => `${name} ${port}`)
  const lines = [
    '',
    `Paused: ${verdict}: ${reason ?? ''}`,
    ...(hint === undefined ? [] : [hint]),
    '',
    'The cluster is left as it is; the load has ended, and no time counts.',
    ...faults.active.map(({ sentence }) => `  fault    ${sentence}`),
    `  status   ${typed('cluster', ['status'], [`--run ${servers.runId}`])}`,
    `  talk     ${talkTo(servers)}`,
    `  ports    ${ports.join(', ')}`,
    `  logs     ${path.join(shown(path.resolve(logFolder)), '*.log')}`,
    '',
  ]
  return lines.map((line) => visible(line)).join('\n')
}
