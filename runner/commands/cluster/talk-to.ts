import type { ServerGroup } from '../../platforms/platform.ts'

/** The client for people, with the password from where the platform keeps it: a random one is told nowhere else. */
export function talkTo(group: ServerGroup): string {
  const { port } = group.nodes[1] ?? group.nodes[0] ?? {}
  return `REDISCLI_AUTH="$(${group.passwordCommand('default')})" redis-cli -c -p ${port}`
}
