import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** The program behind `redis-chaos`, as a link to it is run: by its first line, in any folder. */
function redisChaos(cwd: string, args: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const { bin } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  return new Promise((resolve) => {
    execFile(path.join(root, bin['redis-chaos']), args, { cwd }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    )
  })
}

t.test('redis-chaos is a command of its own, in every folder', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const list = await redisChaos(folder, ['list', '--tag', 'nightly'])
  t.equal(list.code, 0, list.stderr)
  t.match(list.stdout, 'failover-basic')
  const check = await redisChaos(folder, ['chekc'])
  t.equal(check.code, 2)
  t.match(check.stderr, 'did you mean `check`')
  t.equal(check.stdout, '')
})

t.test("a project's scenarios and settings are known in its folder", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  mkdirSync(path.join(folder, 'mine'))
  const text = (title: string) => `title: ${title}\ntags: [ours]\nsteps: [{ wait: 1s }]\n`
  for (const [name, title] of Object.entries({ own: 'Our own', 'failover-basic': 'Another' }))
    writeFileSync(path.join(folder, 'mine', `${name}.yaml`), text(title))
  const settings = (said: string) => writeFileSync(path.join(folder, 'redis-chaos.yaml'), said)
  settings('scenarios: mine\n')
  const all = (await redisChaos(folder, ['list'])).stdout
  t.match(all, /own +Our own +ours +mine$/m)
  t.match(all, /failover-chain .* redis-chaos$/m)
  t.match(
    all,
    /failover-basic is mine\/failover-basic\.yaml, and not .*basic\/failover-basic\.yaml, which its path plays/,
  )
  t.notMatch((await redisChaos(folder, ['list', '--tag', 'ours'])).stdout, /failover-chain/)
  t.match((await redisChaos(folder, ['validate'])).stdout, /ok {2}mine\/own\.yaml: Our own/)
  settings('scenarios: mine\nstock: no\n')
  const wrong = await redisChaos(folder, ['run', 'own'])
  t.equal(wrong.code, 2)
  t.match(wrong.stderr, /redis-chaos\.yaml:2:8: `stock` should be/)
  settings('scenarios: mine\nstock: false\n')
  t.notMatch((await redisChaos(folder, ['list'])).stdout, /failover-chain|redis-chaos/)
})
