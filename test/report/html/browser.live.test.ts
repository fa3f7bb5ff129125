import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { RunEvent } from '../../../runner/record/events.ts'
import { writeReports } from '../../../runner/report/write-reports.ts'
import { accessibilityFaults, keepScreenshot, LOOKS, openFile, requireChromium } from '../../support/chromium.ts'
import { auditedRun } from '../../support/sample-audit.ts'
import { threeScenarios } from '../../support/sample-events.ts'
import { fillRunFolder, fullEvents, longEvents } from '../../support/sample-run-folder.ts'

/** The folder of a run with its reports. */
function runFolder(t: Test, events: readonly RunEvent[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-page-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  fillRunFolder(folder)
  writeReports(folder, events)
  return folder
}

/** From when until when the timeline shows, as its page says. */
async function shownSpan(page: Page): Promise<string> {
  return (await page.locator('#timeline .controls .span').textContent()) ?? ''
}

t.test('pages open from the disk without a complaint, ask for nothing, and are accessible', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const runs = {
    passing: runFolder(t, fullEvents('passing')),
    failing: runFolder(t, fullEvents('failing')),
    suite: runFolder(t, threeScenarios()),
    audited: runFolder(t, auditedRun()),
  }
  for (const [kind, folder] of Object.entries(runs)) {
    for (const [look, options] of Object.entries(LOOKS)) {
      const { page, complaints, requests } = await openFile(browser, join(folder, 'report.html'), options)
      t.strictSame(complaints, [], `${kind}, ${look}: the console is silent`)
      t.strictSame(requests, [], `${kind}, ${look}: nothing is asked for`)
      t.strictSame(await accessibilityFaults(page), [], `${kind}, ${look}: axe finds nothing`)
      const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
      t.ok(overflow <= 0, `${kind}, ${look}: nothing sticks out sideways (${overflow} px)`)
      const cut = Number(
        await page.evaluate(
          'Math.max(0, ...[...document.querySelectorAll("#audit .scroll")].map((one) => one.scrollWidth - one.clientWidth))',
        ),
      )
      t.equal(cut, 0, `${kind}, ${look}: the audit fits its card`)
      await keepScreenshot(page, `${kind}-${look}`)
      await page.context().close()
    }
  }
})

t.test(
  'one time axis: buttons, keys, dragging, steps and the list of moments move lanes, charts and logs',
  async (t) => {
    const browser = await requireChromium(t)
    if (!browser) return
    const folder = runFolder(t, fullEvents('passing'))
    const { page, complaints } = await openFile(browser, join(folder, 'report.html'))
    const lines = () => page.locator('.log tbody tr:not(.event)').count()
    t.equal(await shownSpan(page), 'the whole run')
    const all = await lines()
    t.ok(all > 20, `${all} lines of logs for the whole run`)

    await page.locator('#timeline button[data-move="in"]').click()
    t.match(await shownSpan(page), /^\d+\.\d+ s to \d+\.\d+ s$/, 'a button zooms')
    await page.locator('.stack').focus()
    await page.keyboard.press('0')
    t.equal(await shownSpan(page), 'the whole run', 'a key shows the whole')

    await page.locator('.stack svg').scrollIntoViewIfNeeded()
    const box = await page.locator('.stack svg').boundingBox()
    if (box === null) throw new Error('the lanes are not there')
    const ticks = await page.locator('.stack svg .tick text').allTextContents()
    await page.mouse.move(box.x + box.width * 0.4, box.y + 40)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 4 })
    await page.mouse.up()
    t.not(await shownSpan(page), 'the whole run', 'dragging over the lanes zooms')
    t.notSame(await page.locator('.stack svg .tick text').allTextContents(), ticks, 'the axis of the lanes follows')
    t.ok((await lines()) < all, 'the logs follow')
    await keepScreenshot(page, 'zoomed-light')

    await page.locator('.stack').dblclick({ position: { x: 300, y: 60 } })
    t.equal(await shownSpan(page), 'the whole run', 'a double click shows the whole')

    const chart = await page.locator('.throughput .u-over').boundingBox()
    if (chart === null) throw new Error('the chart is not there')
    await page.mouse.move(chart.x + chart.width * 0.5, chart.y + 50)
    await page.mouse.down()
    await page.mouse.move(chart.x + chart.width * 0.8, chart.y + 50, { steps: 4 })
    await page.mouse.up()
    t.not(await shownSpan(page), 'the whole run', 'dragging over a chart zooms')

    await page.selectOption('#timeline-moment', { label: '4 redis-node1 is master' })
    const [from = 0, to = 0] = (await shownSpan(page)).split(' s to ').map((text) => Number.parseFloat(text))
    t.ok(from > 1 && from < 4.1 && to > 12 && to < 15, `a step is shown with room around it: ${from} to ${to}`)
    await page.locator('#step-7 button, [id="step-7"] button').click()
    t.ok(Number.parseFloat(await shownSpan(page)) > 11, 'the button of a step shows it')
    t.strictSame(complaints, [])
  },
)

