import { PlatformError } from './errors.ts'
import type { ServerGroupSpec } from './platform.ts'
import { BUS_OFFSET, serverCount } from './platform.ts'
import { settingProblem } from './settings.ts'

/** Throws PlatformError for a group that no engine could run, before anything is made. */
export function checkSpec(spec: ServerGroupSpec): void {
  const problem = specProblem(spec)
  if (problem) throw new PlatformError(problem.text, problem.hint === undefined ? {} : { hint: problem.hint })
}

function specProblem(spec: ServerGroupSpec): { text: string; hint?: string } | undefined {
  const { runId, namePrefix, portBase, password } = spec
  const nodes = serverCount(spec)
  const lastPort = portBase + nodes - 1
  if (!/^[a-z0-9-]+$/.test(runId))
    return { text: `\`${runId}\` is not a run id: lower-case letters, digits and hyphens only` }
  if (!Number.isInteger(nodes) || nodes < 1) return { text: `a group needs 1 node or more, not ${nodes}` }
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(`${namePrefix}0`)) {
    return {
      text: `containers cannot be named \`${namePrefix}0\``,
      hint: 'give `--name-prefix` letters, digits, `_`, `.` and `-` only, a letter or digit first',
    }
  }
  if (!Number.isInteger(portBase) || portBase < 1 || lastPort + BUS_OFFSET > 65_535) {
    return {
      text: `${nodes} nodes cannot have the ports ${portBase} to ${lastPort}: the cluster bus of each is ${BUS_OFFSET} higher, and 65535 is the last port`,
      hint: `choose a \`--port-base\` from 1 to ${65_535 - BUS_OFFSET - nodes + 1}`,
    }
  }
  if (password === '' || /[\p{Cc}]/u.test(password)) {
    return { text: 'the password must be one non-empty line without control characters' }
  }
  for (const [name, value] of Object.entries(spec.settings)) {
    const text = settingProblem(name, value, spec.allowed)
    if (text) return { text }
  }
  return undefined
}
