import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../base/errors.ts'
import { readPlainFile } from '../base/plain-file.ts'
import { quoted } from '../base/shell-words.ts'
import { reasonOf } from '../base/surroundings.ts'
import { PlatformError } from '../platforms/errors.ts'
import { type Fault, faultSchema } from './fault.ts'

const SUFFIX = '.faults.json'
const MOST_BYTES = 10_000_000

const journalEntry = z.object({
  runId: z.string(),
  /** Of the platform that the servers run on: `docker`, `process`. */
  platform: z.string(),
  faults: z.array(faultSchema),
})

/** What a journal tells of a run. */
export type JournalEntry = z.infer<typeof journalEntry>

/**
 * The faults that a run has brought about or is about to, on disk before any of them is applied: whoever comes after a
 * runner that was killed knows from it what to heal. One file a run, in the folder where runs of this user keep their
 * state.
 */
export class Journal {
  readonly #file: string
  readonly #run: Omit<JournalEntry, 'faults'>

  constructor(folder: string, run: Omit<JournalEntry, 'faults'>) {
    this.#file = join(folder, `${run.runId}${SUFFIX}`)
    this.#run = run
  }

  /** Resolves when it is on disk: written whole, and flushed. Throws PlatformError. */
  write(faults: readonly Fault[]): void {
    if (faults.length === 0) {
      this.remove()
      return
    }
    const temporary = `${this.#file}.new`
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
      flushed(temporary, JSON.stringify({ ...this.#run, faults }))
      renameSync(temporary, this.#file)
    } catch (cause) {
      removeQuietly(temporary)
      throw new PlatformError(
        `the journal of faults ${this.#file} cannot be written, so no fault is brought about: ${reasonOf(cause)}`,
        {
          hint: 'make room or the right to write there, or name another folder for temporary files with TMPDIR',
          cause,
        },
      )
    }
  }

  /** Idempotent. */
  remove(): void {
    rmSync(this.#file, { force: true })
    rmSync(`${this.#file}.new`, { force: true })
  }
}

/** The failure that led here is the one to tell. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    return
  }
}

/** A journal as it was found. */
export interface FoundJournal extends JournalEntry {
  /** Why it cannot be read, and what to do: it then is told as having no faults. */
  problem?: string
}

/** The journals of all runs that left one; one that cannot be read keeps nobody from the others. */
export function readJournals(folder: string): FoundJournal[] {
  return namesIn(folder).map((name) => {
    const runId = name.slice(0, -SUFFIX.length)
    const file = join(folder, name)
    try {
      const found = journalEntry.safeParse(
        JSON.parse(readPlainFile(file, { most: MOST_BYTES, links: 'refuse' }).toString()),
      )
      if (found.success) return { ...found.data, runId }
      const [issue] = found.error.issues
      return unreadable(runId, file, [issue?.path.join('.'), issue?.message].filter(Boolean).join(': '))
    } catch (error) {
      return unreadable(runId, file, messageOf(error))
    }
  })
}

function unreadable(runId: string, file: string, why: string): FoundJournal {
  const problem = `the journal of its faults cannot be read (${why}): what was wrong on purpose is not known any more; look at the cluster, then remove the journal with: rm ${quoted(file)}`
  return { runId, platform: 'unknown', faults: [], problem }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(SUFFIX))
  } catch {
    return []
  }
}

function flushed(file: string, text: string): void {
  const descriptor = openSync(file, 'w', 0o600)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
