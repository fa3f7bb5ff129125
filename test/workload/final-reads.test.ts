import t, { type Test } from 'tap'
import { HistoryWriter } from '../../runner/record/history-writer.ts'
import type { LoadClient } from '../../runner/workload/client/operation.ts'
import { readFinally } from '../../runner/workload/drive/final-reads.ts'
import { readOf } from '../support/load-operations.ts'

/** Reads a key; at the first try, which fails, `atFirst` happens. Resolves with how many reads came to nothing. */
function readOne(t: Test, times: { now(): number; ranMs(): number }, atFirst: () => void): Promise<number> {
  const file = `${t.testdir()}/x.history`
  const history = new HistoryWriter({ file, workload: 'x', type: 'register', clients: 1, startWallMs: 0, options: {} })
  t.teardown(() => history.close())
  let tries = 0
  const client: Pick<LoadClient, 'send'> = {
    send(_operation, _number, listener) {
      tries += 1
      if (tries > 1) listener.ok(1, 0, times.now(), false)
      else {
        atFirst()
        listener.failed('timeout', true, 0, times.now(), 0)
      }
    },
  }
  return readFinally([readOf('a')], { client, history, nodes: [0], untilMs: 10_000, ...times })
}

t.test('final reads are tried for as long as the thread has run', async (t) => {
  let [nowMs, ranMs] = [0, 0]
  const times = { now: () => nowMs, ranMs: () => ranMs }
  const standStill = () => {
    nowMs += 25_000
  }
  t.equal(await readOne(t, times, standStill), 0, 'it stood still for 25 s')
  const runOn = () => {
    nowMs += 10_000
    ranMs += 10_000
  }
  t.equal(await readOne(t, times, runOn), 1)
})
