import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { messageOf } from '../../../base/errors.ts'
import { onAbort } from '../../../base/on-abort.ts'
import { pipeProgram } from '../../child.ts'
import type { DebianTree } from '../../debian/tree.ts'
import { PlatformError } from '../../errors.ts'
import type { Progress } from '../../platform.ts'
import { type CallOptions, type Engine, jsonLines, undefinedIfGone } from '../engine.ts'

const PULL_TIMEOUT_MS = 600_000
const PULL_SILENCE_MS = 45_000
const BUILD_TIMEOUT_MS = 180_000
const IMPORT_TIMEOUT_MS = 180_000

/**
 * Pulls an image. Throws PlatformError when the engine reports a failure or falls silent; the signal's reason on abort.
 */
export async function pullImage(
  engine: Engine,
  image: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  progress(`pulling ${image}`)
  const layers = new Map<string, boolean>()
  let reported = -1
  await followJob(engine, `pull ${image}`, (abortSignal) => engine.docker.pull(image, { abortSignal }), {
    timeoutMs: PULL_TIMEOUT_MS,
    silenceMs: PULL_SILENCE_MS,
    signal,
    onEvent: ({ id, status }) => {
      if (!id || !status) return
      if (status === 'Pulling fs layer' || status === 'Already exists') layers.set(id, status === 'Already exists')
      if (status === 'Pull complete' && layers.has(id)) layers.set(id, true)
      const complete = [...layers.values()].filter((isComplete) => isComplete).length
      if (complete === reported || layers.size === 0) return
      reported = complete
      progress(`pulling ${image}: ${complete} of ${layers.size} layers`)
    },
  })
}

export interface ContextFile {
  name: string
  mode: number
  text: string
}

export interface BuildPlan {
  image: string
  /** The build context, including its `Dockerfile`. */
  context: readonly ContextFile[]
  buildargs: Record<string, string>
  labels: Record<string, string>
  progress: Progress
  signal: AbortSignal | undefined
}

/** Reads files of a build context from a folder. Throws PlatformError for one that cannot be read. */
export async function readContext(
  folder: string,
  files: readonly { name: string; mode: number }[],
): Promise<ContextFile[]> {
  try {
    return await Promise.all(
      files.map(async (file) => ({ ...file, text: await readFile(join(folder, file.name), 'utf8') })),
    )
  } catch (error) {
    throw new PlatformError(`the image cannot be built: ${messageOf(error)}`, { cause: error })
  }
}

/** Throws PlatformError when the engine reports a failure or is not done after 180 s; the signal's reason on abort. */
export async function buildImage(engine: Engine, plan: BuildPlan): Promise<void> {
  const { image, context, buildargs, labels, progress, signal } = plan
  const archive = pack()
  for (const { name, mode, text } of context) archive.entry({ name, mode, mtime: new Date(0) }, text)
  archive.finalize()
  const tar = await buffer(archive)
  const start = (abortSignal: AbortSignal) =>
    engine.docker.buildImage(Readable.from([tar]), {
      t: image,
      version: '1',
      forcerm: true,
      buildargs,
      labels,
      abortSignal,
    })
  await followJob(engine, `build ${image}`, start, {
    timeoutMs: BUILD_TIMEOUT_MS,
    silenceMs: BUILD_TIMEOUT_MS,
    signal,
    onEvent: ({ stream }) => {
      const step = /^Step (\d+\/\d+) : (.*)/.exec(stream ?? '')
      if (step) progress(`building ${image}: step ${step[1]}, ${step[2]}`)
    },
  })
}

export interface ImportPlan {
  repo: string
  tag: string
  /** A line of a Dockerfile to apply to the image: `LABEL a="b"`. */
  change: string
  progress: Progress
  signal: AbortSignal | undefined
}

/**
 * Makes an image of unpacked Debian packages. When it rejects, there is no image. Throws PlatformError, or the signal's
 * reason.
 */
export async function importTree(engine: Engine, tree: DebianTree, plan: ImportPlan): Promise<void> {
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
  const [packed, imported] = await Promise.allSettled([ended, imports.finally(() => output.destroy())])
  if (imported.status === 'rejected') throw imported.reason
  if (packed.status === 'rejected') {
    await undefinedIfGone(engine.call(`remove ${image}`, () => engine.docker.getImage(image).remove()))
    throw packed.reason
  }
}

/** What the engine reports of a pull, an import or a build, one JSON object per line. */
interface JobEvent {
  status?: string
  id?: string
  stream?: string
  error?: string
}

interface JobOptions extends Required<CallOptions> {
  /** The job is given up when the engine reports nothing for this long. */
  silenceMs: number
  onEvent: (event: JobEvent) => void
}

/**
 * Starts a job of the engine and follows its reports to the end. Throws PlatformError when the engine reports an error,
 * says nothing for `silenceMs`, or is not done after `timeoutMs`; the signal's reason on abort.
 */
async function followJob(
  engine: Engine,
  doing: string,
  start: (abortSignal: AbortSignal) => Promise<NodeJS.ReadableStream>,
  options: JobOptions,
): Promise<void> {
  const { timeoutMs, silenceMs, signal, onEvent } = options
  const stream = (await engine.call(doing, start, { timeoutMs: silenceMs, signal })) as Readable
  const giveUp = (text: string) => stream.destroy(new PlatformError(`could not ${doing}: ${text}`))
  const timer = setTimeout(() => giveUp(`not done after ${timeoutMs / 1000} s`), timeoutMs)
  const silence = setTimeout(() => giveUp(`the engine reported nothing for ${silenceMs / 1000} s`), silenceMs)
  const stopListening = onAbort(signal, () => stream.destroy(new PlatformError('interrupted')))
  try {
    for await (const event of jsonLines<JobEvent>(stream)) {
      silence.refresh()
      if (event.error) throw new PlatformError(event.error.trim())
      onEvent(event)
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw engine.explain(doing, error)
  } finally {
    clearTimeout(timer)
    clearTimeout(silence)
    stopListening()
    stream.destroy()
  }
}
