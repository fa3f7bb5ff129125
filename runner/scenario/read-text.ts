import { readPlainFile } from '../base/plain-file.ts'

/** More than any text that `limits.ts` lets through, so that it can say where that ends. */
const MOST_BYTES = 1_000_000

/** The text of a scenario or step file. Throws PlainFileError for what is no file, or far too large. */
export function readScenarioText(file: string): string {
  return readPlainFile(file, { most: MOST_BYTES, links: 'follow' }).toString()
}
