import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { parseFlags } from '../../runner/commands/flags.ts'
import { commands } from '../../runner/commands/index.ts'
import { init } from '../../runner/commands/init.ts'
import { libraryFlags, libraryOf } from '../../runner/commands/library-flags.ts'
import { scenariosFolder } from '../../runner/commands/project.ts'
import { withProjectFile } from '../../runner/commands/project-file.ts'
import { PROJECT_SCHEMA, projectSchema } from '../../runner/commands/project-schema.ts'
import { loadScenarioFile } from '../../runner/scenario/load.ts'
import { verbByName } from '../../runner/steps/index.ts'

// The working directory changes under the code: that needs a process of its own.
const here = process.cwd()

/** An empty folder in which the test then is. */
function inFolder(t: Pick<Test, 'teardown'>): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'redis-chaos-test-')))
  t.teardown(() => {
    process.chdir(here)
    rmSync(folder, { recursive: true })
  })
  process.chdir(folder)
  return folder
}

async function initWith(...args: string[]): Promise<string> {
  const printed: string[] = []
  const out = { print: (text: string) => printed.push(text), progress: () => 0, color: false, failures: () => [] }
  const { signal } = new AbortController()
  const context = { out, signal, library: [], defaults: [], onLeaving: () => undefined, debug: false }
  t.equal(await init.run(parseFlags(args, init.flags, 'init'), context), 0)
  return printed.join('\n')
}

t.test('makes a scenario that is valid, settings, and a line of .gitignore', async (t) => {
  inFolder(t)
  t.match(
    await initWith(),
    /made {2}scenarios\/first\.yaml\n[\s\S]*made {2}redis-chaos\.yaml\n[\s\S]*made {2}\.gitignore: reports\/\n/,
  )
  t.match(loadScenarioFile({ file: 'scenarios/first.yaml', verbs: verbByName }), { scenario: { tags: ['nightly'] } })
  const { line } = await withProjectFile(parseFlags([], libraryFlags, 'list'), libraryFlags, false)
  t.same(libraryOf(line), ['scenarios', scenariosFolder])
  t.equal(readFileSync('.gitignore', 'utf8'), 'reports/\n')
})

