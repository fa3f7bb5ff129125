import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isAbsolute, join, normalize } from 'node:path'
import type { History } from '../record/history.ts'
import { HistoryError } from '../record/history-format.ts'
import { readHistory } from '../record/history-reader.ts'

/** What a run left beside its events, for reports that show it. Nothing of it is needed for a verdict. */
export interface RunFiles {
  /** A text by its path within the run's folder; undefined when it is not there. */
  text(path: string): string | undefined
  /** What the clients of a scenario's workloads did; why each that cannot be read is not there. */
  histories(scenario: number): { histories: History[]; unreadable: string[] }
}

/** For a run of which nothing but the events is left. */
export const NO_FILES: RunFiles = { text: () => undefined, histories: () => ({ histories: [], unreadable: [] }) }

const HISTORY = /^(\d+)-.*\.history$/

/** The files in the folder of a run. What names them may come from elsewhere: nothing outside of the folder is read. */
export function runFiles(folder: string): RunFiles {
  const histories = join(folder, 'history')
  return {
    text: (path) => {
      const file = join(folder, path)
      return staysInside(path) && existsSync(file) ? readFileSync(file, 'utf8') : undefined
    },
    histories: (scenario) => {
      const names = existsSync(histories) ? readdirSync(histories).sort() : []
      const own = names.filter((name) => Number(HISTORY.exec(name)?.[1]) === scenario)
      const read = own.map((name) => readOrReason(join(histories, name)))
      return {
        histories: read.filter((one): one is History => typeof one !== 'string'),
        unreadable: read.filter((one): one is string => typeof one === 'string'),
      }
    },
  }
}

/** Whether a relative path leads nowhere outside of the folder that it is taken from. */
export function staysInside(path: string): boolean {
  return !isAbsolute(path) && !normalize(path).startsWith('..')
}

function readOrReason(file: string): History | string {
  try {
    return readHistory(file)
  } catch (error) {
    if (error instanceof HistoryError) return error.message
    throw error
  }
}
