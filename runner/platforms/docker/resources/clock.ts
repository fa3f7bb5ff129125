import { clockFile } from '../../clock/library.ts'
import { PlatformError } from '../../errors.ts'
import { UnsupportedFault } from '../../faults.ts'
import type { Engine } from '../engine.ts'
import { execIn } from '../exec.ts'
import { hasPath, OWNED, putFiles } from '../files.ts'

/** The file of a node's clock. */
export const CLOCK = '/node/clock'

/**
 * Sets the wall clock of a container's server. Throws UnsupportedFault for one that was made without, PlatformError
 * while it is paused.
 */
export async function setContainerClock(
  engine: Engine,
  container: string,
  doing: string,
  offsetMs: number,
): Promise<void> {
  if (!(await hasPath(engine, container, doing, CLOCK))) {
    if (offsetMs === 0) return
    throw new UnsupportedFault('a wrong clock', 'the servers were made without clocks of their own')
  }
  const { State } = await engine.call(doing, (abortSignal) =>
    engine.docker.getContainer(container).inspect({ abortSignal }),
  )
  const content = clockFile(offsetMs)
  if (!State.Running) {
    await putFiles(engine, container, doing, '/node', [{ name: 'clock', mode: 0o600, ...OWNED, content }])
    return
  }
  // In place, and in one piece: the server has the file itself in its memory, not its name.
  const octal = [...content].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  const command = ['/bin/sh', '-c', `printf "$1" 1<>${CLOCK}`, 'sh', octal]
  const { exitCode, said } = await execIn(engine, container, doing, command)
  if (exitCode !== 0) throw new PlatformError(`could not ${doing}: ${said || `exit code ${exitCode}`}`)
}
