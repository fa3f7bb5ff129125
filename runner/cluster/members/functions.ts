import type { LiveCluster } from '../live-cluster.ts'
import { ReplyError } from '../reply-errors.ts'
import { MemberError } from './member-error.ts'

/**
 * Gives a new master the functions that the others have, as `redis-cli --cluster add-node` does. Servers before Redis 7
 * have none. Throws MemberError.
 */
export async function copyFunctions(cluster: LiveCluster, name: string): Promise<void> {
  const { agreed } = await cluster.look()
  const [from] = agreed.shards.map(({ master }) => master).filter((master) => agreed.isReachable(master))
  if (from === undefined) return
  const [dump] = await cluster.node(from).data.pipeline([['FUNCTION', 'LIST']])
  if (!Array.isArray(dump) || dump.length === 0) return
  const libraries = await cluster.node(from).data.call('FUNCTION', 'LIST', 'WITHCODE')
  for (const code of codesIn(libraries)) {
    const [reply] = await cluster.node(name).data.pipeline([['FUNCTION', 'LOAD', code]])
    if (reply instanceof ReplyError) {
      throw new MemberError(`${name} does not take the functions of ${from}: it said "${reply.message}"`)
    }
  }
}

/** Each library is a list of fields and values, `library_code` last. */
function codesIn(libraries: unknown): string[] {
  if (!Array.isArray(libraries)) return []
  return libraries.flatMap((library: unknown) => {
    if (!Array.isArray(library)) return []
    const at = library.indexOf('library_code')
    return at < 0 ? [] : [String(library[at + 1])]
  })
}
