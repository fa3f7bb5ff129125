import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RunEvent } from '../../../runner/record/events.ts'
import { writeReports } from '../../../runner/report/write-reports.ts'
import { openFile, requireChromium } from '../../support/chromium.ts'
import { HOSTILE, hostile } from '../../support/hostile-events.ts'
import { checkedRun } from '../../support/sample-checks.ts'
import { threeScenarios } from '../../support/sample-events.ts'
import { fillRunFolder, fullEvents } from '../../support/sample-run-folder.ts'

/** With a command that is offered nowhere: none with hostile texts in it is, and both pages are to hold the same. */
function withoutCommand(event: RunEvent): RunEvent {
  return event.type === 'run-started' ? { ...event, command: 'true; false' } : event
}

function folderOf(t: Test, name: string, events: readonly RunEvent[], log = ''): string {
  const folder = join(t.testdir({}), name)
  mkdirSync(folder, { recursive: true })
  fillRunFolder(folder)
  for (const file of readdirSync(join(folder, 'nodes'))) {
    const place = join(folder, 'nodes', file)
    const text = readFileSync(place, 'utf8')
    writeFileSync(place, text.replaceAll('\n', `${log}\n`))
  }
  writeReports(folder, events)
  return folder
}

const RUNS: Readonly<Record<string, () => RunEvent[]>> = {
  failing: () => fullEvents('failing'),
  checked: checkedRun,
  suite: threeScenarios,
}

/** How often each kind of element is there, and whether scripts saw their data. */
const CENSUS = `(() => {
  const counts = {}
  for (const { localName } of document.querySelectorAll('*')) counts[localName] = (counts[localName] ?? 0) + 1
  return { counts, title: document.title, data: document.querySelector('#data').textContent }
})()`

interface Census {
  counts: Record<string, number>
  title: string
  data: string
}

t.test('a page that is full of hostile texts holds the same elements as one that is not', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  for (const [name, events] of Object.entries(RUNS)) {
    const census = async (folder: string): Promise<Census> => {
      const { page, complaints, requests } = await openFile(browser, join(folder, 'report.html'))
      t.strictSame(complaints, [], `${name}: the console is silent`)
      t.strictSame(requests, [], `${name}: nothing is asked for`)
      const found = (await page.evaluate(CENSUS)) as Census
      await page.context().close()
      return found
    }
    const given = events().map(withoutCommand)
    const plain = await census(folderOf(t, `${name}-plain`, given))
    const full = await census(folderOf(t, `${name}-hostile`, hostile(given), HOSTILE))
    t.strictSame(full.counts, plain.counts, name)
    t.match(full.title, '</script><!--<script>', 'the title is a text')
    t.match(full.title, '\\u2028\\u202e', 'what would turn a text round is visible')
    t.doesNotThrow(() => JSON.parse(full.data), 'the data is whole')
  }
})

t.test('whatever the texts: the page ends where it ends, and its policy stands', async (t) => {
  for (const [name, events] of Object.entries(RUNS)) {
    const folder = folderOf(t, name, hostile(events()), HOSTILE)
    const page = readFileSync(join(folder, 'report.html'), 'utf8')
    const plain = readFileSync(join(folderOf(t, `${name}-plain`, events()), 'report.html'), 'utf8')
    for (const tag of ['<script', '</script>', '<title>', '</title>', '<img', '<!--', '</html>'])
      t.equal(page.split(tag).length, plain.split(tag).length, `${name}: ${tag}`)
    for (const character of ['\u2028', '\u202e', '\u0007'])
      t.notOk(page.includes(character), `${name}: \\u${character.charCodeAt(0).toString(16)} stands nowhere as itself`)
    t.match(page, /Content-Security-Policy" content="default-src 'none';/)
  }
})
