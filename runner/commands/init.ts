import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { typed } from '../base/command-line.ts'
import { codeOf, UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { nearestWord } from '../base/nearest.ts'
import { appendLines, PlainFileError } from '../base/plain-file.ts'
import { PROJECT_FILE } from '../scenario/library.ts'
import type { Command } from './command.ts'
import { scenariosFolder } from './project.ts'

const FILES = new URL('init-files/', import.meta.url)
const SCHEMA = 'scenario.schema.json'
const FOLDER = 'scenarios'
const IGNORED = ['reports/']

/** Where each CI looks for its file, and ours. */
const CIS: Readonly<Record<string, { file: string; from: string }>> = {
  github: { file: '.github/workflows/redis-chaos.yml', from: 'github.yml' },
  gitlab: { file: '.gitlab-ci.yml', from: 'gitlab-ci.yml' },
  jenkins: { file: 'Jenkinsfile', from: 'Jenkinsfile' },
}

export const init: Command = {
  usage: 'init [flags]',
  details: [
    '  Makes scenarios/first.yaml, redis-chaos.yaml and a line of .gitignore in this folder. What is there already is left',
    '  as it is, so that it can be given again: for another CI.',
  ],
  flags: {
    ci: { type: 'string', value: 'NAME', help: `a file for a CI as well: ${Object.keys(CIS).join(', ')}` },
  },
  async run(line, { out }) {
    if (line.positionals.length > 0) throw new UsageError('init takes no names: it makes its files where you are')
    const ci = line.text('ci') === undefined ? undefined : ciNamed(line.text('ci') ?? '')
    const made = [
      ...firstScenario(),
      make(PROJECT_FILE, () => fileOf(PROJECT_FILE)),
      ignore('.gitignore', IGNORED),
      ...(ci === undefined ? [] : [make(ci.file, () => fileOf(ci.from))]),
    ]
    out.print(made.join('\n'))
    if (ci !== undefined && !isDependency())
      out.print(`\n${ci.file} has \`npm ci\` install redis-chaos: add it to package.json (npm install --save-dev)`)
    out.print(`\nNow: ${typed('run', [`./${FOLDER}`])}`)
    return EXIT.passed
  },
}

function ciNamed(name: string): { file: string; from: string } {
  const ci = Object.hasOwn(CIS, name) ? CIS[name] : undefined
  if (ci !== undefined) return ci
  const near = nearestWord(name, Object.keys(CIS))
  const meant = near === undefined ? ';' : `; did you mean ${near}?`
  throw new UsageError(`--ci knows no \`${name}\`${meant} there are ${Object.keys(CIS).join(', ')}`)
}

/**
 * The schema that an editor completes by is the package's own where there is one, so that it is as new as the program;
 * else a copy beside the scenario. The YAML language server takes a path relative to the file.
 */
function firstScenario(): string[] {
  const installed = installedSchema(process.cwd())
  const schema = installed === undefined ? `./${SCHEMA}` : path.relative(FOLDER, installed).split(path.sep).join('/')
  const call = installed === undefined ? 'redis-chaos' : 'npx redis-chaos'
  const text = () => fileOf('first.yaml').replace('SCHEMA', schema).replaceAll('CALL', call)
  const copy =
    installed === undefined
      ? [make(`${FOLDER}/${SCHEMA}`, () => readFileSync(path.join(scenariosFolder, SCHEMA), 'utf8'))]
      : []
  return [make(`${FOLDER}/first.yaml`, text), ...copy]
}

/** The schema in the package that this folder has installed, relative to it. */
function installedSchema(folder: string): string | undefined {
  const file = path.join(folder, 'node_modules', 'redis-chaos', 'scenarios', SCHEMA)
  if (existsSync(file)) return path.relative(process.cwd(), file)
  return path.dirname(folder) === folder ? undefined : installedSchema(path.dirname(folder))
}

/** Makes a file that is not there, and says what became of it. */
function make(file: string, text: () => string): string {
  mkdirSync(path.dirname(file), { recursive: true })
  try {
    writeFileSync(file, text(), { flag: 'wx' })
    return `made  ${file}`
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return `kept  ${file}, which is there already`
  }
}

function ignore(file: string, wanted: readonly string[]): string {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split(/\r?\n/) : []
  const missing = wanted.filter(
    (entry) => !lines.some((text) => text.replace(/^\/|\/$/g, '') === entry.replace(/\/$/, '')),
  )
  if (missing.length === 0) return `kept  ${file}, which has what it needs already`
  try {
    appendLines(file, missing.map((entry) => `${entry}\n`).join(''))
    return `${lines.length === 0 ? 'made ' : 'added'} ${file}: ${missing.join(', ')}`
  } catch (error) {
    if (!(error instanceof PlainFileError)) throw error
    return `left  ${file}, which lacks ${missing.join(', ')}: ${error.message}`
  }
}

function isDependency(): boolean {
  if (!existsSync('package.json')) return false
  const text = readFileSync('package.json', 'utf8')
  return /"redis-chaos"\s*:/.test(text)
}

function fileOf(name: string): string {
  return readFileSync(new URL(name, FILES), 'utf8')
}
