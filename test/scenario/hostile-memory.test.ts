import { execFileSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const project = fileURLToPath(new URL('../..', import.meta.url))
const MOST_MB = 200
const MOST_CPU_MS = 1000

interface Loaded {
  found: { refused?: string; cpuMs: number }[]
  mostMb: number
}

/** What a process of its own makes of these files. */
function loaded(folder: string, names: readonly string[]): Loaded {
  const files = names.map((name) => path.join(folder, name))
  const child = ['--import', 'tsx', path.join('test', 'support', 'fuzz', 'load-hostile.ts'), ...files]
  return JSON.parse(execFileSync(process.execPath, child, { cwd: project, encoding: 'utf8' })) as Loaded
}

const lines = (count: number, line: (number: number) => string) =>
  Array.from({ length: count }, (_, number) => line(number)).join('\n')

/** Each level repeats the one before it ten times. */
const ALIAS_BOMB = `a0: &a0 [1,1]\n${lines(9, (n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(',')}]`)}\n`

t.test('what is hostile is refused within a second and 200 MB', async (t) => {
  const folder = t.testdir({
    'bomb.yaml': `${ALIAS_BOMB}title: x\nsteps: []\n`,
    'huge.yaml': '',
    'circle.yaml': 'title: x\nsteps: [{ use: circle.yaml }]\n',
    'outside.yaml': 'title: x\nsteps: [{ use: ../../../../etc/passwd }]\n',
    'deep.yaml': `title: x\nsteps: ${'['.repeat(15_000)}`,
    'wrong.yaml': `title: x\nsteps:\n${lines(2900, (n) => `  - wait: ${n} sec`)}\n`,
  })
  truncateSync(path.join(folder, 'huge.yaml'), 50_000_000)
  const { found, mostMb } = loaded(folder, [
    ...['bomb.yaml', 'huge.yaml', 'circle.yaml', 'outside.yaml', 'deep.yaml', 'wrong.yaml'],
  ])
  t.match(
    found.map(({ refused }) => refused),
    [/unfolds to more than/, /larger than 1 MB/, /without end/, /lies outside/, /nested too deeply/, /not a duration/],
  )
  for (const { cpuMs } of found) t.ok(cpuMs < MOST_CPU_MS, `${cpuMs} ms`)
  t.ok(mostMb < MOST_MB, `${mostMb} MB`)
})

t.test('warnings of what is large and legal grow with its size, and no faster', async (t) => {
  const folder = t.testdir({
    'nodes.yaml': `title: x\ncluster: { shards: 500 }\nsteps:\n${lines(1400, () => '  - kill: all nodes\n  - expect: { cluster: ok }')}\n`,
    'alias.yaml': `title: x\nsteps:\n  - &k { kill: all nodes }\n${lines(2900, () => '  - *k')}\n`,
    'lets.yaml': `title: x\nsteps:\n${lines(2900, (n) => `  - let: { n${n}: redis-node0 }`)}\n`,
    'allow.yaml': `title: x\nsteps:\n${lines(2900, () => '  - wait: 1s # allow: asked-once')}\n`,
  })
  const { found, mostMb } = loaded(folder, ['nodes.yaml', 'alias.yaml', 'lets.yaml', 'allow.yaml'])
  t.strictSame(
    found.map(({ refused }) => refused),
    [undefined, undefined, undefined, undefined],
  )
  // All four in one process: what an earlier one left is part of it.
  t.ok(mostMb < 2 * MOST_MB, `${mostMb} MB`)
})
