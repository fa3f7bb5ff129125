import { ChaosError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'

/** Why a run ends early: a signal from outside. */
export class Interrupted extends ChaosError {
  override name = 'Interrupted'
  override readonly exitCode = EXIT.interrupted
  override readonly stepVerdict = 'interrupted'
  constructor(signalName: string) {
    super(`interrupted by ${signalName}`)
  }
}

/**
 * One Ctrl-C can arrive twice: the terminal sends it to the whole process group, and npm forwards its own copy to
 * the script that it runs. What comes within this time, ms, is the same key press.
 */
const SAME_PRESS_MS = 400

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Listens for Ctrl-C and its kin. The first aborts `signal` with an Interrupted; the second calls `leaveAtOnce`, which
 * says what is left and does not return. `stop` ends the listening.
 */
export function listenForInterrupts(leaveAtOnce: () => never): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController()
  let firstAtMs = 0
  const onSignal = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      controller.abort(new Interrupted(name))
      // From when all who listen have been told: on a busy machine that alone may take as long as a key press.
      firstAtMs = performance.now()
    } else if (performance.now() - firstAtMs > SAME_PRESS_MS) {
      leaveAtOnce()
    }
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of SIGNALS) process.off(name, onSignal)
    },
  }
}
