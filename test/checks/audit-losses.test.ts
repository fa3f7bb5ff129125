import path from 'node:path'
import t, { type Test } from 'tap'
import { auditScenario } from '../../runner/checks/audit/audit-scenario.ts'
import type { ScenarioEvent } from '../../runner/record/events.ts'
import { FN, NIL, UNKNOWN } from '../../runner/record/history-codes.ts'
import { HistoryWriter } from '../../runner/record/history-writer.ts'

const scenario = 0

/**
 * What the audit says of a workload's lost writes: one write before the first phase, one in each of the phases `outage`
 * and `recovery`, each to a key of its own; `lost` are gone at the end.
 */
async function lossesFound(t: Test, lost: readonly string[], limit: unknown): Promise<string[]> {
  const folder = t.testdir({})
  const history = new HistoryWriter({
    ...{ file: path.join(folder, 'shop.history'), workload: 'shop', type: 'register', clients: 1, startWallMs: 0 },
    options: {},
  })
  const node = history.node('redis-node0')
  const keys = ['early', 'outage', 'recovery'].map((name, place) => {
    if (name !== 'early') history.phase(name)
    const [key, atMs] = [history.key(name, place), 100 * place]
    history.ok(history.begin(FN.write, 0, key, place + 1, UNKNOWN, atMs, atMs), UNKNOWN, node, atMs + 1)
    return { name, key, value: place + 1 }
  })
  for (const { name, key, value } of keys) {
    history.final(FN.read, 0, key, lost.includes(name) ? NIL : value, node, 1000, 1001)
  }
  await history.close()
  const events: ScenarioEvent[] = [
    {
      ...{ type: 'scenario-started', atMs: 0, scenario, id: 's', title: 's', file: 's.yaml', tags: [], seed: 1 },
      ...{ params: {}, platform: 'process', server: 'redis 7.0.15', steps: [] },
      checks: { shop: { lost_writes: limit } },
    },
    {
      ...{ type: 'history-saved', atMs: 1100, scenario, workload: 'shop', file: 'shop.history' },
    },
  ]
  const { rules } = auditScenario(events, scenario, folder, { pardons: {}, warnOnly: false })
  return rules.filter(({ rule }) => rule === 'lost_writes').flatMap(({ findings }) => findings.map(({ text }) => text))
}

t.test('writes that a limit counts are judged there', async (t) => {
  t.strictSame(await lossesFound(t, ['early', 'outage', 'recovery'], 3), [])
  t.strictSame(await lossesFound(t, ['early', 'recovery'], { shape: 'suffix' }), [])
  t.strictSame(await lossesFound(t, ['outage'], { at_most: 1, during: 'outage' }), [])
  t.strictSame(await lossesFound(t, ['early'], [0, { at_most: 0, during: 'outage' }]), [], 'one counts all')
})

t.test('writes outside of the phases that the limits count are audited', async (t) => {
  const limit = { at_most: 1, during: 'outage' }
  for (const name of ['early', 'recovery']) {
    const [found, ...others] = await lossesFound(t, [name, 'outage'], limit)
    t.match(found, /^shop, outside of phase outage: 1 acknowledged write on /)
    t.strictSame(others, [])
  }
  const both = [limit, { at_most: 1, during: 'recovery' }]
  t.strictSame(await lossesFound(t, ['outage', 'recovery'], both), [])
  t.match(await lossesFound(t, ['early', 'recovery'], both), [/^shop, outside of phases outage and recovery: 1 ack/])
})
