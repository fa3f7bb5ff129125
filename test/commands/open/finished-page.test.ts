import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { finishedPage } from '../../../runner/commands/open/finished-page.ts'
import type { RunEvent } from '../../../runner/record/events.ts'
import { writeReports } from '../../../runner/report/write-reports.ts'
import { brokenOffRun, passingRun, threeScenarios } from '../../support/sample-events.ts'

function recorded(t: Test, events: readonly RunEvent[]): string {
  return t.testdir({ 'events.jsonl': events.map((event) => `${JSON.stringify(event)}\n`).join('') })
}

t.test('a page that is as this program makes it stays as it is', async (t) => {
  const folder = recorded(t, passingRun())
  writeReports(folder, passingRun())
  const page = path.join(folder, 'report.html')
  utimesSync(page, 1000, 1000)
  t.equal(finishedPage(folder), page)
  t.equal(statSync(page).mtimeMs, 1_000_000)
})

t.test(
  "a page of somebody else's making is made anew before a browser sees it, and so are those it links to",
  async (t) => {
    const folder = recorded(t, threeScenarios())
    writeReports(folder, threeScenarios())
    const pages = [
      'report.html',
      ...[...readFileSync(path.join(folder, 'report.html'), 'utf8').matchAll(/href="(pages\/[^"]+)"/g)].map(
        ([, name = '']) => name,
      ),
    ]
    t.equal(new Set(pages).size, 4)
    for (const name of pages) writeFileSync(path.join(folder, name), '<script>alert(1)</script>')
    finishedPage(folder)
    for (const name of pages) t.match(readFileSync(path.join(folder, name), 'utf8'), '<!doctype html>', name)
  },
)

t.test('a run that broke off has a page, which says so', async (t) => {
  const text = readFileSync(finishedPage(recorded(t, brokenOffRun())), 'utf8')
  t.match(text, 'breaks off here')
})
