import type { Duplex } from 'node:stream'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { afterRunning } from '../../base/time-limit.ts'
import { PlatformError } from '../errors.ts'
import type { Engine } from './engine.ts'

const EXEC_TIMEOUT_MS = 20_000
const KEPT_CHARACTERS = 4_000

export interface ExecResult {
  exitCode: number
  /** Standard output and standard error, its last 4000 characters. */
  said: string
}

/**
 * Runs a program in a container that runs, to its end. `doing` completes `could not …`. Throws PlatformError when the
 * container does not run or the program is not done after 20 s; what it exits with is for the caller to judge.
 */
export async function execIn(
  engine: Engine,
  container: string,
  doing: string,
  command: readonly string[],
): Promise<ExecResult> {
  const exec = await engine.call(doing, (abortSignal) =>
    engine.docker
      .getContainer(container)
      .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, abortSignal }),
  )
  const stream = await engine.call(doing, (abortSignal) => exec.start({ hijack: true, stdin: false, abortSignal }))
  const said = await readAll(engine, doing, stream)
  const { ExitCode } = await engine.call(doing, (abortSignal) => exec.inspect({ abortSignal }))
  return { exitCode: ExitCode ?? -1, said }
}

async function readAll(engine: Engine, doing: string, stream: Duplex): Promise<string> {
  let said = ''
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      said = (said + chunk.toString('utf8')).slice(-KEPT_CHARACTERS)
      done()
    },
  })
  const late = new PlatformError(`could not ${doing}: it was not done after ${EXEC_TIMEOUT_MS / 1000} s`)
  const cancel = afterRunning(EXEC_TIMEOUT_MS, () => stream.destroy(late))
  try {
    engine.docker.modem.demuxStream(stream, sink, sink)
    await finished(stream)
    return said.trim()
  } catch (error) {
    throw engine.explain(doing, error)
  } finally {
    cancel()
    stream.destroy()
  }
}
