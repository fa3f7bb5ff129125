import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RunEvent } from '../../../runner/record/events.ts'
import { writeReports } from '../../../runner/report/write-reports.ts'
import { openFile, requireChromium } from '../../support/chromium.ts'
import { checkedRun } from '../../support/sample-checks.ts'
import { threeScenarios } from '../../support/sample-events.ts'
import { fillRunFolder, fullEvents } from '../../support/sample-run-folder.ts'

const HOSTILE = `</script><!--<script>"'&\u2028\u202e</title><img src=x onerror=alert(1)>]]>\u0007`

/** Texts that come from scenarios, servers and the environment: anything may stand in them. */
const FOREIGN = new Set([
  'title',
  'name',
  'note',
  'proof',
  'message',
  'details',
  'hint',
  'reason',
  'lastSeen',
  'text',
  'tags',
  'command',
  'explanation',
  'value',
  'limit',
  'unreachable',
  'platform',
  'server',
  'phase',
  'id',
])

/** Names in these are the runner's own. */
const OURS = new Set(['nodes', 'view', 'check'])

/** Word for word, so that a text which repeats another still does; of a source, in its comments. */
function spoilt(text: string): string {
  if (text.includes('\n')) return text.replaceAll(/#.*/g, (comment) => comment + HOSTILE)
  return text.includes(' ') ? text.replaceAll(' ', ` ${HOSTILE} `) : text + HOSTILE
}

/** The same events, in which every text of theirs holds what would break a page. */
function hostile(events: readonly RunEvent[]): RunEvent[] {
  const changed = (value: unknown, key = '', within = ''): unknown => {
    const isOurs = key === 'name' && OURS.has(within)
    if (typeof value === 'string') return FOREIGN.has(key) && !isOurs ? spoilt(value) : value
    if (Array.isArray(value)) return value.map((item) => changed(item, key, within))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, changed(item, name, key)]))
  }
  return events.map((event) => changed(event) as RunEvent)
}

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
