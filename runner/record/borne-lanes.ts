import { join } from 'node:path'
import { z } from 'zod'
import { parseJson } from '../base/json.ts'
import { PlainFileError, readPlainFile, replaceFile } from '../base/plain-file.ts'

/** Beside the runs: how many plays side by side each machine bore. */
const FILE = 'lanes.json'
const MOST_BYTES = 100_000

const content = z.object({ version: z.literal(1), machines: z.record(z.string(), z.int().min(1).max(1000)) })

/** How many plays side by side a machine bore the last time; undefined if nobody knows. `machine`: in words. */
export function borneLanes(reports: string, machine: string): number | undefined {
  return readAll(reports)[machine]
}

/** Keeps it for the next run. Throws what the system says. */
export function noteBorneLanes(reports: string, machine: string, lanes: number): void {
  const machines = { ...readAll(reports), [machine]: lanes }
  replaceFile(join(reports, FILE), `${JSON.stringify({ version: 1, machines }, undefined, 2)}\n`)
}

/** What cannot be read is as if nobody knew: the next run measures anew. */
function readAll(reports: string): Record<string, number> {
  try {
    const text = readPlainFile(join(reports, FILE), { most: MOST_BYTES, links: 'refuse' }).toString()
    return content.safeParse(parseJson(text)).data?.machines ?? {}
  } catch (error) {
    if (error instanceof PlainFileError) return {}
    throw error
  }
}
