import type { FoundSandbox } from '../platforms/process/sandbox/find-sandbox.ts'
import { describeSandbox } from '../platforms/process/sandbox/sandbox.ts'
import { type Finding, findingsOf } from './finding.ts'
import type { Machine } from './machine.ts'

const INSTEAD = 'for scenarios of people whom you do not trust, use a Docker engine (`--platform docker`)'

const NO_USERS = 'this container has no other users to give'

/** In how small a world servers run that are processes of this machine, and what would make it smaller. */
export function sandboxFinding({ os, root }: Pick<Machine, 'os' | 'root'>, found: FoundSandbox): Finding {
  const { ok, degraded } = findingsOf('machine')
  const { sandbox, problems } = found
  const text = `processes: each server has ${describeSandbox(sandbox)}`
  if (os !== 'linux') return degraded('sandbox', `${text}: only Linux can give it less`, INSTEAD)
  const isSmallest = sandbox.view && (sandbox.ownUser || !root)
  if (isSmallest) return ok('sandbox', text)
  const reason = problems[0] ?? NO_USERS
  return degraded('sandbox', `${text}: ${reason}`, remedyFor(reason, root))
}

function remedyFor(reason: string, root: boolean): string {
  if (/not on this machine|not found|failed to run command/.test(reason)) return 'apt-get install util-linux mount'
  if (reason === NO_USERS) return INSTEAD
  if (root) return `in a container: start it with \`--cap-add SYS_ADMIN\`; or ${INSTEAD}`
  return `let users have namespaces: \`sysctl kernel.apparmor_restrict_unprivileged_userns=0\`, \`user.max_user_namespaces\`; or ${INSTEAD}`
}
