import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { typed } from '../base/command-line.ts'
import { codeOf, UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { nearestWord } from '../base/nearest.ts'
import { appendLines, PlainFileError, replaceFile } from '../base/plain-file.ts'
import { listed } from '../base/text.ts'
import { PROJECT_FILE } from '../scenario/library.ts'
import type { Command, Output } from './command.ts'
import { SCHEMA, schemaAround, schemaLine } from './new/file.ts'
import { scenariosFolder } from './project.ts'
import { PROJECT_SCHEMA } from './project-schema.ts'

const FILES = new URL('init-files/', import.meta.url)
const SCHEMAS = [SCHEMA, PROJECT_SCHEMA]
const FOLDER = 'scenarios'
const REPORTS = 'reports/'
const PACKAGES = 'node_modules/'

/** Where each CI looks for its file, and ours. */
const CIS: Readonly<Record<string, { file: string; from: string }>> = {
  github: { file: '.github/workflows/redis-chaos.yml', from: 'github.yml' },
  gitlab: { file: '.gitlab-ci.yml', from: 'gitlab-ci.yml' },
  jenkins: { file: 'Jenkinsfile', from: 'Jenkinsfile' },
}

export const init: Command = {
  usage: 'init [ci [NAME…]] [flags]',
  details: [
    '  Makes scenarios/first.yaml, redis-chaos.yaml and a line of .gitignore in this folder. What is there already is left',
    '  as it is, so that it can be given again: for another CI.',
    `  \`init ci\` makes files for CIs alone: those named (${Object.keys(CIS).join(', ')}), or all three.`,
  ],
  flags: {
    force: { type: 'boolean', help: 'with `init ci`: write the files anew that are there already' },
    ci: { type: 'string', value: 'NAME', help: `a file for a CI as well: ${Object.keys(CIS).join(', ')}` },
  },
  async run(line, { out }) {
    const [word, ...names] = line.positionals
    if (word === 'ci')
      return initCi(line.text('ci') === undefined ? names : [...names, line.text('ci') ?? ''], line.on('force'), out)
    if (word !== undefined) {
      const near = nearestWord(word, ['ci'])
      const meant = near === undefined ? '' : '; did you mean `init ci`?'
      throw new UsageError(`init takes no names: it makes its files where you are${meant}`)
    }
    if (line.on('force')) throw new UsageError('--force goes with `init ci`: nothing else is written over')
    const ci = line.text('ci') === undefined ? undefined : ciNamed(line.text('ci') ?? '')
    const made = [
      ...firstFiles(),
      ignore('.gitignore', existsSync('package.json') ? [PACKAGES, REPORTS] : [REPORTS]),
      ...(ci === undefined ? [] : [make(ci.file, () => fileOf(ci.from))]),
    ]
    out.print(made.join('\n'))
    if (ci !== undefined) tellInstall([ci.file], out)
    out.print(`\nNow: ${typed('run', [`./${FOLDER}`])}`)
    return EXIT.passed
  },
}

/** The files of these CIs, of all if none is named; nothing else. */
function initCi(names: readonly string[], force: boolean, out: Output): number {
  const cis = names.length === 0 ? Object.values(CIS) : [...new Set(names)].map(ciNamed)
  out.print(cis.map((ci) => make(ci.file, () => fileOf(ci.from), force)).join('\n'))
  tellInstall(
    cis.map(({ file }) => file),
    out,
  )
  return EXIT.passed
}

function tellInstall(files: readonly string[], out: Output): void {
  const problem = installProblem()
  if (problem !== undefined) out.print(`\n${listed(files)}: \`npm ci\` is to install redis-chaos: ${problem}`)
}

function ciNamed(name: string): { file: string; from: string } {
  const ci = Object.hasOwn(CIS, name) ? CIS[name] : undefined
  if (ci !== undefined) return ci
  const near = nearestWord(name, Object.keys(CIS))
  const meant = near === undefined ? ';' : `; did you mean ${near}?`
  throw new UsageError(`init knows no CI \`${name}\`${meant} there are ${Object.keys(CIS).join(', ')}`)
}

/**
 * The schemas that an editor completes by are those of a package that is installed around, so that they are as new as
 * the program; else copies beside the scenario. The YAML language server takes a path relative to the file.
 */
function firstFiles(): string[] {
  const missing = SCHEMAS.filter((schema) => schemaAround(path.resolve(FOLDER), schema) === undefined)
  const copies = missing.map((schema) =>
    make(path.join(FOLDER, schema), () => readFileSync(path.join(scenariosFolder, schema), 'utf8')),
  )
  const call = missing.length === 0 ? 'npx redis-chaos' : 'redis-chaos'
  const first = path.join(FOLDER, 'first.yaml')
  return [
    make(first, () => `${schemaLine(first)}\n${fileOf('first.yaml').replaceAll('CALL', call)}`),
    make(PROJECT_FILE, () => `${schemaLine(PROJECT_FILE, PROJECT_SCHEMA)}\n${fileOf(PROJECT_FILE)}`),
    ...copies,
  ]
}

/** Makes a file that is not there, or with `force` anew, and says what became of it. */
function make(file: string, text: () => string, force = false): string {
  mkdirSync(path.dirname(file), { recursive: true })
  try {
    if (force && existsSync(file)) {
      replaceFile(file, text())
      return `wrote ${file} anew`
    }
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

/** Why a CI that has this project alone could not install the program, and what to do; undefined if it can. */
function installProblem(): string | undefined {
  const text = existsSync('package.json') ? readFileSync('package.json', 'utf8') : ''
  const [, from] = /"redis-chaos"\s*:\s*"([^"]*)"/.exec(text) ?? []
  if (from === undefined) return 'add it to package.json (npm install --save-dev)'
  const file = /^file:(.*)$/.exec(from)?.[1]
  if (file === undefined || !path.relative('.', file).startsWith('..')) return undefined
  return `package.json has it from ${file}, which is not in this project: copy it here and install it from here`
}

function fileOf(name: string): string {
  return readFileSync(new URL(name, FILES), 'utf8')
}
