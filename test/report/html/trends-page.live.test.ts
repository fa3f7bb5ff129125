import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { TrendLine } from '../../../runner/record/trends.ts'
import { trendsPage } from '../../../runner/report/html/trends-page.ts'
import { accessibilityFaults, keepScreenshot, LOOKS, openFile, requireChromium } from '../../support/chromium.ts'

const HOSTILE = '</script><img src=x onerror="alert(1)">&\u2028'

function trendLine(day: number, more: Partial<TrendLine> = {}): TrendLine {
  const startedAt = new Date(Date.UTC(2026, 10, day, 2, 17)).toISOString()
  const server = { server: 'redis 7.0.15', asked: 'redis:7.0', platform: 'process' }
  const times = { durationMs: 15_000 + day, setupMs: 2400, trueAfterMs: { 'redis-node1 is master': [8000 + day] } }
  return { startedAt, id: 'failover-basic', verdict: 'passed', seed: 42, ...server, ...times, ...more }
}

/** Twenty nights of one scenario on two servers, and of another that measures nothing; some did not pass. */
const NIGHTS: readonly TrendLine[] = Array.from({ length: 20 }, (_, day) => [
  trendLine(day + 1, {
    measures: { failover: 8000 + day * 10, loss: day % 3 },
    verdict: day === 7 ? 'failed' : 'passed',
  }),
  trendLine(day + 1, { server: 'valkey 8.1.1', asked: 'valkey:8.1', measures: { failover: 7000 + day } }),
  trendLine(day + 1, { id: 'readme-walkthrough', verdict: day % 5 === 0 ? 'error' : 'passed' }),
]).flat()

const PAGES: Readonly<Record<string, { lines: readonly TrendLine[]; charts: number }>> = {
  nights: { lines: NIGHTS, charts: 4 },
  'one run': { lines: [trendLine(1)], charts: 1 },
  'words that nobody knows': {
    lines: [
      trendLine(1, { id: HOSTILE, verdict: 'of a later version', server: HOSTILE, asked: HOSTILE }),
      trendLine(2),
    ],
    charts: 2,
  },
}

t.test('a section for each scenario and server, in order, with what was measured', async (t) => {
  const page = trendsPage(NIGHTS)
  const titles = [...page.matchAll(/<h2 id="trend-\d+-title">([^<]*)<\/h2>/g)].map(([, title]) => title)
  t.same(titles, [
    'failover-basic on redis:7.0, process',
    'failover-basic on valkey:8.1, process',
    'readme-walkthrough on redis:7.0, process',
  ])
  t.match(page, /19 of 20 times passed/)
  t.match(
    page,
    /<h3>failover time<\/h3><p class="dim small">median 8\.1\d? s, p95 8\.18 s, 8\.00 s to 8\.19 s; the last 8\.19 s/,
  )
  t.match(page, /<h3>duration<\/h3>/, 'what measured nothing is told by how long it took')
  t.match(page, /60 scenarios played, from 2026-11-01T02:17:00\.000Z to 2026-11-20T02:17:00\.000Z/)
})

t.test('the page opens from the disk without a complaint, asks for nothing, and is accessible', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const folder = t.testdir({})
  for (const [name, { lines, charts }] of Object.entries(PAGES)) {
    const file = join(folder, `${name.replaceAll(' ', '-')}.html`)
    writeFileSync(file, trendsPage(lines))
    for (const [look, options] of Object.entries(LOOKS)) {
      const { page, complaints, requests } = await openFile(browser, file, options)
      t.strictSame(complaints, [], `${name}, ${look}: the console is silent`)
      t.strictSame(requests, [], `${name}, ${look}: nothing is asked for`)
      t.strictSame(await accessibilityFaults(page), [], `${name}, ${look}: axe finds nothing`)
      t.equal(await page.locator('.chart canvas').count(), charts, `${name}, ${look}: every chart is drawn`)
      const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
      t.ok(overflow <= 0, `${name}, ${look}: nothing sticks out sideways (${overflow} px)`)
      if (name === 'nights') await keepScreenshot(page, `trends-${look}`)
      await page.context().close()
    }
  }
})

t.test('the theme is switched, and the charts follow', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const file = join(t.testdir({}), 'trends.html')
  writeFileSync(file, trendsPage(NIGHTS))
  const { page, complaints } = await openFile(browser, file)
  const picture = () => page.evaluate("document.querySelector('.chart canvas').toDataURL()")
  const light = await picture()
  await page.locator('#theme').click()
  t.equal(await page.locator('html').getAttribute('data-theme'), 'dark')
  t.not(await picture(), light)
  t.equal(await page.locator('.chart canvas').count(), 4, 'none is drawn twice')
  t.strictSame(complaints, [])
})
