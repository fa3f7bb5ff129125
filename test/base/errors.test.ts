import t from 'tap'
import { ChaosError, codeOf, isExpected, messageOf, PlayError, UsageError } from '../../runner/base/errors.ts'
import { FormError } from '../../runner/cluster/form-phase.ts'
import { ReplyError, Unreachable } from '../../runner/cluster/reply-errors.ts'
import { TargetError } from '../../runner/cluster/targets.ts'
import { Interrupted } from '../../runner/engine/interrupt.ts'
import { resultOfError } from '../../runner/engine/scenario-result.ts'
import { NotHealed, NotProven } from '../../runner/faults/fault.ts'
import { ConflictError, PlatformError } from '../../runner/platforms/errors.ts'
import { UnsupportedFault } from '../../runner/platforms/faults.ts'
import { BaselineError } from '../../runner/record/baseline.ts'
import { EventLogError } from '../../runner/record/event-log.ts'
import { HistoryError } from '../../runner/record/history-format.ts'
import { RunFolderError } from '../../runner/record/run-folder.ts'
import { TrendsError } from '../../runner/record/trends.ts'
import { ReportError } from '../../runner/results/run-model.ts'
import { UndefinedName } from '../../runner/steps/names.ts'
import { StepFailure, StepInconclusive } from '../../runner/steps/verb.ts'
import { LoadRefused } from '../../runner/workload/load.ts'

const unreachable = new Unreachable({ node: 'n', address: 'a', kind: 'closed', indeterminate: true, reason: 'r' })

t.test('every error says the exit code of a command and the verdict of a step that end with it', async (t) => {
  const errors: [ChaosError, number, string][] = [
    [new UsageError('x'), 2, 'error'],
    [new BaselineError('x'), 2, 'error'],
    [new TrendsError('x'), 2, 'error'],
    [new PlatformError('x'), 3, 'error'],
    [new ConflictError('x'), 3, 'error'],
    [new UnsupportedFault('x', 'y'), 3, 'inconclusive'],
    [new FormError('x'), 3, 'error'],
    [new LoadRefused('x'), 3, 'error'],
    [new RunFolderError('x'), 3, 'error'],
    [new EventLogError('x'), 3, 'error'],
    [new HistoryError('x'), 3, 'error'],
    [new ReportError('x'), 3, 'error'],
    [new NotProven('x'), 3, 'inconclusive'],
    [new NotHealed('x'), 1, 'failed'],
    [new Interrupted('SIGINT'), 130, 'interrupted'],
    [new StepFailure({ message: 'x' }), 70, 'failed'],
    [new StepInconclusive({ message: 'x' }), 70, 'inconclusive'],
    [new TargetError('x'), 70, 'failed'],
    [new UndefinedName('x'), 70, 'failed'],
    [new ReplyError('n', 'x'), 70, 'failed'],
    [unreachable, 70, 'failed'],
  ]
  for (const [error, exitCode, stepVerdict] of errors) t.match(error, { exitCode, stepVerdict }, error.name)
})

t.test('outside the steps an error is no verdict of the cluster, or a bug', async (t) => {
  const bugs: unknown[] = []
  const result = (error: unknown) => resultOfError(error, (bug) => bugs.push(bug))
  t.strictSame(result(new PlatformError('no engine', { hint: 'start it' })), {
    verdict: 'error',
    reason: 'no engine',
    hint: 'start it',
  })
  t.strictSame(result(new Interrupted('SIGINT')), { verdict: 'interrupted', reason: 'interrupted by SIGINT' })
  t.strictSame(result(new UnsupportedFault('delay', 'no netem')).verdict, 'error')
  t.strictSame(bugs, [])
  const unexpected = [new TypeError('x is not a function'), unreachable, new PlayError('x'), 'thrown text']
  for (const error of unexpected) t.match(result(error), { verdict: 'error', reason: /^a bug of redis-chaos: / })
  t.strictSame(bugs, unexpected)
})

t.test('an error of a class that nobody knows is told as it is', async (t) => {
  class Novel extends ChaosError {}
  t.ok(isExpected(new Novel('x')))
  t.notOk(isExpected(new Error('x')))
})

t.test('what was thrown is told in words, whatever it is', async (t) => {
  t.equal(messageOf(new Error('in words')), 'in words')
  t.equal(messageOf('a text'), 'a text')
  t.equal(messageOf(undefined), 'undefined')
  t.equal(codeOf(Object.assign(new Error('x'), { code: 'ENOENT' })), 'ENOENT')
  t.equal(codeOf(Object.assign(new Error('x'), { code: 7 })), undefined)
  t.equal(codeOf({ code: 'ENOENT' }), undefined)
  t.equal(codeOf(undefined), undefined)
})
