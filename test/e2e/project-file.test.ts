import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { clusterFlags, clusterSettings } from '../../runner/commands/cluster-flags.ts'
import { givenFlags, parseFlags } from '../../runner/commands/flags.ts'
import { libraryFlags, libraryOf } from '../../runner/commands/library-flags.ts'
import { platformChoice, platformFlags } from '../../runner/commands/open-platform.ts'
import { scenariosFolder } from '../../runner/commands/project.ts'
import { withProjectFile } from '../../runner/commands/project-file.ts'
import { reporterFlag } from '../../runner/commands/reporters.ts'

const flags = {
  ...platformFlags,
  ...clusterFlags,
  ...libraryFlags,
  ...reporterFlag,
  reports: { type: 'string', help: '' },
} as const

const around = t.testdir({
  repository: { '.git': {}, mine: { 'a.yaml': '' }, more: {}, deep: {} },
})
const repository = path.join(around, 'repository')
// The working directory changes under the code: that needs a process of its own.
const here = process.cwd()
t.teardown(() => process.chdir(here))

function lineOf(text: string | undefined, args: readonly string[] = [], folder = repository) {
  process.chdir(folder)
  const file = path.join(repository, 'redis-chaos.yaml')
  rmSync(file, { force: true })
  if (text !== undefined) writeFileSync(file, text)
  return withProjectFile(parseFlags(args, flags, 'run'), flags, false)
}

const WHOLE = `# What we play on.
scenarios: [mine, more]
server: [redis:7.0, valkey:8.1]
platform: process
reports: out/runs
port-base: 8010
name-prefix: ours-
config: { cluster-node-timeout: 3000, appendonly: 'no' }
reporter: [console, github]
`

t.test('gives what the command line does not', async (t) => {
  const { line, notes } = await lineOf(WHOLE)
  t.same(libraryOf(line), ['mine', 'more', scenariosFolder])
  t.same(await platformChoice(line), { kind: 'process', servers: ['redis:7.0', 'valkey:8.1'] })
  t.match(clusterSettings(line), {
    portBase: 8010,
    namePrefix: 'ours-',
    config: { 'cluster-node-timeout': '3000', appendonly: 'no' },
  })
  t.equal(line.text('reports'), path.join('out', 'runs'))
  t.equal(line.text('reporter'), 'console,github')
  t.match(notes, [/^from redis-chaos\.yaml: .*--server redis:7\.0,valkey:8\.1, --platform process/])
  t.same(givenFlags(line, ['platform', 'config']), [], 'the command to run again is as it was typed')
})

t.test('gives way to the command line, setting by setting', async (t) => {
  const args = ['--platform', 'docker', '--config', 'appendonly=yes', '--scenarios', 'deep', '--reports', 'here']
  const { line, notes } = await lineOf(WHOLE, args)
  t.match(await platformChoice(line), { kind: 'docker' })
  t.match(clusterSettings(line).config, { 'cluster-node-timeout': '3000', appendonly: 'yes' })
  t.same(libraryOf(line), ['deep', scenariosFolder])
  t.equal(line.text('reports'), 'here')
  t.notMatch(notes.join(), /platform|scenarios|reports/)
})

t.test("stock: false leaves one's own, until --stock", async (t) => {
  t.same(libraryOf((await lineOf('scenarios: mine\nstock: false\n')).line), ['mine'])
  t.same(libraryOf((await lineOf('scenarios: mine\nstock: false\n', ['--stock'])).line), ['mine', scenariosFolder])
  t.same(libraryOf((await lineOf('stock: true\n')).line), [scenariosFolder])
})

