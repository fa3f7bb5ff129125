import { readFile } from 'node:fs/promises'
import { CLOCK_VARIABLE, clockFile } from '../../clock/library.ts'
import { PlatformError } from '../../errors.ts'
import { UnsupportedFault } from '../../faults.ts'
import type { Engine } from '../engine.ts'
import { execIn } from '../exec.ts'
import { type FileEntry, hasPath, OWNED, putFiles } from '../files.ts'

const CLOCK = '/node/clock'
const LIBRARY = '/node/clock.so'

/** The environment of a node whose clock can be set. */
export const CLOCK_ENVIRONMENT: readonly string[] = [`LD_PRELOAD=${LIBRARY}`, `${CLOCK_VARIABLE}=${CLOCK}`]

/** The files of a node whose clock can be set, for its folder. */
export async function clockFiles(library: string): Promise<FileEntry[]> {
  return [
    { name: 'clock', mode: 0o600, ...OWNED, content: clockFile(0) },
    { name: 'clock.so', mode: 0o444, ...OWNED, content: await readFile(library) },
  ]
}

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