t.test('logs are filtered by node, word and weight; views are compared; the theme is switched', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const folder = runFolder(t, fullEvents('passing'))
  const { page, complaints } = await openFile(browser, join(folder, 'report.html'))
  const text = () => page.locator('.log').innerText()
  t.notMatch(await text(), 'Background AOF rewrite', 'what tells nothing of the cluster is left out')
  t.match(await text(), 'FAIL message received from redis-node2 about redis-node0', 'ids are told as names')
  await page.locator('#log-notable').uncheck()
  t.match(await text(), 'Background AOF rewrite')
  await page.locator('#log-search').fill('election')
  t.equal(await page.locator('.log tbody tr:not(.event)').count(), 2)
  await page.locator('input[data-node="1"]').uncheck()
  t.equal(await page.locator('.log tbody tr:not(.event)').count(), 0)
  t.match(await page.locator('#log-count').textContent(), /No line here/)

  t.equal(await page.locator('[data-side="After"] td.changed').count(), 4, 'two nodes have changed')
  await page.selectOption('#view-after', '0')
  t.equal(await page.locator('.sides td.changed').count(), 0, 'a view does not differ from itself')

  await page.locator('#theme').click()
  t.equal(await page.locator('html').getAttribute('data-theme'), 'dark')
  t.strictSame(complaints, [])
})

t.test('on a phone a step has the whole width, and the logs open at the step that failed', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const folder = runFolder(t, fullEvents('failing'))
  const { page, complaints } = await openFile(browser, join(folder, 'report.html'))
  const [scrolled, wanted] = await page.evaluate<[number, number]>(`(() => {
    const log = document.querySelector('.log')
    const row = [...log.querySelectorAll('tr.event')].find((one) => one.textContent.endsWith('step 4 redis-node1 is master'))
    return [log.scrollTop, Math.min(row.offsetTop, log.scrollHeight - log.clientHeight)]
  })()`)
  t.ok(wanted > 100, `there is something above it: ${wanted} px`)
  t.ok(Math.abs(scrolled - wanted) < 2, `scrolled by ${scrolled}, of ${wanted} px`)
  for (const width of [400, 360]) {
    await page.setViewportSize({ width, height: 800 })
    const names = await page.locator('#steps td.what').all()
    t.ok(names.length > 3)
    for (const name of names) {
      const box = await name.boundingBox()
      t.ok((box?.width ?? 0) > width * 0.75, `${box?.width} of ${width} px for ${await name.textContent()}`)
    }
    const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    t.equal(over, 0, 'nothing sticks out')
  }
  t.strictSame(complaints, [])
})

t.test('a million operations are bins', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const folder = runFolder(t, longEvents())
  const file = join(folder, 'report.html')
  const { page, complaints, loadMs } = await openFile(browser, file)
  t.comment(`opened in ${Math.round(loadMs)} ms, ${Math.round(statSync(file).size / 1024)} KiB`)
  t.ok(statSync(file).size < 2 * 1024 * 1024, 'under 2 MiB')
  t.equal(await page.locator('.chart canvas').count(), 2, 'both charts are drawn')
  t.strictSame(complaints, [])
})
