import t from 'tap'
import { UNDO_LOG } from '../../runner/platforms/unsynced/undo-log.ts'
import { type FakeStage, fakeStage, step } from '../support/fake-stage.ts'

const [A, B] = ['redis-node0', 'redis-node2'] as const
const AOF = 'appendonly.aof'

/** Servers whose append-only files hold `synced` and more, which is not synced; `none`: without a log of that. */
function stageWith(log: 'synced' | 'unsynced' | 'none', appendfsync = 'everysec'): FakeStage {
  const stage = fakeStage()
  for (const node of [A, B]) {
    const text = log === 'unsynced' ? `O 7 ${AOF}\nW 7 6\n` : `O 7 ${AOF}\n`
    const files: [string, Buffer][] = [[AOF, Buffer.from('synced, and more')]]
    stage.group.control.data.set(node, new Map(log === 'none' ? files : [...files, [UNDO_LOG, Buffer.from(text)]]))
    stage.cluster.answer(node, async ([command, what]) => {
      if (command === 'CONFIG') return ['appendfsync', appendfsync]
      return what === 'persistence' ? 'aof_enabled:1\r\naof_current_size:16\r\naof_base_size:6\r\n' : undefined
    })
  }
  stage.group.after = (act, node) => {
    if (act === 'kill') stage.cluster.down(node)
    else stage.cluster.up(node)
  }
  return stage
}

t.test('a power cut', async (t) => {
  t.test('takes away what was not synced, of all nodes, and tells it', async (t) => {
    const stage = stageWith('unsynced', 'no')
    const outcome = await stage.playOne(step('power-cut', [A, B]))
    const told = 'lost from its disk: the last 10 bytes of appendonly\\.aof \\(all 2 within [\\d.]+ .s\\)'
    t.match(outcome, { verdict: 'passed', targets: [A, B], proof: new RegExp(`^${A}: .*${told}; ${B}: .*${told}$`) })
    t.equal(String(stage.group.control.data.get(A)?.get(AOF)), 'synced')
    t.notOk(stage.group.control.data.get(A)?.has(UNDO_LOG), 'what is left is on its disk')
    t.equal(stage.group.status(B), 'stopped')
  })

  t.test('of a node that had synced all passes: so it should be with appendfsync always', async (t) => {
    const stage = stageWith('synced', 'always')
    t.match(await stage.playOne(step('power-cut', A)), {
      verdict: 'passed',
      proof: /; everything was synced, and nothing/,
    })
  })

  t.test('of a node that must have something unsynced, and has not, has not bitten', async (t) => {
    const stage = stageWith('synced', 'no')
    t.match(await stage.playOne(step('power-cut', A)), {
      verdict: 'inconclusive',
      error: {
        message: /^redis-node0 lost nothing of its append-only file .* appendfsync is no, .* grown by 10 bytes/,
      },
    })
  })

  t.test('is unsupported, and nothing is done, where no log is kept', async (t) => {
    const stage = stageWith('none')
    t.match(await stage.playOne(step('power-cut', A)), {
      verdict: 'inconclusive',
      error: { message: /^a power cut is unsupported here: redis-node0 keeps no log of what it has not synced/ },
    })
    t.strictSame(stage.group.calls, [])
  })

  t.test('is over after `for`', async (t) => {
    const stage = stageWith('unsynced')
    t.match(await stage.playOne(step('power-cut', A, { forMs: 1 })), { verdict: 'passed', proof: /after 1 ms: start/ })
    t.equal(stage.group.status(A), 'running')
  })
})
