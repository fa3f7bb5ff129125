import { typed } from '../../base/command-line.ts'
import { quoted } from '../../base/shell-words.ts'
import type { RunReport, ScenarioReport } from '../../results/report-model.ts'
import { command } from './badge.ts'
import { html, type Markup } from './markup.ts'

/** The commands that play a scenario of a run again: as part of the whole run, and alone where the run has others. */
export function runAgain(run: RunReport, scenario: ScenarioReport): Markup {
  const whole = command(run.command, 'The command that runs it again')
  const { played, platform, asked } = scenario
  if (run.scenarios.length === 1 || played === undefined) return whole
  const flags = ['--platform', platform, ...(asked === undefined ? [] : ['--server', asked])].map(quoted)
  const alone = typed('run', [quoted(`${run.folder}/${played}`)], flags)
  return html`<p>This one alone, as it was played:</p>
${command(alone, 'The command that runs this one again')}
<p>The whole run:</p>
${whole}`
}
