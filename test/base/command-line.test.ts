import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { callOf, isTypedToPlay } from '../../runner/base/command-line.ts'

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'redis-chaos-test-')))
t.teardown(() => rmSync(folder, { recursive: true }))
const project = path.join(folder, 'project')
const installed = path.join(project, 'node_modules', 'redis-chaos')
const elsewhere = path.join(folder, 'prefix', 'lib', 'node_modules', 'redis-chaos')
const bin = path.join(folder, 'prefix', 'bin')
const local = path.join(project, 'node_modules', '.bin')

for (const [root, place] of [
  [installed, local],
  [elsewhere, bin],
] as const) {
  mkdirSync(path.join(root, 'bin'), { recursive: true })
  mkdirSync(place, { recursive: true })
  writeFileSync(path.join(root, 'bin', 'redis-chaos.js'), '')
  symlinkSync(path.join(root, 'bin', 'redis-chaos.js'), path.join(place, 'redis-chaos'))
}

/** What a run says is to be typed to play it again. */
function again(root: string, env: Record<string, string> = {}, cwd = project): string {
  return callOf({ isPackage: true, root, cwd, env })('run', ['a'], ['--seed 1'])
}

t.test('by npx where a project has it', async (t) => {
  t.equal(again(installed, { npm_command: 'exec', npm_lifecycle_event: 'npx' }), 'npx redis-chaos run a --seed 1')
  t.equal(again(elsewhere, { npm_command: 'exec', PATH: bin }), 'npx redis-chaos run a --seed 1', 'from the cache')
  t.equal(again(installed), 'npx redis-chaos run a --seed 1', 'node_modules/.bin/redis-chaos')
  t.equal(again(installed, { PATH: local }), 'npx redis-chaos run a --seed 1', "on the PATH of npm's scripts alone")
  t.equal(again(installed, {}, path.join(project, 'deep')), 'npx redis-chaos run a --seed 1')
})

t.test('by its name where the shell finds it', async (t) => {
  t.equal(again(elsewhere, { PATH: `/nowhere:${bin}` }), 'redis-chaos run a --seed 1')
  const program = path.join(elsewhere, 'bin', 'redis-chaos.js')
  t.equal(again(elsewhere, { PATH: '/nowhere' }), `node ${program} run a --seed 1`)
  t.equal(again(installed, {}, folder), `node ${path.join(installed, 'bin', 'redis-chaos.js')} run a --seed 1`)
})

t.test('by a script of the project that is redis-chaos and nothing more', async (t) => {
  const by = (name: string, script: string) =>
    again(installed, {
      npm_command: 'run-script',
      npm_lifecycle_event: name,
      npm_lifecycle_script: script,
      PATH: local,
    })
  t.equal(by('scenario', 'redis-chaos run'), 'npm run scenario a -- --seed 1')
  t.equal(by('chaos', 'redis-chaos'), 'npm run chaos -- run a --seed 1')
  for (const [name, script] of [
    ['scenario', 'redis-chaos run ./scenarios'],
    ['scenario', 'redis-chaos nightly'],
    ['chaos', 'redis-chaos run'],
    ['ha', 'redis-chaos'],
    ['test', 'bash test.sh'],
  ] as const)
    t.equal(by(name, script), 'npx redis-chaos run a --seed 1', `${name}: ${script}`)
})

t.test("in a clone by its scripts; from elsewhere they are not npm's", async (t) => {
  const from = (cwd: string) => callOf({ isPackage: false, root: elsewhere, cwd, env: {} })
  t.equal(from(elsewhere)('run', ['a'], ['--seed 1']), 'npm run scenario a -- --seed 1')
  t.equal(from(elsewhere)('cluster', ['clean'], []), 'npm run cluster clean')
  t.equal(
    from(project)('cluster', ['clean'], []),
    `node ${path.join(elsewhere, 'bin', 'redis-chaos.js')} cluster clean`,
  )
})

t.test('what another program recorded is offered only if it can be nothing else', async (t) => {
  for (const text of ['npx redis-chaos run a', 'redis-chaos nightly --seed 1', 'npm run chaos -- run a --seed 1'])
    t.ok(isTypedToPlay(text), text)
  for (const text of [
    ...['node /tmp/evil.js run a', 'npm run chaos', 'npm run chaos -- heal', 'npm run ha -- run a', 'redis-chaos heal'],
    ...['redis-chaosrun a', 'npx redis-chaos@evil run a'],
  ])
    t.notOk(isTypedToPlay(text), text)
})
