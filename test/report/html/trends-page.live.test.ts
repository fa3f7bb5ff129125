import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import type { TrendLine } from '../../../runner/record/trends.ts'
import { trendsPage } from '../../../runner/report/html/trends-page.ts'
import {
  accessibilityFaults,
  keepScreenshot,
  LOOKS,
  openFile,
  requireChromium,
  untilTrue,
} from '../../support/chromium.ts'

const HOSTILE = '</script><img src=x onerror="alert(1)">&\u2028'

function trendLine(day: number, more: Partial<TrendLine> = {}): TrendLine {
  const startedAt = new Date(Date.UTC(2026, 10, day, 2, 17)).toISOString()
  const server = { server: 'redis 7.0.15', asked: 'redis:7.0', platform: 'process' }
  const times = { durationMs: 15_000 + day, setupMs: 2400, trueAfterMs: { 'redis-node1 is master': [8000 + day] } }
  return {
    startedAt,
    id: 'failover-basic',
    verdict: 'passed',
    seed: 42,
    ...server,
    ...times,
    suite: 'nightly',
    ...more,
  }
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

/** As the nightly suite leaves them: 80 scenarios, 20 nights. */
const EIGHTY: readonly TrendLine[] = NIGHTS.slice(0, 20).flatMap((_, day) =>
  Array.from({ length: 80 }, (__, number) =>
    trendLine(day + 1, {
      id: `election/scenario-${number}-with-a-name-of-a-usual-length`,
      measures: { failover: 6000 + ((day * 7 + number) % 11) * 90, loss: 0 },
      verdict: (day + number) % 37 === 0 ? 'failed' : 'passed',
    }),
  ),
)

/** What a night can say of a scenario, and what it said once in a later version. */
const STATES: readonly (readonly [string, Partial<TrendLine>])[] = [
  ['a-failing', { state: 'failing', verdict: 'failed', why: 'All 5 plays of the night failed.' }],
  ['b-slower', { state: 'slower', why: 'b-slower on redis:7.0, process: failover time is 32.1 % slower & more.' }],
  [
    'c-flaky',
    { state: 'flaky', verdict: 'failed', why: 'c-flaky on redis:7.0, process is flaky: 1 of 5 plays failed.' },
  ],
  ['d-faster', { state: 'faster', why: 'd-faster is faster.' }],
  ...(['new', 'few', 'stable'] as const).map((state) => [`e-${state}`, { state }] as const),
  ['f-later', { state: 'of a later version' }],
  ['g-run', {}],
]

const TOLD: readonly TrendLine[] = STATES.flatMap(([id, more]) => [
  ...NIGHTS.slice(0, 6).map((_, day) => trendLine(day + 1, { id, measures: { failover: 8000 + day * 30 } })),
  trendLine(20, { id, measures: { failover: id === 'b-slower' ? 10_600 : 8100 }, ...more }),
])

const PAGES: Readonly<Record<string, { lines: readonly TrendLine[]; charts: number }>> = {
  nights: { lines: NIGHTS, charts: 4 },
  'nights that judged': { lines: TOLD, charts: STATES.length },
  'one run': { lines: [trendLine(1)], charts: 1 },
  'words that nobody knows': {
    lines: [
      trendLine(1, { id: HOSTILE, verdict: 'of a later version', server: HOSTILE, asked: HOSTILE }),
      trendLine(2),
    ],
    charts: 2,
  },
}

function groupTitles(page: string): (string | undefined)[] {
  return [...page.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, title]) => title)
}

/** All of them, with their charts. */
async function openRows(page: Page): Promise<void> {
  await page.evaluate("for (const row of document.querySelectorAll('main details')) row.open = true")
  await untilTrue(page, "[...document.querySelectorAll('.trend')].every((chart) => chart.querySelector('canvas'))")
}

t.test('a row for each scenario of a suite and server, in order, with what was measured', async (t) => {
  const page = trendsPage(NIGHTS)
  t.same(groupTitles(page), ['nightly on redis:7.0, process', 'nightly on valkey:8.1, process'])
  const names = [...page.matchAll(/<span class="name" title="([^"]*)">/g)].map(([, name]) => name)
  t.same(names, ['failover-basic', 'readme-walkthrough', 'failover-basic'])
  t.match(page, /19 of 20 times passed/)
  t.match(
    page,
    /<h3>failover time<\/h3><p class="dim small">median 8\.1\d? s, p95 8\.18 s, 8\.00 s to 8\.19 s; the last 8\.19 s/,
  )
  t.match(page, /<h3>duration<\/h3>/, 'what measured nothing is told by how long it took')
  t.match(page, /60 plays of scenarios, from 2026-11-01T02:17:00\.000Z to 2026-11-20T02:17:00\.000Z/)
})

t.test('what was played alone, or by earlier versions, is folded below the suites', async (t) => {
  const alone = trendLine(20, { id: 'alone', suite: undefined })
  const page = trendsPage([...NIGHTS, alone])
  t.same(groupTitles(page).at(-1), 'In no suite on redis:7.0, process')
  t.match(page, /<details class="trend-group" id="group-0" open>/)
  t.match(page, /<details class="trend-group" id="group-2">/, 'folded')
  t.match(trendsPage([alone]), /<details class="trend-group" id="group-0" open>/, 'open where there is nothing else')
})

