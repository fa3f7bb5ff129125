import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'
import { ONLY, ROOMS } from '../support/rooms.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'reports/README.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file)),
]

/** Folders of the repository whose files documentation names; what runs write is in none of them. */
const NAMED = /^(runner|test|scripts|docker|scenarios|bench|docs|bin|\.ci|\.github)(\/[\w.-]+)*\/?$/

/** Cells of the rows of the tables between a heading and the next one; without the head of each table. */
function tableUnder(text: string, heading: string): string[][] {
  const [, section = ''] = text.split(`\n## ${heading}\n`)
  const [own = ''] = section.split(/\n## /)
  const lines = own.split('\n').filter((line) => line.startsWith('|'))
  const rows = lines.map((line) => line.split('|').map((cell) => cell.trim()))
  return rows.slice(2).map((cells) => cells.slice(1, -1))
}

/** Paths of the repository in a page's code and links, seen from the root. */
function pathsIn(text: string, page: string): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '')
  const code = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span).filter((span) => NAMED.test(span))
  const links = [...prose.matchAll(/\]\(([^)#\s]+)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !target.includes(':'))
    .map((target) => path.join(path.dirname(page), target))
  return [...code, ...links]
}

interface Stop {
  file: string
  /** `start`, `imported by 3`, or ``called by 3 as `name` ``. */
  reached: string
}

function journey(text: string, heading: string): Stop[] {
  return tableUnder(text, heading).map(([, file = '', reached = '']) => ({ file: file.replaceAll('`', ''), reached }))
}

/**
 * What is not so in a journey: each file is imported by an earlier one, or called by it under a name that both know.
 */
function brokenStops(stops: readonly Stop[], readFile: (file: string) => string): string[] {
  return stops.flatMap(({ file, reached }, place) => {
    if (place === 0) return reached === 'start' ? [] : [`${file} is the first, and not the start`]
    const match = /^(imported|called) by (\d+)(?: as `(\w+)`)?$/.exec(reached)
    const from = stops[Number(match?.[2]) - 1]
    if (!match || !from || Number(match[2]) > place) return [`${file}: "${reached}" names no earlier file`]
    const [, how, , name = ''] = match
    if (how === 'imported')
      return imports(from.file, readFile).includes(file) ? [] : [`${from.file} does not import ${file}`]
    const word = new RegExp(`\\b${name}\\b`)
    const strangers = [from.file, file].filter((one) => name === '' || !word.test(readFile(one)))
    return strangers.map((one) => `${one} knows no ${name}, by which ${file} is called`)
  })
}

function imports(file: string, readFile: (file: string) => string): string[] {
  return ts
    .preProcessFile(readFile(file), true, true)
    .importedFiles.map(({ fileName }) => path.join(path.dirname(file), fileName))
}

t.test('every room has its line, with what it may import', async (t) => {
  const rooms = readdirSync(path.join(root, 'runner')).map((name) => path.basename(name, '.ts'))
  t.same([...rooms].sort(), [...ROOMS].sort())
  const lines = tableUnder(read('docs/architecture.md'), 'The rooms').map(([room = '', , may = '']) => ({ room, may }))
  t.same(
    lines,
    ROOMS.map((room) => ({
      room: `\`${room === 'cli' ? 'runner/cli.ts' : `runner/${room}/`}\``,
      may: room in ONLY ? ONLY[room]?.join(', ') || 'nothing' : 'all below',
    })),
  )
})

t.test('every path that documentation names is there', async (t) => {
  const named = pages.flatMap((page) => pathsIn(read(page), page).map((file) => ({ page, file })))
  t.ok(named.length > 100, `${named.length} paths were found`)
  t.same(
    named.filter(({ file }) => !existsSync(path.join(root, file))),
    [],
  )
})

t.test('code quoted from a file is in it', async (t) => {
  const quotes = pages.flatMap((page) =>
    [...read(page).matchAll(/^```\w+ (\S+)\n(.*?)^```/gms)].map(([, file = '', code = '']) => ({ page, file, code })),
  )
  t.ok(quotes.length > 5, `${quotes.length} quotes were found`)
  t.same(
    quotes.filter(({ file, code }) => !code.split('…\n').every((part) => read(file).includes(part))),
    [],
  )
})

t.test('every npm script that documentation names is there', async (t) => {
  const { scripts } = JSON.parse(read('package.json'))
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, script = '']) => ({ page, script })),
  )
  t.ok(named.length > 20, `${named.length} scripts were found`)
  t.same(
    named.filter(({ script }) => !(script in scripts)),
    [],
  )
})

for (const heading of ['From YAML to a stopped container', 'From a log line to the timeline']) {
  t.test(`${heading}: each file is reached from an earlier one`, async (t) => {
    const stops = journey(read('docs/architecture.md'), heading)
    t.ok(stops.length > 10, `${stops.length} files were found`)
    t.same(brokenStops(stops, read), [])
  })
}

t.test('a journey that is not so is seen', async (t) => {
  const files: Record<string, string> = {
    'a.ts': "import { b } from './b.ts'\nb.stop()",
    'b.ts': 'export const b = { stop: () => 1 }',
  }
  const broken = (...reached: string[]) =>
    brokenStops(
      reached.map((how, place) => ({ file: ['a.ts', 'b.ts'][place] ?? '', reached: how })),
      (file) => files[file] ?? '',
    ).length
  t.equal(broken('start', 'imported by 1'), 0)
  t.equal(broken('start', 'called by 1 as `stop`'), 0)
  t.equal(broken('start', 'called by 1 as `kill`'), 2)
  t.equal(broken('start', 'called by 1'), 2)
  t.equal(broken('start', 'imported by 2'), 1)
  t.equal(broken('imported by 1'), 1)
  t.equal(
    brokenStops(
      [
        { file: 'b.ts', reached: 'start' },
        { file: 'a.ts', reached: 'imported by 1' },
      ],
      (file) => files[file] ?? '',
    ).length,
    1,
  )
})
