import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { processId } from '../../runner/platforms/process-id.ts'
import { runCli } from '../support/cli.ts'

const GONE = { pid: 999_999, startedAt: 'long ago' }
const RECORD = { purpose: 'a run of x', runner: GONE, claim: 'c', kept: false, nodes: [], needs: {} }

/** The state folder of a user, with these files in the folders of runs that are some minutes old. */
function stateFolder(tmp: string, runs: Record<string, Record<string, string>>): string {
  const state = path.join(tmp, `redis-chaos-${userInfo().uid}`)
  mkdirSync(state, { mode: 0o700 })
  for (const [runId, files] of Object.entries(runs)) {
    const folder = path.join(state, runId)
    mkdirSync(folder)
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
    utimesSync(folder, new Date(0), new Date(0))
  }
  return state
}

t.test('damaged records and journals are told, and keep nobody from healing the other runs', async (t) => {
  const alive = processId(process.pid)
  const tmp = t.testdir({})
  const state = stateFolder(tmp, {
    orphan: { 'run.json': JSON.stringify({ ...RECORD, runId: 'orphan', secret: 's' }) },
    'half-written': { 'run.json': '{"runId":"half-wri' },
    nested: { 'run.json': '['.repeat(100_000) },
    'other-types': { 'run.json': '{"runId":5,"runner":null}', 'processes.json': '[]' },
    'at-work': {
      'run.json': '',
      'processes.json': JSON.stringify({ supervisor: GONE, servers: { 'redis-node0': alive } }),
    },
  })
  // Both are as young as can be.
  const begun = path.join(state, 'begun.unfinished-999999-long%20ago')
  const beginning = path.join(
    state,
    `beginning.unfinished-${process.pid}-${encodeURIComponent(alive?.startedAt ?? '')}`,
  )
  for (const folder of [begun, beginning]) mkdirSync(folder)
  writeFileSync(path.join(state, 'gone.faults.json'), '{"runId":"gone","faults":[{}]}')
  const { code, stdout, stderr } = await runCli(t, ['heal'], { TMPDIR: tmp, DOCKER_HOST: 'unix:///nonexistent.sock' })
  t.equal(code, 3, stdout + stderr)
  t.notMatch(stderr, /A bug of redis-chaos/)
  for (const runId of ['orphan', 'half-written', 'nested']) {
    t.match(stdout, new RegExp(`${runId}: removed folder`))
    t.notOk(existsSync(path.join(state, runId)), runId)
  }
  t.notOk(existsSync(begun), 'its runner was killed before its record was written')
  t.ok(existsSync(beginning), 'its runner is at work')
  for (const runId of ['at-work', 'other-types']) {
    t.match(stderr, new RegExp(`not healed: ${runId}: a run whose record \\(run\\.json\\) cannot be read.*rm -rf `))
    t.ok(existsSync(path.join(state, runId)), runId)
  }
})
