import { ReplyError } from '../cluster/reply-errors.ts'
import { UnsupportedFault } from '../platforms/faults.ts'
import { type FaultStage, NotProven } from './fault.ts'
import { wordsOf } from './reach.ts'

/**
 * Throws UnsupportedFault where a server allows no DEBUG commands or has not this one, and NotProven where it does not
 * answer.
 */
export async function assertDebugCommand(
  stage: FaultStage,
  nodes: readonly string[],
  subcommand: string,
  fault: string,
): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      const known = await debugCommands(stage, node).catch((error: unknown) => {
        if (!(error instanceof ReplyError)) throw new NotProven(`${node} did not take DEBUG HELP: ${wordsOf(error)}`)
        throw new UnsupportedFault(
          fault,
          `${node} allows no DEBUG commands (${error.message})`,
          'leave `enable-debug-command` to the runner: it allows them where a scenario needs them',
        )
      })
      if (known.includes(subcommand)) return
      throw new UnsupportedFault(
        fault,
        `the server of ${node} has no DEBUG ${subcommand}`,
        'Redis has it from 7.0 on, and every Valkey: `--server redis:7.0`, or `requires: { server: ">=7.0" }` in the scenario',
      )
    }),
  )
}

/**
 * The subcommands of DEBUG that a server has. Throws ReplyError where it allows none, Unreachable where it does not
 * answer.
 */
export async function debugCommands(stage: Pick<FaultStage, 'cluster'>, node: string): Promise<string[]> {
  const help = await stage.cluster.node(node).client.call('DEBUG', 'HELP')
  return Array.isArray(help) ? help.map((line) => String(line).split(' ', 1)[0] ?? '') : []
}