t.test('every setting that is there as a comment may be used', async (t) => {
  inFolder(t)
  await initWith()
  const text = readFileSync('redis-chaos.yaml', 'utf8')
  writeFileSync('redis-chaos.yaml', text.replaceAll(/^# (?!yaml-)([a-z-]+: )/gm, '$1'))
  const { notes } = await withProjectFile(parseFlags([], libraryFlags, 'list'), libraryFlags, false)
  t.match(notes, [/--scenarios scenarios, --no-stock/])
})

t.test("the schema is the package's where it is installed, and else a copy", async (t) => {
  const folder = inFolder(t)
  await initWith()
  const schemaOf = (file: string) =>
    /^# yaml-language-server: \$schema=(\S+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  t.equal(schemaOf('scenarios/first.yaml'), './scenario.schema.json')
  t.match(JSON.parse(readFileSync('scenarios/scenario.schema.json', 'utf8')), { type: 'object' })
  t.equal(schemaOf('redis-chaos.yaml'), './scenarios/project.schema.json')
  rmSync('scenarios', { recursive: true })
  mkdirSync('node_modules/redis-chaos/scenarios', { recursive: true })
  for (const name of ['scenario', 'project'])
    writeFileSync(`node_modules/redis-chaos/scenarios/${name}.schema.json`, '{}')
  mkdirSync('packages/one', { recursive: true })
  for (const project of ['packages/one', '.']) {
    process.chdir(path.join(folder, project))
    rmSync('redis-chaos.yaml', { force: true })
    await initWith()
    t.ok(existsSync(schemaOf('redis-chaos.yaml')), schemaOf('redis-chaos.yaml'))
    t.notOk(existsSync('scenarios/scenario.schema.json'))
    t.ok(existsSync(path.join('scenarios', schemaOf('scenarios/first.yaml'))), schemaOf('scenarios/first.yaml'))
  }
})

t.test('leaves what is there, and says so', async (t) => {
  const folder = inFolder(t)
  mkdirSync('scenarios')
  for (const file of ['scenarios/first.yaml', 'redis-chaos.yaml', 'Jenkinsfile']) writeFileSync(file, 'mine')
  writeFileSync('.gitignore', 'node_modules')
  const said = await initWith('--ci', 'jenkins')
  for (const file of ['scenarios/first.yaml', 'redis-chaos.yaml', 'Jenkinsfile']) {
    t.equal(readFileSync(file, 'utf8'), 'mine')
    t.match(said, `kept  ${file}, which is there already`)
  }
  t.equal(readFileSync('.gitignore', 'utf8'), 'node_modules\nreports/\n')
  t.match(await initWith(), /kept {2}\.gitignore/)
  writeFileSync('elsewhere', '')
  rmSync('.gitignore')
  symlinkSync(path.join(folder, 'elsewhere'), '.gitignore')
  t.match(await initWith(), /left {2}\.gitignore, which lacks reports\/: it is a symbolic link/)
  t.equal(readFileSync('elsewhere', 'utf8'), '')
})

t.test('what a CI could not install is told', async (t) => {
  inFolder(t)
  const installed = (from: string) =>
    writeFileSync('package.json', JSON.stringify({ devDependencies: { 'redis-chaos': from } }))
  t.match(await initWith('--ci', 'github'), 'add it to package.json')
  installed('file:../redis-chaos-0.1.0.tgz')
  t.match(await initWith('--ci', 'github'), '../redis-chaos-0.1.0.tgz, which is not in this project')
  t.equal(readFileSync('.gitignore', 'utf8'), 'reports/\nnode_modules/\n')
  for (const from of ['file:redis-chaos-0.1.0.tgz', '^0.1.0']) {
    installed(from)
    t.notMatch(await initWith('--ci', 'github'), 'npm ci')
  }
})

t.test('an unknown CI is refused before anything is made', async (t) => {
  inFolder(t)
  await t.rejects(init.run(parseFlags(['--ci', 'gihub'], init.flags, 'init'), {} as never), /did you mean github\?/)
  t.notOk(existsSync('scenarios'))
})

t.test('the schema of settings is up to date', async (t) => {
  t.ok(
    readFileSync(path.join(scenariosFolder, PROJECT_SCHEMA), 'utf8') === (await projectSchema()),
    'if not: npm run schema',
  )
})

/** Whether each call of redis-chaos in a file is one that its command line takes. */
async function checkCalls(t: Test, text: string, least: number): Promise<void> {
  const bare = text.replaceAll(/^\s*(#|\/\/).*$/gm, '')
  const calls = [...bare.matchAll(/npx redis-chaos ([^'\n]+)/g)].map(([, words = '']) => words.trim().split(' '))
  t.ok(calls.length >= least, `${calls.length} calls`)
  for (const [name = '', ...args] of calls) {
    const command = await commands.find((each) => each.name === name)?.load()
    t.ok(command, name)
    t.doesNotThrow(() => parseFlags(args, command?.flags ?? {}, name), args.join(' '))
  }
  for (const word of ['1 ', '2 ', '3', '4'])
    t.match(text, new RegExp(`(#|//|exitCode).*\\b${word}`), `exit code ${word}`)
  t.match(text, 'junit.xml')
  t.match(text, 'docker.sock')
  t.match(text, 'reports/baseline.json')
}

interface Workflow {
  on: Record<string, unknown>
  jobs: Record<string, { 'runs-on': string; steps: { uses?: string; run?: string; with?: Record<string, unknown> }[] }>
}

t.test('github', async (t) => {
  inFolder(t)
  t.match(await initWith('--ci', 'github'), /`npm ci` is to install redis-chaos: add it to package\.json/)
  const text = readFileSync('.github/workflows/redis-chaos.yml', 'utf8')
  t.same(
    parseAllDocuments(text).map(({ errors, warnings }) => [...errors, ...warnings]),
    [[]],
  )
  const workflow: Workflow = parse(text)
  t.same(Object.keys(workflow.on), ['push', 'pull_request', 'schedule', 'workflow_dispatch'])
  for (const { steps, ...job } of Object.values(workflow.jobs)) {
    t.equal(job['runs-on'], 'ubuntu-latest')
    for (const { uses, run } of steps) t.equal([uses, run].filter((each) => each !== undefined).length, 1)
    for (const { run = '' } of steps) t.notMatch(run, /\$\{\{/, 'nothing is pasted into a shell')
  }
  const uploads = Object.values(workflow.jobs).flatMap(({ steps }) =>
    steps.filter(({ uses = '' }) => uses.startsWith('actions/upload-artifact@')),
  )
  t.equal(uploads.length, 4)
  for (const upload of uploads) t.match(upload.with, { overwrite: true }, 'failed jobs can be run again')
  await checkCalls(t, text, 5)
  const callsOf = (job: string) => workflow.jobs[job]?.steps.flatMap(({ run = '' }) => run.match(/npx.*/) ?? []).join()
  t.match(callsOf('nightly'), /nightly .*--shard "\$PART\/\$PARTS"/)
  t.match(callsOf('night'), /report --merge parts/, 'a last job judges the whole night')
})

t.test('gitlab', async (t) => {
  inFolder(t)
  writeFileSync('package.json', '{ "devDependencies": { "redis-chaos": "1" } }')
  t.notMatch(await initWith('--ci', 'gitlab'), /add it to package\.json/)
  const text = readFileSync('.gitlab-ci.yml', 'utf8')
  const jobs: Record<string, { script?: string[]; extends?: string; artifacts?: unknown; rules?: unknown }> =
    parse(text)
  const names = ['redis-chaos', 'redis-chaos-report', 'redis-chaos-nightly', 'redis-chaos-night']
  t.same(Object.keys(jobs), ['workflow', '.redis-chaos', ...names])
  t.match(
    jobs.workflow?.rules,
    [
      { if: '$CI_PIPELINE_SOURCE == "merge_request_event"' },
      { if: /\$CI_OPEN_MERGE_REQUESTS && \$CI_PIPELINE_SOURCE == "push"$/, when: 'never' },
      { if: '$CI_COMMIT_BRANCH' },
    ],
    'a push has one pipeline, with a merge request and without',
  )
  t.match(jobs['redis-chaos-nightly']?.script?.join(), /nightly .*--shard/)
  t.match(jobs['redis-chaos-night']?.script?.join(), /report --merge parts/, 'a last job judges the whole night')
  for (const name of ['redis-chaos', 'redis-chaos-nightly'])
    t.match(jobs[name]?.script?.join(), '--reports "parts/$CI_NODE_INDEX"', 'no part writes over another')
  t.match(jobs['.redis-chaos']?.artifacts, { when: 'always', reports: { junit: 'junit.xml' } })
  for (const name of ['redis-chaos', 'redis-chaos-nightly'])
    t.match(jobs[name], { extends: '.redis-chaos', script: [String] })
  await checkCalls(t, text, 2)
})

t.test('a build of Jenkins publishes no run of a build before', async (t) => {
  const folder = inFolder(t)
  await initWith('--ci', 'jenkins')
  const text = readFileSync('Jenkinsfile', 'utf8')
  const [first = '', second] = [...text.matchAll(/^ +(?:steps \{ )?sh '(.*)'$/gm)].map(([, command]) => command)
  t.equal(second, 'npm ci', 'before anything that may fail')
  t.match(text, /skipDefaultCheckout\(\)[\s\S]*find reports[\s\S]*checkout scm/)
  const clean = () => t.equal(spawnSync('sh', ['-c', first], { cwd: folder }).status, 0)
  clean()
  mkdirSync('reports/2026-11-30T02-00-00Z-nightly')
  writeFileSync('reports/2026-11-30T02-00-00Z-nightly/junit.xml', '')
  symlinkSync('2026-11-30T02-00-00Z-nightly', 'reports/latest')
  for (const file of ['baseline.json', 'trends.jsonl']) writeFileSync(`reports/${file}`, '')
  clean()
  t.strictSame(readdirSync('reports').sort(), ['baseline.json', 'trends.jsonl'])
})

t.test('init ci makes the files of all CIs and nothing else, and writes over none without --force', async (t) => {
  inFolder(t)
  const files = ['.github/workflows/redis-chaos.yml', '.gitlab-ci.yml', 'Jenkinsfile']
  const said = await initWith('ci')
  for (const file of files) t.match(said, `made  ${file}`)
  t.notOk(existsSync('scenarios'))
  for (const file of files) writeFileSync(file, 'mine')
  t.match(await initWith('ci', 'gitlab'), /kept {2}\.gitlab-ci\.yml, which is there already/)
  t.equal(readFileSync('.gitlab-ci.yml', 'utf8'), 'mine')
  t.match(await initWith('ci', 'gitlab', '--force'), /wrote \.gitlab-ci\.yml anew/)
  t.match(readFileSync('.gitlab-ci.yml', 'utf8'), 'redis-chaos nightly')
  t.equal(readFileSync('Jenkinsfile', 'utf8'), 'mine', 'only those that are named')
  await t.rejects(init.run(parseFlags(['ci', 'gitlap'], init.flags, 'init'), {} as never), /did you mean gitlab\?/)
  await t.rejects(init.run(parseFlags(['--force'], init.flags, 'init'), {} as never), /--force goes with `init ci`/)
})

t.test('jenkins', async (t) => {
  inFolder(t)
  await initWith('--ci', 'jenkins')
  const text = readFileSync('Jenkinsfile', 'utf8')
  const code = text.replaceAll(/^\s*\/\/.*$/gm, '').replaceAll(/'[^'\n]*'|"[^"\n]*"/g, 'text')
  t.notMatch(code, /['"]/, 'every quote is closed')
  const open: string[] = []
  for (const [bracket] of code.matchAll(/[(){}]/g)) {
    if ('({'.includes(bracket)) open.push(bracket)
    else t.equal(`${open.pop()}${bracket}`, bracket === ')' ? '()' : '{}')
  }
  t.same(open, [])
  t.match(code, /^\s*pipeline \{\n {2}agent [\s\S]*\n {2}stages \{[\s\S]*\n {2}post \{[\s\S]*\n\}\n/)
  await checkCalls(t, text, 2)
})
