import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { messageOf, UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { listed } from '../base/text.ts'
import { type Warm, WarmPlatform } from '../engine/warm-platform.ts'
import type { Scenario } from '../scenario/model.ts'
import type { CommandContext } from './command.ts'
import { openPlatforms, type PlatformChoice } from './open-platform.ts'
import { isGone, newRunId, type RunRequest } from './play.ts'
import { Watchdog } from './watchdog/watchdog.ts'

export interface Watched {
  /** As they are now. */
  scenarios: Scenario[]
  /** Reads them anew. Throws UsageError with what is wrong with them. */
  load(): Promise<Scenario[]>
  /** Resolves with the seed that was played. */
  playOn(scenarios: Scenario[], more: Required<Pick<RunRequest, 'warm' | 'beside'>>): Promise<{ seed: number }>
  /** The command line says which seed. */
  hasSeed: boolean
}

const LOOK_EVERY_MS = 100

/**
 * Plays, and plays again whenever one of the files is saved, until Ctrl-C. What is wrong with a saved file is told, and
 * the next save waited for.
 */
export async function watch(choice: PlatformChoice, watched: Watched, context: CommandContext): Promise<number> {
  const { out } = context
  const [platform] = await openPlatforms(choice, (text) => out.progress(text))
  if (!platform) throw new UsageError('--watch plays on one server: name one')
  const warm: Warm = { platform: new WarmPlatform(platform, systemClock), runId: newRunId(systemClock.wallMs()) }
  const watchdog =
    platform.kind === 'process'
      ? undefined
      : Watchdog.start({ runIds: [warm.runId], kinds: [platform.kind], keep: false })
  try {
    await playOnSave(watched, warm, context)
    return EXIT.interrupted
  } finally {
    await warm.platform.end()
    if (await isGone([warm.runId], [platform])) watchdog?.release()
    await platform.close()
  }
}

async function playOnSave(
  { load, playOn, hasSeed, ...watched }: Watched,
  warm: Warm,
  { out, signal }: CommandContext,
): Promise<void> {
  let { scenarios } = watched
  let files = filesOf(scenarios)
  let before = contents(files)
  const playNow = async () => {
    const { seed } = await playOn(scenarios, { warm, beside: (say) => tellOfSave(before, files, say) })
    const draws = !hasSeed && scenarios.every((one) => one.seed === undefined)
    return draws ? `, with a new seed (--seed ${seed} keeps that of this play)` : ''
  }
  let again = await playNow()
  while (!signal.aborted) {
    out.progress(`Watching ${files.join(', ')}: save one to play again${again}, Ctrl-C to end.`)
    const now = await savedSince(before, files, signal)
    if (now === undefined) return
    before = now
    try {
      scenarios = await load()
      files = filesOf(scenarios)
      before = contents(files)
      again = await playNow()
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      const gone = scenarios.map(({ file }) => file).filter((file) => !existsSync(file))
      out.progress(gone.length === 0 ? error.message : `${listed(gone)} ${gone.length === 1 ? 'is' : 'are'} gone.`)
    }
  }
}

/** Says once that a file was saved; until the returned function is called. */
function tellOfSave(before: string, files: readonly string[], say: (text: string) => void): () => void {
  const over = new AbortController()
  const tell = async () => {
    const now = await savedSince(before, files, over.signal)
    if (now !== undefined && !over.signal.aborted) say('saved meanwhile: it is played again when this play has ended')
  }
  void tell()
  return () => over.abort()
}

/** The scenarios' files, and those of the steps that they use. */
function filesOf(scenarios: readonly Scenario[]): string[] {
  const all = scenarios.flatMap(({ file, path, usedFiles }) => {
    const root = file.endsWith(path) ? file.slice(0, file.length - path.length) : ''
    return [file, ...usedFiles.map((used) => `${root}${used.path}`)]
  })
  return [...new Set(all)]
}

/** What the files hold, as one word; editors may take a file away for a moment. */
function contents(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) {
    try {
      hash.update(readFileSync(file))
    } catch (error) {
      hash.update(messageOf(error))
    }
  }
  return hash.digest('hex')
}

/** Resolves once the files are other than before, and have been so for two looks; undefined when `signal` aborts. */
async function savedSince(before: string, files: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  for (let last = before; ; ) {
    await systemClock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
    if (signal.aborted) return undefined
    const now = contents(files)
    if (now === last && now !== before) return now
    last = now
  }
}
