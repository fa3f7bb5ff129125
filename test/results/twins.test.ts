import t from 'tap'
import type { MustFail, TwinFailure } from '../../runner/record/twin.ts'
import { type TwinSeen, twinResult } from '../../runner/results/twins.ts'

const twin = (fails: TwinFailure): MustFail => ({ of: 'basic', number: 1, because: 'Nobody takes over', fails })

const atStep = twin({ step: 'The heir is master', path: '3.2' })
const atCheck = twin({ check: 'lost_writes', of: 'orders' })
const atAudit = twin({ audit: 'replica_data' })

const NOTHING: TwinSeen = { steps: [], checks: [] }
const FAILED = { verdict: 'failed', reason: 'why it failed' } as const

const stepsFailed = (...paths: string[]): TwinSeen['steps'] => [
  { path: '1', verdict: 'passed' },
  ...paths.map((path) => ({ path, verdict: 'failed' as const })),
]
const checkFailed = (name: string): TwinSeen['checks'] => [
  { on: 'orders', name: 'unexpected', verdict: 'passed' },
  { on: 'orders', name, verdict: 'failed' },
]
const auditOf = (rule: string): Pick<TwinSeen, 'audit'> => ({
  audit: {
    rules: [
      { rule, sentence: 'All is well.', verdict: 'failed', lookedAt: 'all', findings: [{ text: 'no', nodes: [] }] },
    ],
  },
})

t.test('a twin that fails where it must has passed', async (t) => {
  const passed = { verdict: 'passed' } as const
  t.match(twinResult(FAILED, atStep, { ...NOTHING, steps: stepsFailed('3.2', '3') }), {
    ...passed,
    reason: 'failed as it should, at step "The heir is master"',
  })
  t.match(
    twinResult(FAILED, atStep, { ...NOTHING, steps: stepsFailed('3#4.2', '3') }),
    passed,
    'in a round of a repeat',
  )
  const around = twin({ step: 'Nobody takes over', path: '3' })
  t.match(twinResult(FAILED, around, { ...NOTHING, steps: stepsFailed('3.2', '3') }), passed, 'inside it')
  t.match(twinResult(FAILED, atCheck, { ...NOTHING, checks: checkFailed('lost_writes') }), passed)
  t.match(twinResult(FAILED, atAudit, { ...NOTHING, ...auditOf('replica_data') }), passed)
})

t.test('one that fails elsewhere, or not at all, has failed, and says what was wanted', async (t) => {
  t.strictSame(twinResult({ verdict: 'passed' }, atStep, NOTHING), {
    verdict: 'failed',
    reason: 'it passed, and had to fail at step "The heir is master": Nobody takes over',
  })
  const elsewhere: [MustFail, TwinSeen, string][] = [
    [atStep, { ...NOTHING, steps: stepsFailed('3.1', '3') }, 'a step beside it'],
    [atStep, { ...NOTHING, checks: checkFailed('lost_writes') }, 'a check'],
    [atStep, { ...NOTHING, steps: stepsFailed('2', 'f1') }, 'an earlier step'],
    [atCheck, { ...NOTHING, steps: stepsFailed('2'), checks: checkFailed('lost_writes') }, 'a step before it'],
    [atCheck, { ...NOTHING, checks: checkFailed('stale_reads') }, 'another check'],
    [atAudit, { ...NOTHING, checks: checkFailed('lost_writes'), ...auditOf('replica_data') }, 'a check before it'],
    [atAudit, { ...NOTHING, ...auditOf('crash') }, 'another rule'],
  ]
  for (const [one, seen, what] of elsewhere) {
    const { verdict, reason } = twinResult(FAILED, one, seen)
    t.equal(verdict, 'failed', what)
    t.match(reason, /^it had to fail at .*, and failed elsewhere: why it failed$/)
  }
})

t.test('what came to no verdict stays without one', async (t) => {
  for (const verdict of ['error', 'inconclusive', 'interrupted', 'skipped'] as const) {
    const ended = { verdict, reason: 'the machine stood still' }
    t.strictSame(twinResult(ended, atStep, { ...NOTHING, steps: stepsFailed('3.2') }), ended)
  }
})
