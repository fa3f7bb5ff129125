import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultStateFolder } from '../../runner/platforms/state-folder.ts'
import { type RunnerUsers, runnerUsers } from '../../runner/platforms/users.ts'

/** The runner's users at the process that listens on a port, from the record of the run it belongs to. */
export function adminOf(port: number, stateFolder = defaultStateFolder()): RunnerUsers {
  for (const runId of readdirSync(stateFolder)) {
    const record = recordOf(join(stateFolder, runId, 'run.json'))
    if (record?.secret !== undefined && record.nodes.some((node) => node.port === port)) {
      return runnerUsers(record.secret)
    }
  }
  throw new Error(`no run in ${stateFolder} has a process at port ${port}`)
}

function recordOf(file: string): { nodes: { port: number }[]; secret?: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