t.test('what was interrupted is left out, and said to be', async (t) => {
  const page = trendsPage([trendLine(1), trendLine(2, { verdict: 'interrupted' })])
  t.match(page, /1 of 1 time passed/)
  t.match(page, /1 play of scenarios, /)
  t.match(page, /Left out: 1 play that was interrupted\./)
  t.notMatch(trendsPage([trendLine(1)]), /Left out/)
})

t.test('one scenario on several servers is one group', async (t) => {
  const servers = ['redis:6.0', 'redis:8.6', 'valkey:9.1']
  const page = trendsPage(servers.map((asked) => trendLine(1, { asked, suite: 'matrix' })))
  t.same(groupTitles(page), ['matrix, on several servers'])
  for (const server of servers) t.match(page, `title="failover-basic on ${server}, process"`)
})

t.test('a row has the state that the last night gave it, and a group tells how many need attention', async (t) => {
  const page = trendsPage(TOLD)
  const cells = [
    ...page.matchAll(/<span class="state ([a-z]*)"><span aria-hidden="true">(.)<\/span> ([a-z ]+)<\/span>/g),
  ]
  t.strictSame(
    cells.map(([, look, mark, word]) => `${mark} ${word} ${look}`.trim()),
    [
      ...['✖ failing failed', '▲ slower failed', '≈ flaky', '▼ faster passed', '· few samples plain'],
      ...['+ new plain', '✔ stable passed', '✔ passed passed', '✔ passed passed'],
    ],
  )
  const counts = [...page.matchAll(/class="attention state ([a-z]*)"><span aria-hidden="true">.<\/span> ([^<]*)</g)]
  t.strictSame(
    counts.map(([, look, text]) => `${text} ${look}`.trim()),
    ['1 failing failed', '1 slower failed', '1 flaky'],
  )
  t.match(page, /<p class="told">b-slower on redis:7\.0, process: failover time is 32\.1 % slower &amp; more\.<\/p>/)
  t.match(
    page,
    /<summary class="trend-cells bad"><span class="name" title="b-slower">/,
    'its plays passed all the same',
  )
  t.match(page, /<summary class="trend-cells warned"><span class="name" title="c-flaky">/)
  const older = trendsPage([...TOLD, trendLine(21, { id: 'b-slower' })])
  t.match(older, /title="b-slower"[\s\S]*?<\/span> passed<\/span><\/summary>/, 'what was played since is no night')
})

t.test('80 scenarios are one page, until a row is opened', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const file = join(t.testdir({}), 'trends.html')
  const old = trendLine(1, { id: 'alone', suite: undefined })
  writeFileSync(file, trendsPage([...EIGHTY, ...EIGHTY.map((line) => ({ ...line, asked: 'valkey:9.1' })), old]))
  const { page } = await openFile(browser, file)
  const height = Number(await page.evaluate('document.documentElement.scrollHeight'))
  t.ok(height < 2000, `${height} px`)
  t.equal(await page.locator('.trend-row:visible').count(), 80)
  t.equal(await page.locator('canvas').count(), 0)
  await keepScreenshot(page, 'trends-eighty')
  await page.locator('.trend-row summary').nth(3).click()
  await untilTrue(page, "document.querySelectorAll('#trend-3 canvas').length === 2")
  await page.locator('.trend-row summary').nth(3).click()
  await untilTrue(page, "document.querySelectorAll('canvas').length === 0")
  await page.locator('nav a').nth(1).click()
  await untilTrue(page, "document.querySelector('#group-1').open")
})

t.test('a single play lies in the middle of its chart', async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const file = join(t.testdir({}), 'trends.html')
  writeFileSync(file, trendsPage([trendLine(1)]))
  const { page } = await openFile(browser, file)
  await openRows(page)
  const place = await page.evaluate(`(() => {
    const canvas = document.querySelector('.trend canvas')
    const color = getComputedStyle(document.documentElement).getPropertyValue('--series-0').trim()
    const wanted = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
    const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    const found = []
    for (let at = 0; at < data.length; at += 4) {
      if (wanted.every((value, part) => data[at + part] === value) && data[at + 3] === 255) found.push((at / 4) % width)
    }
    return found.reduce((sum, x) => sum + x, 0) / found.length / width
  })()`)
  t.ok(Number(place) > 0.45 && Number(place) < 0.6, `at ${place} of the width`)
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
      await openRows(page)
      t.strictSame(await accessibilityFaults(page), [], `${name}, ${look}: axe finds nothing, with all open`)
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
  await openRows(page)
  const picture = () => page.evaluate("document.querySelector('.chart canvas').toDataURL()")
  const light = await picture()
  await page.locator('#theme').click()
  t.equal(await page.locator('html').getAttribute('data-theme'), 'dark')
  t.not(await picture(), light)
  t.equal(await page.locator('.chart canvas').count(), 4, 'none is drawn twice')
  t.strictSame(complaints, [])
})
