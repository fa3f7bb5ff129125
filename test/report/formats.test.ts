import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stdoutReporters } from '../../runner/report/index.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { auditedRun } from '../support/sample-audit.ts'
import { checkedRun } from '../support/sample-checks.ts'
import { SAMPLES } from '../support/sample-events.ts'

/**
 * Every format of every sample, character by character, beside its expected text in `expected/`.
 * `UPDATE_EXPECTED=1` writes them anew: read what changed.
 */
const EXPECTED = join(import.meta.dirname, 'expected')

for (const [sample, events] of Object.entries({ ...SAMPLES, checked: checkedRun, audited: auditedRun })) {
  t.test(sample, async (t) => {
    for (const [name, format] of stdoutReporters) {
      // The page is looked at in a browser, where it is meant to be: html-browser.test.ts.
      if (name === 'html') continue
      const file = join(EXPECTED, `${sample}.${name}.txt`)
      const text = format(reduceRun(events()), { color: false, width: 80 })
      if (process.env.UPDATE_EXPECTED === '1') writeFileSync(file, text)
      t.equal(text, readFileSync(file, 'utf8'), name)
    }
  })
}
