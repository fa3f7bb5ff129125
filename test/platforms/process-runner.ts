import type { ServerGroupSpec } from '../../runner/platforms/platform.ts'
import { ProcessPlatform } from '../../runner/platforms/process/process-platform.ts'

/**
 * A program that makes a group of processes and then waits for its own end. Its argument: a state folder and a group,
 * as JSON.
 */

const { stateFolder, wanted } = JSON.parse(process.argv[2] ?? '{}') as { stateFolder: string; wanted: ServerGroupSpec }
const projectRoot = new URL('../..', import.meta.url).pathname
const platform = new ProcessPlatform({ server: 'redis:7.0', projectRoot, stateFolder })
await platform.create(wanted, () => undefined)
process.stdout.write('created\n')
setInterval(() => undefined, 60_000)
