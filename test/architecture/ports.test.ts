import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'

const TESTS = new URL('..', import.meta.url).pathname

interface Ports {
  file: string
  first: number
  last: number
}

/** The ports that a test file writes down: six of a cluster of the command line, else as many as its stage has nodes. */
function portsOf(file: string): Ports[] {
  const source = readFileSync(path.join(TESTS, file), 'utf8')
  const ofLines = [...source.matchAll(/--port-base',\s*'(\d{4})'/g)].map(([, base]) => ({ base, nodes: 6 }))
  const ofStages = [...source.matchAll(/liveStage\(t, \{[^}]*portBase: (\d{4})([^}]*)/g)].map(([, base, rest = '']) => {
    const count = (name: string) => Number(new RegExp(`${name}: (\\d+)`).exec(rest)?.[1] ?? 1)
    return { base, nodes: count('shards') * (1 + count('replicas')) }
  })
  const ofPlatforms = [...source.matchAll(/\{ portBase: (\d{4}), namePrefix/g)].map(([, base]) => ({ base, nodes: 2 }))
  return [...ofLines, ...ofStages, ...ofPlatforms].map(({ base, nodes }) => ({
    ...{ file, first: Number(base), last: Number(base) + nodes - 1 },
  }))
}

t.test('test files that may run side by side have ports of their own', async (t) => {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'))
  const all = files.flatMap(portsOf)
  t.ok(all.length > 30, `${all.length} ranges were found`)
  const shared = all.flatMap((one) =>
    all
      .filter((other) => one.file < other.file && one.first <= other.last && other.first <= one.last)
      .map((other) => `${one.file} (${one.first}-${one.last}) and ${other.file} (${other.first}-${other.last})`),
  )
  t.same(shared, [])
})
