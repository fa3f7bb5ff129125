import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join, normalize } from 'node:path'

/** What a run left beside its events, for reports that show it. Nothing of it is needed for a verdict. */
export interface RunFiles {
  /** A text by its path within the run's folder; undefined when it is not there. */
  text(path: string): string | undefined
}

/** For a run of which nothing but the events is left. */
export const NO_FILES: RunFiles = { text: () => undefined }

/** The files in the folder of a run. What names them may come from elsewhere: nothing outside of the folder is read. */
export function runFiles(folder: string): RunFiles {
  return {
    text: (path) => {
      const file = join(folder, path)
      return staysInside(path) && existsSync(file) ? readFileSync(file, 'utf8') : undefined
    },
  }
}

/** Whether a relative path leads nowhere outside of the folder that it is taken from. */
export function staysInside(path: string): boolean {
  return !isAbsolute(path) && !normalize(path).startsWith('..')
}
