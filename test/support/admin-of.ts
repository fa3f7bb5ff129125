import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultStateFolder } from '../../runner/platforms/state-folder.ts'
import { type RunnerUsers, runnerUsers } from '../../runner/platforms/users.ts'
import { type Login, loginAt } from './login.ts'

/** How the runner logs in at the process that listens on a port, from the record of the run it belongs to. */
export function adminOf(port: number, stateFolder = defaultStateFolder()): Login {
  const { nodes, secret } = recordOfPort(port, stateFolder)
  return loginAt(runnerUsers(secret, nodes), nodes.find((node) => node.port === port)?.name)
}

/** The runner's users at all processes of that run. */
export function adminsOf(port: number, stateFolder = defaultStateFolder()): RunnerUsers {
  const { nodes, secret } = recordOfPort(port, stateFolder)
  return runnerUsers(secret, nodes)
}

interface RunRecord {
  nodes: { name: string; port: number }[]
  secret: string
}

function recordOfPort(port: number, stateFolder: string): RunRecord {
  for (const runId of readdirSync(stateFolder)) {
    const record = readRecord(join(stateFolder, runId, 'run.json'))
    if (record?.secret !== undefined && record.nodes.some((node) => node.port === port)) return record
  }
  throw new Error(`no run in ${stateFolder} has a process at port ${port}`)
}

function readRecord(file: string): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
