import t from 'tap'
import { Evidence } from '../../runner/checks/evidence.ts'
import { searchFairly } from '../../runner/checks/linearizable/fair-search.ts'
import { judgeLinearizability } from '../../runner/checks/linearizable/judge.ts'
import { NO_FACTS } from '../support/facts.ts'
import { etcdHistory, expectedVerdicts, keyValueProblems, noOracles } from '../support/oracles.ts'

const STEPS = 5_000_000

t.test('histories recorded by others get the verdicts that other checkers agree on', { skip: noOracles }, async (t) => {
  const verdicts = Object.entries(expectedVerdicts())
  t.ok(verdicts.length >= 64, `${verdicts.length} histories were found`)
  for (const [file, expected] of verdicts) {
    const verdict = file.startsWith('kv/') ? keyValueVerdict(file) : etcdVerdict(file)
    t.equal(verdict, expected, file)
  }
})

function etcdVerdict(file: string): string {
  const { violations, undecided } = judgeLinearizability(new Evidence(etcdHistory(file), NO_FACTS), STEPS)
  if (violations.length > 0) return 'not linearizable'
  return undecided.length > 0 ? 'undecided' : 'linearizable'
}

function keyValueVerdict(file: string): string {
  const { violated, undecided } = searchFairly(keyValueProblems(file), STEPS)
  if (violated.length > 0) return 'not linearizable'
  return undecided.length > 0 ? 'undecided' : 'linearizable'
}
