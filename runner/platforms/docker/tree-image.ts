import { pipeProgram } from '../child.ts'
import type { DebianTree } from '../debian/tree.ts'
import type { Progress } from '../platform.ts'
import { type Engine, unlessGone } from './engine.ts'
import { followJob } from './json-stream.ts'

const IMPORT_TIMEOUT_MS = 180_000

export interface TreeImage {
  repo: string
  tag: string
  /** A line of a Dockerfile that is laid over the image: `LABEL a="b"`. */
  change: string
  progress: Progress
  signal: AbortSignal | undefined
}

/** Makes an image of unpacked Debian packages. When it rejects, there is none. Throws PlatformError, or the signal's reason. */
export async function importTree(engine: Engine, tree: DebianTree, plan: TreeImage): Promise<void> {
  const { repo, tag, change, progress, signal } = plan
  const image = `${repo}:${tag}`
  progress(`importing ${image}`)
  const { output, ended } = pipeProgram(
    'tar',
    ['--create', '--numeric-owner', '--owner=0', '--group=0', '-C', tree.root, '.'],
    { purpose: `pack the root file system of ${image}`, timeoutMs: IMPORT_TIMEOUT_MS, signal },
  )
  const imports = followJob(
    engine,
    `import ${image}`,
    (abortSignal) => engine.docker.importImage(output, { repo, tag, changes: change, abortSignal }),
    { timeoutMs: IMPORT_TIMEOUT_MS, silenceMs: IMPORT_TIMEOUT_MS, signal, onEvent: () => undefined },
  )
  const [packed, taken] = await Promise.allSettled([ended, imports.finally(() => output.destroy())])
  if (taken.status === 'rejected') throw taken.reason
  if (packed.status === 'rejected') {
    await unlessGone(engine.call(`remove ${image}`, () => engine.docker.getImage(image).remove()))
    throw packed.reason
  }
}
