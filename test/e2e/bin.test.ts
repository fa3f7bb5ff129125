import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
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
