import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { PlainFileError, readPlainFile, replaceFile } from '../../base/plain-file.ts'
import { lookForRunner, parseRunner, thisRunner } from '../../platforms/runner-identity.ts'

/** Beside the events of a run while it is on: which program plays it. */
const MARK = 'runner.json'
const MOST_BYTES = 10_000

/**
 * Notes in the folder of a run that this program plays it; the returned function takes the note away. Without it nobody
 * could tell a run that is on from one whose runner was killed. A folder that takes no file ends no run.
 */
export function markAtWork(folder: string): () => void {
  const mark = path.join(folder, MARK)
  try {
    replaceFile(mark, `${JSON.stringify(thisRunner())}\n`)
  } catch {
    return () => undefined
  }
  return () => rmSync(mark, { force: true })
}

/** Whether a run is on, as far as can be seen: one whose runner cannot be seen from here must be taken to be. */
export function isAtWork(folder: string): boolean {
  try {
    const mark = readPlainFile(path.join(folder, MARK), { most: MOST_BYTES, links: 'refuse' }).toString()
    const runner = parseRunner(mark)
    return runner !== undefined && lookForRunner(runner) !== 'gone'
  } catch (error) {
    if (error instanceof PlainFileError) return false
    throw error
  }
}

/** The folder of the run in `reports` that is on; of several, the one that began last. */
export function findRunAtWork(reports: string): string | undefined {
  const folders = foldersIn(reports).sort().reverse()
  return folders.map((name) => path.join(reports, name)).find(isAtWork)
}

function foldersIn(reports: string): string[] {
  try {
    return readdirSync(reports, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  } catch {
    return []
  }
}
