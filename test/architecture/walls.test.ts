import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'
import { ONLY, ROOMS } from '../support/rooms.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Folders of programs that stand on the rooms of `runner/`: they may import any room, and no room imports them. */
const ROOFS = ['bench', 'bin', 'scripts', 'test']
/** Drivers of client libraries, which know the protocol alone: they import no room, and no room imports them. */
const DRIVERS = 'clients'
/** Example applications, which know their environment alone: the same holds for them. */
const EXAMPLES = 'docs'
const GENERATED = ['dist', 'node_modules', 'reports']
const PROGRAM = /\.[cm]?[jt]sx?$/

/** One import of one file by another; paths from the root of the repository. */
interface Import {
  from: string
  to: string
}

function programFiles(): string[] {
  const folders = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !GENERATED.includes(entry.name),
  )
  const inFolder = (folder: string) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => path.join(folder, file))
      .filter((file) => !file.split(path.sep).includes('node_modules'))
  return [...readdirSync(root), ...folders.flatMap(({ name }) => inFolder(name))].filter((file) => PROGRAM.test(file))
}

function importsOf(file: string, text: string): Import[] {
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => ({ from: file, to: path.join(path.dirname(file), fileName) }))
}

/** The room of a file in `runner/`; elsewhere the folder at the top. */
function roomOf(file: string): string {
  const [top = '', room = ''] = file.split(path.sep)
  if (top !== 'runner') return top
  return room === 'cli.ts' ? 'cli' : room
}

function trespasses({ from, to }: Import): string[] {
  const [room, imported] = [roomOf(from), roomOf(to)]
  if (room === imported || ROOFS.includes(room)) return []
  const allowed = [DRIVERS, EXAMPLES].includes(room) ? [] : (ONLY[room] ?? ROOMS.slice(ROOMS.indexOf(room) + 1))
  return allowed.includes(imported) ? [] : [`${from} imports ${to}: ${room} may not import ${imported}`]
}

/** Circles of imports, one for each shortest way from a file back to itself: `a.ts → b.ts → a.ts`. */
function circles(imports: readonly Import[]): string[] {
  const imported = new Map<string, string[]>()
  for (const { from, to } of imports) imported.set(from, [...(imported.get(from) ?? []), to])
  const found = new Map<string, string>()
  for (const start of imported.keys()) {
    const way = wayBack(start, imported)
    if (way === undefined) continue
    const members = [...way].sort().join()
    if (!found.has(members)) found.set(members, [...way, start].join(' → '))
  }
  return [...found.values()]
}

/** The files on the shortest way from `start` back to it, beginning with it; undefined if there is none. */
function wayBack(start: string, imported: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const importers = new Map<string, string>()
  const waiting = [start]
  for (const file of waiting) {
    for (const next of imported.get(file) ?? []) {
      if (next === start) return wayTo(file, importers)
      if (importers.has(next)) continue
      importers.set(next, file)
      waiting.push(next)
    }
  }
  return undefined
}

function wayTo(file: string, importers: ReadonlyMap<string, string>): string[] {
  const importer = importers.get(file)
  return importer === undefined ? [file] : [...wayTo(importer, importers), file]
}

const files = programFiles()
const imports = files.flatMap((file) => importsOf(file, readFileSync(path.join(root, file), 'utf8')))

t.test('every program file of the repository is in a room of the design or in a roof', async (t) => {
  t.ok(files.length > 500, `${files.length} files were found`)
  const places = [...ROOMS, ...ROOFS, DRIVERS, EXAMPLES]
  for (const room of places)
    t.ok(
      files.some((file) => roomOf(file) === room),
      room,
    )
  t.same(
    files.filter((file) => !places.includes(roomOf(file))),
    [],
  )
})

t.test('each room imports only rooms further down, and the walls hold', async (t) => {
  t.ok(imports.length > 2000, `${imports.length} imports were found`)
  t.same(imports.flatMap(trespasses), [])
})

t.test('a trespass is seen', async (t) => {
  const check = (file: string, text: string) => importsOf(file, text).flatMap(trespasses).length
  t.equal(check('runner/report/tap.ts', "import { x } from '../cluster/view.ts'"), 1)
  t.equal(check('runner/platforms/docker/images/image.ts', "import type { R } from '../../../record/history.ts'"), 1)
  t.equal(check('runner/cluster/form.ts', "export * from '../engine/play-run.ts'"), 1)
  t.equal(check('clients/glide/driver.mjs', "import { x } from '../../runner/base/text.ts'"), 1)
  t.equal(check('runner/workload/load.ts', "import { x } from '../../clients/serve.mjs'"), 1)
  t.equal(check('runner/cluster/form.ts', "const late = await import('../steps/index.ts')"), 1)
  t.equal(check('runner/platforms/process/child.mjs', "import { x } from '../../record/history.ts'"), 1)
  t.equal(check('runner/base/text.ts', "import { x } from '../record/history.ts'"), 1)
  t.equal(check('runner/results/verdict.ts', "import { x } from '../checks/judge.ts'"), 1)
  t.equal(check('runner/engine/play-run.ts', "import { x } from '../doctor/finding.ts'"), 1)
  t.equal(check('runner/engine/play-run.ts', "import { x } from '../../test/support/rooms.ts'"), 1)
  t.equal(check('runner/engine/play-run.ts', "import { x } from '../record/history.ts'"), 0)
  t.equal(check('bench/index.ts', "import { x } from '../runner/engine/play-run.ts'"), 0)
})

t.test('no file imports itself, however long the way', async (t) => {
  t.same(circles(imports), [])
})

t.test('a circle is seen', async (t) => {
  const planted = [
    ...importsOf('runner/engine/a.ts', "import { b } from './b.ts'\nimport { d } from './d.ts'"),
    ...importsOf('runner/engine/b.ts', "import type { C } from '../base/c.ts'"),
    ...importsOf('runner/base/c.ts', "export { a } from '../engine/a.ts'"),
    ...importsOf('runner/engine/d.ts', "import { a } from './d.ts'"),
    ...importsOf('runner/engine/e.ts', "import { a } from './a.ts'"),
  ]
  t.strictSame(circles(planted), [
    'runner/engine/a.ts → runner/engine/b.ts → runner/base/c.ts → runner/engine/a.ts',
    'runner/engine/d.ts → runner/engine/d.ts',
  ])
})