t.test('is found from folders below, up to the root of the repository, and no further', async (t) => {
  const { line } = await lineOf('scenarios: mine\n', [], path.join(repository, 'deep'))
  t.same(libraryOf(line), [path.join(repository, 'mine'), scenariosFolder])
  writeFileSync(path.join(around, 'redis-chaos.yaml'), 'platform: process\n')
  t.same((await lineOf(undefined, [], path.join(repository, 'deep'))).notes, [], 'above the root it is not ours')
  const alone = mkdtempSync(path.join(tmpdir(), 'redis-chaos-test-'))
  t.teardown(() => rmSync(alone, { recursive: true }))
  const deep = path.join(alone, 'deep')
  mkdirSync(deep)
  writeFileSync(path.join(alone, 'redis-chaos.yaml'), 'platform: process\n')
  t.same((await lineOf(undefined, [], deep)).notes, [], 'without a repository only where one is')
  writeFileSync(path.join(deep, 'redis-chaos.yaml'), 'platform: process\n')
  t.same((await lineOf(undefined, [], deep)).notes, ['from redis-chaos.yaml: --platform process'])
})

t.test('none, an empty one, and commands that know none of its flags', async (t) => {
  for (const text of [undefined, '', '# nothing yet\n\n']) t.same((await lineOf(text)).notes, [])
  await lineOf('platfrom: [\n').catch(() => undefined)
  t.same((await withProjectFile(parseFlags([], {}, 'heal'), {}, false)).notes, [], 'heal is not held up')
})

/** What is wrong, and what is said of it: place, words, and what was meant. */
const WRONG: [text: string, says: RegExp][] = [
  ['platfrom: docker\n', /redis-chaos\.yaml:1:1: there is no key `platfrom`[\s\S]*\^~+ did you mean `platform`\?/],
  ['platform: dokcer\n', /:1:11: `platform` should be [\s\S]*did you mean `docker`\?/],
  ['\nserver: redis:7\n', /:2:9: `server` should be [\s\S]*did you mean `redis:7\.0`\?/],
  ['server: [redis:7.0, valkey:8]\n', /:1:21: [\s\S]*did you mean `valkey:8\.0`\?/],
  ['port-base: 80\n', /:1:12: `port-base` should be/],
  ['name-prefix: ../x\n', /:1:14: .*letters, digits, dots and dashes/],
  ['config: { dir: /tmp }\n', /:1:11: `dir` cannot be set/],
  ['config: { appendonly: true }\n', /:1:23: `appendonly` should be/],
  ['reporter: ./mine.mjs\n', /:1:11: `reporter` should be/],
  ['scenarios: mien\n', /:1:12: there is no folder `mien`/],
  ['scenarios: [mine, ../elsewhere]\n', /:1:19: `\.\.\/elsewhere` leads out of the project/],
  ['reports: /tmp/x\n', /:1:10: `\/tmp\/x` leads out of the project/],
  ['reports: link/x\n', /:1:10: `link\/x` leads out of the project/],
  ['- platform\n', /:1:1: a file begins with keys/],
  ['platform: docker\nplatform: process\n', /:2:1: /],
  // What may run a program, or let a scenario do more, is for whoever is at the keyboard.
  ['allow: [MODULE]\n', /:1:1: `allow` cannot be set in a file[\s\S]*on the command line, by whoever plays them/],
  ['password: hunter2\n', /:1:1: `password` cannot be set in a file/],
  ['audit: warn\n', /:1:1: `audit` cannot be set in a file/],
  ['server: path:./evil\n', /:1:9: a program or an image cannot be set in a file/],
  ['server: [redis:7.0, image:evil]\n', /:1:21: a program or an image cannot be set in a file/],
]

t.test('whatever is wrong is said with its place', async (t) => {
  mkdirSync(path.join(around, 'outside'))
  symlinkSync(path.join(around, 'outside'), path.join(repository, 'link'))
  for (const [text, says] of WRONG) {
    const error = await lineOf(text).then(
      () => undefined,
      (error: unknown) => error,
    )
    t.match(error, { name: 'UsageError', message: says }, text.trim())
    if (error instanceof Error) t.match(error.message, /\n\n1 problem$/, 'and is the only thing that is')
  }
})
