import type { DataNode } from './data-node.ts'
import { askBoth, type Pair } from './pair.ts'

/** A library of functions that is not the same on both. */
export interface FunctionDifference {
  library: string
  detail: string
}

/** Compares the code of all libraries. Both servers must have FUNCTION (since Redis 7.0). Throws Incomplete. */
export async function compareFunctions(pair: Pair): Promise<FunctionDifference[]> {
  const [master, replica] = await askBoth(pair, librariesOf)
  const names = [...new Set([...master.value.keys(), ...replica.value.keys()])].sort()
  return names.flatMap((library) => {
    const [one, other] = [master.value.get(library), replica.value.get(library)]
    if (one === other) return []
    if (other === undefined) return [{ library, detail: `only on ${master.name}` }]
    if (one === undefined) return [{ library, detail: `only on ${replica.name}` }]
    return [{ library, detail: `its code is not the same on ${master.name} and ${replica.name}` }]
  })
}

/** Engine and code by the library's name. */
async function librariesOf(node: DataNode): Promise<Map<string, string>> {
  const [libraries] = await node.ask(['FUNCTION', 'LIST', 'WITHCODE'])
  return new Map(
    (Array.isArray(libraries) ? libraries : []).map((library: unknown) => {
      const fields = fieldsOf(library)
      return [fields.get('library_name') ?? '', JSON.stringify([fields.get('engine'), fields.get('library_code')])]
    }),
  )
}

/** `name, value, name, value…`. */
function fieldsOf(reply: unknown): Map<string, string> {
  const flat = Array.isArray(reply) ? reply : []
  const pairs = Array.from({ length: flat.length / 2 }, (_, at) => [String(flat[2 * at]), String(flat[2 * at + 1])])
  return new Map(pairs.map(([name = '', value = '']) => [name, value]))
}
