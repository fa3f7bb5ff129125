import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import t, { type Test } from 'tap'
import { systemClock } from '../../../../runner/base/clock.ts'
import { markAtWork } from '../../../../runner/commands/open/at-work.ts'
import { LiveServer } from '../../../../runner/commands/open/live-server.ts'
import type { RunEvent } from '../../../../runner/record/events.ts'
import { writeReports } from '../../../../runner/report/write-reports.ts'
import {
  accessibilityFaults,
  keepScreenshot,
  openAddress,
  type PageLook,
  requireChromium,
  untilTrue,
} from '../../../support/chromium.ts'
import { hostile } from '../../../support/hostile-events.ts'
import { threeScenarios } from '../../../support/sample-events.ts'
import { fillRunFolder, fullEvents } from '../../../support/sample-run-folder.ts'
import { tunnelTo } from '../../../support/tunnel.ts'

/** A run that is on, whose record is written by the test, and the server of its page. */
async function followed(t: Test) {
  const folder = path.join(t.testdir({}), 'run')
  mkdirSync(folder)
  fillRunFolder(folder)
  const file = path.join(folder, 'events.jsonl')
  writeFileSync(file, '')
  const unmark = markAtWork(folder)
  const server = await LiveServer.start({ folder, clock: systemClock, lingerMs: 60_000 })
  t.teardown(() => server.close())
  return {
    url: server.url,
    port: server.port,
    write: (events: readonly RunEvent[]) => {
      appendFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    },
    /** The reports are written, and the runner leaves. */
    end: (events: readonly RunEvent[]) => {
      writeReports(folder, events)
      unmark()
    },
  }
}

/** Up to the moment when step 4 is under way. */
function halves(events: readonly RunEvent[]): [RunEvent[], RunEvent[]] {
  const began = events.findIndex((event) => event.type === 'step-started' && event.step.path === '4')
  return [events.slice(0, began + 1), events.slice(began + 1)]
}

async function opened(t: Test, browser: Browser, url: string, look = {}) {
  const one = await openAddress(browser, url, look)
  t.teardown(() => one.page.context().close())
  return one
}

t.test('whatever the reader does, news leave it alone; the connection may break', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const events = fullEvents('passing')
  const [first, second] = halves(events)
  const run = await followed(t)
  const tunnel = await tunnelTo(t, run.port)
  const { page } = await opened(t, browser, run.url.replace(/:\d+\//, `:${tunnel.port}/`))
  t.match(await page.locator('#verdict').innerText(), 'about to begin')
  await page.evaluate('globalThis.beforeTheRun = true')
  run.write(first)
  await page.locator('#step-4', { hasText: 'running' }).waitFor()
  t.equal(await page.evaluate('globalThis.beforeTheRun'), undefined, 'a scenario has a page of its own')
  await page.evaluate('globalThis.isTheSame = true')

  await page.locator('#timeline details summary').click()
  await page.selectOption('#timeline-moment', { label: '3 stop redis-node0' })
  await page.locator('#log-search').fill('Cluster state')
  const span = await page.locator('#timeline .controls .span').textContent()
  t.match(span, /^\d+\.\d+ s to \d+\.\d+ s$/)

  tunnel.cut()
  await page.locator('.connection', { hasText: 'trying again' }).waitFor()
  await page.locator('.connection:empty').waitFor({ state: 'attached' })
  run.write(second)
  await page.locator('#verdict > .badge.passed').waitFor()
  t.equal(await page.evaluate('globalThis.isTheSame'), true)
  t.equal(await page.locator('#timeline details').getAttribute('open'), '', 'what was opened stays open')
  t.equal(await page.locator('#timeline .controls .span').textContent(), span, 'what was zoomed to stays')
  t.equal(await page.locator('#log-search').inputValue(), 'Cluster state')
  t.equal(await page.locator('#timeline-moment').evaluate((one) => (one as unknown as { value: string }).value), '2')
  await page.locator('#steps button[data-from]').last().click()
  t.not(await page.locator('#timeline .controls .span').textContent(), span, 'a button that came later works')
  run.end(events)
  await untilTrue(page, 'globalThis.isTheSame === undefined && document.title.startsWith("passed")')
  t.match(await page.title(), 'passed: failover-basic')
})

t.test('every look is accessible and fits, with hostile texts too, and nothing complains', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const small: PageLook = { width: 400, height: 850 }
  const kinds: Record<string, { events: RunEvent[]; looks: Record<string, PageLook> }> = {
    plain: { events: fullEvents('failing'), looks: { light: { scheme: 'light' }, dark: { scheme: 'dark' }, small } },
    hostile: { events: hostile(fullEvents('failing')), looks: { small } },
  }
  for (const [kind, { events, looks }] of Object.entries(kinds)) {
    const run = await followed(t)
    const [first, second] = halves(events)
    run.write(first)
    for (const [look, options] of Object.entries(looks)) {
      const { page, complaints, requests } = await opened(t, browser, run.url, options)
      await page.locator('#step-4', { hasText: 'running' }).waitFor()
      if (look === 'light') run.write(second.slice(0, 3))
      t.same(await accessibilityFaults(page), [], `${kind}, ${look}: axe finds nothing`)
      const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
      t.ok(overflow <= 0, `${kind}, ${look}: nothing sticks out sideways (${overflow} px)`)
      t.equal(await page.locator('img').count(), 0, `${kind}, ${look}: no element out of a text`)
      t.same(complaints, [])
      t.ok(requests.every((asked) => asked === `${run.url}events`))
      await keepScreenshot(page, `live-${kind}-${look}`)
    }
  }
})

t.test('the page of a suite goes on with the next scenario', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const events = threeScenarios()
  const next = events.findIndex((event) => event.type === 'scenario-started' && event.scenario === 1)
  const run = await followed(t)
  run.write(events.slice(0, next))
  const { page, complaints } = await opened(t, browser, run.url)
  await page.locator('#verdict > .badge.passed').waitFor()
  run.write(events.slice(next, next + 1))
  await page.locator('#verdict .suite', { hasText: 'Scenario 2 of 3' }).waitFor()
  run.write(events.slice(next + 1))
  run.end(events)
  await page.locator('#scenarios').waitFor()
  await page.locator('#scenarios a').first().click()
  await page.locator('#timeline').waitFor()
  await page.locator('a', { hasText: 'All scenarios of this run' }).click()
  await page.locator('#scenarios').waitFor()
  t.same(complaints, [])
})
