import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'
import { ONLY, ROOMS } from '../support/rooms.ts'

const runner = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../runner')

interface Import {
  from: string
  to: string
  text: string
}

function roomOf(file: string): string {
  const [first = ''] = path.relative(runner, file).split(path.sep)
  return first === 'cli.ts' ? 'cli' : first
}

function importsOf(file: string, text: string): Import[] {
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => {
      const target = path.resolve(path.dirname(file), fileName)
      return { from: roomOf(file), to: roomOf(target), text: `${path.relative(runner, file)} imports ${fileName}` }
    })
}

function trespasses({ from, to, text }: Import): string[] {
  if (from === to) return []
  const allowed = ONLY[from] ?? ROOMS.slice(ROOMS.indexOf(from) + 1)
  return allowed.includes(to) ? [] : [`${text}: ${from} may not import ${to}`]
}

const files = readdirSync(runner, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => path.join(runner, file))

t.test('every file of the runner is in a room of the design', async (t) => {
  t.ok(files.length > 50, `${files.length} files were found`)
  t.same(
    files.filter((file) => !ROOMS.includes(roomOf(file))),
    [],
  )
})

t.test('each room imports only rooms further down, and the walls hold', async (t) => {
  t.same(files.flatMap((file) => importsOf(file, readFileSync(file, 'utf8'))).flatMap(trespasses), [])
})

t.test('a trespass is seen', async (t) => {
  const check = (file: string, text: string) => importsOf(path.join(runner, file), text).flatMap(trespasses)
  t.equal(check('report/tap.ts', "import { x } from '../cluster/view.ts'").length, 1)
  t.equal(check('platforms/docker/image.ts', "import type { Clock } from '../../record/clock.ts'").length, 1)
  t.equal(check('cluster/form.ts', "export * from '../engine/play-run.ts'").length, 1)
  t.equal(check('cluster/form.ts', "const late = await import('../steps/index.ts')").length, 1)
  t.equal(check('engine/play-run.ts', "import { x } from '../record/clock.ts'").length, 0)
})
