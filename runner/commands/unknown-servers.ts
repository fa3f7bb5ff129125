import { otherServers } from '../engine/other-servers.ts'
import type { Diagnostic } from '../scenario/diagnostic.ts'
import type { Scenario } from '../scenario/model.ts'
import { SourceFile } from '../scenario/source.ts'
import { nearestServer } from './nearest-server.ts'

/** Servers that a scenario names for its nodes and that the catalogue does not have, where its text names them. */
export function unknownServers(scenario: Scenario, known: readonly string[]): Diagnostic[] {
  return otherServers(scenario)
    .filter((server) => !known.includes(server))
    .map((server) => {
      const similar = nearestServer(server, known)
      return {
        ...placeOf(server, scenario),
        message: `there is no server \`${server}\`; there are ${known.join(', ')}`,
        ...(similar !== undefined && { suggestion: `did you mean \`${similar}\`?` }),
      }
    })
}

/** A value of `--set` stands nowhere in the text. */
function placeOf(server: string, { file, source }: Scenario): Omit<Diagnostic, 'message'> {
  const offset = source.indexOf(server)
  if (offset < 0) return { file, line: 0, col: 1, length: 1, sourceLine: '' }
  const { line, col, sourceLine } = new SourceFile(file, source).position(offset)
  return { file, line, col, length: server.length, sourceLine }
}
