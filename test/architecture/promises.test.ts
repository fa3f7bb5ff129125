import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'

const ROOT = path.resolve(import.meta.dirname, '../..')
const OXLINT = path.join(ROOT, 'node_modules', '.bin', 'oxlint')

const SOURCE = `import { rm } from 'node:fs/promises'

export async function forgotten(): Promise<void> {
  rm('a')
}

export async function ignored(): Promise<void> {
  void rm('a')
  await rm('a')
}

export function misused(list: string[]): string[] {
  setTimeout(async () => await rm('a'), 1)
  return list.filter(async () => true)
}
`

const TEST = `import t from 'tap'

t.test('a subtest, for which tap waits', async (t) => {
  t.rejects(Promise.reject(new Error('no')))
  await t.rejects(Promise.reject(new Error('no')))
})
`

/** A project with this one's settings and these files alone. */
function project(t: Test, files: Record<string, string>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-lint-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
    copyFileSync(path.join(ROOT, name), path.join(folder, name))
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  return folder
}

/** Without the hooks that tap gives to every Node process below it: oxlint cannot be loaded with them. */
function oxlint(cwd: string, ...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile('env', ['-u', 'NODE_OPTIONS', OXLINT, ...args], { cwd }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr })
    })
  })
}

t.test(
  'a floating or misused promise is found in runner/ and test/; a voided one and a subtest are let pass',
  async (t) => {
    const folder = project(t, { 'runner/faults/planted.ts': SOURCE, 'test/faults/planted.test.ts': TEST })
    const { code, output } = await oxlint(folder, '--format=unix', 'runner', 'test')
    t.equal(code, 1, output)
    const found = [...output.matchAll(/^(\S+?):(\d+):\d+: .*\(([\w-]+)\)\]$/gm)].map(
      ([, file = '', line, rule]) => `${path.relative(folder, path.resolve(folder, file))}:${line} ${rule}`,
    )
    t.same(found.sort(), [
      'runner/faults/planted.ts:13 no-misused-promises',
      'runner/faults/planted.ts:14 no-misused-promises',
      'runner/faults/planted.ts:4 no-floating-promises',
      'test/faults/planted.test.ts:4 no-floating-promises',
    ])
  },
)

t.test('every folder with code is linted', async (t) => {
  const { output } = await oxlint(ROOT, '--debug=files')
  const files = output.split('\n')
  for (const file of ['bench/index.ts', 'bin/redis-chaos.js', 'runner/cli.ts', 'test/architecture/promises.test.ts']) {
    t.ok(files.includes(file), file)
  }
})
