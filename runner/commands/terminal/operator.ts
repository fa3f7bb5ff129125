import path from 'node:path'
import { typed } from '../../base/command-line.ts'
import { ChaosError } from '../../base/errors.ts'
import type { HeldClock } from '../../base/held-clock.ts'
import { visible } from '../../base/text.ts'
import type { Choice, Operator, Scene, StepScene } from '../../engine/operator.ts'
import type { ScenarioResult } from '../../engine/scenario-result.ts'
import { statusLines } from '../cluster/status.ts'
import { talkTo } from '../cluster/talk-to.ts'
import type { Output } from '../command.ts'
import type { Playing } from '../playing.ts'
import { shown } from '../project.ts'
import { ask, dropTyped } from './ask.ts'

export interface AtTerminal {
  out: Output
  /** Aborts on Ctrl-C. */
  signal: AbortSignal
  /** Of the run: it is held while somebody looks at a failure. */
  clock: HeldClock
  /** Puts `***` in the place of secrets. */
  hide(text: string): string
}

/** Whoever is asked what `playing` says; nobody, if it says nothing. */
export function operatorFor(
  playing: Partial<Pick<Playing, 'pauseOnFailure' | 'step'>> | undefined,
  terminal: AtTerminal & { quit(): void },
): Operator {
  return {
    ...(playing?.pauseOnFailure && failureWatcher(terminal)),
    ...(playing?.step && stepper(terminal)),
  }
}

/** Keeps what has failed as it is until somebody at the terminal has seen it. */
function failureWatcher({ out, signal, clock, hide }: AtTerminal): Operator {
  return {
    onFailure: async (why, scene) => {
      out.progress(hide(failureText(why, scene)))
      await dropTyped()
      await clock.hold(() => ask('Press Enter to heal and clean up. ', signal))
    },
  }
}

/** Asks before each step what is to become of it. `quit` ends the run. */
function stepper({ out, hide, quit }: AtTerminal & { quit(): void }): Operator {
  const say = (text: string) => out.progress(hide(visible(text, '\n')))
  let explained = false
  return {
    beforeStep: async (step, scene, signal) => {
      if (!explained) {
        say(`\n${HELP}\n`)
        await dropTyped()
      }
      explained = true
      for (;;) {
        const line = await ask(hide(visible(`next: ${step.path} ${step.name} > `)), signal)
        if (signal.aborted) return 'play'
        const [word = '', node = '', ...rest] = (line ?? 'quit').trim().split(/\s+/)
        const choice = CHOICES[word]
        if (choice !== undefined) return choice
        if (word === 'q' || word === 'quit') {
          quit()
          return 'play'
        }
        if (word === 'l' || word === 'look') say(await lookText(scene))
        else if (word === 'redis' && rest.length > 0) say(await replyOf(scene, node, rest.join(' ')))
        else say(HELP)
      }
    },
  }
}

const CHOICES: Readonly<Record<string, Choice>> = {
  '': 'play',
  s: 'skip',
  skip: 'skip',
  c: 'play-all',
  continue: 'play-all',
}

const HELP = [
  'Enter: play the step · s: skip it · l: look at the cluster · redis NODE COMMAND: send a command',
  'c: play all that follow · q: heal, clean up and leave',
].join('\n')

async function lookText({ cluster, servers, faults }: StepScene): Promise<string> {
  try {
    const { lines } = await statusLines(cluster, servers)
    return [...lines, ...faults.active.map(({ sentence }) => `fault: ${sentence}`)].join('\n')
  } catch (error) {
    if (!(error instanceof ChaosError)) throw error
    return error.message
  }
}

async function replyOf({ send }: StepScene, node: string, command: string): Promise<string> {
  try {
    const reply = await send(node, command)
    return typeof reply === 'string' ? reply : JSON.stringify(reply ?? null, undefined, 1)
  } catch (error) {
    if (!(error instanceof ChaosError)) throw error
    return [error.message, ...(error.hint === undefined ? [] : [error.hint])].join('\n')
  }
}

/** Why a step failed stands right above; what a check or the audit found stands nowhere yet. */
function shortReason(reason = ''): string {
  return /^step \S+(?=, )/.exec(reason)?.[0] ?? reason
}

function failureText({ verdict, reason, hint }: ScenarioResult, { servers, logFolder, faults }: Scene): string {
  const ports = servers.nodes.map(({ name, port }) => `${name} ${port}`)
  const lines = [
    '',
    `Paused: ${verdict}: ${shortReason(reason)}`,
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
