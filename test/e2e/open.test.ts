import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import t from 'tap'
import { accessibilityFaults, keepScreenshot, openAddress, requireChromium, untilTrue } from '../support/chromium.ts'
import { reportsFolder, runCli, startCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { Outside } from '../support/outside.ts'

const SECRET = 'a-secret-of-this-test'

/** Until when the bars of the lanes reach, as their tips say, s. */
const LANES_END = `Math.max(0, ...[...document.querySelectorAll('.stack svg .span title')]
  .map((tip) => Number(/to ([\\d.]+) s\\)$/.exec(tip.textContent)?.[1] ?? 0)))`

async function row(page: Page, step: number, words: string): Promise<void> {
  await page.locator(`#step-${step}`, { hasText: words }).waitFor()
}

t.test('the page of a run follows it live, and becomes its report', { skip: skipWithoutRedis() }, async (t) => {
  const browser = await requireChromium(t)
  if (!browser) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const flags = ['--platform', 'process', ...clusterFlags(lease), '--reports', reports]
  const run = startCli(t, ['run', testScenario('followed'), '--set', `api_token=${SECRET}`, ...flags])
  await run.until('cluster ready')
  const servers = new Outside(lease.portBase, AbortSignal.timeout(300_000))
  t.teardown(() => servers.close())
  const open = startCli(t, ['open', '--no-browser', '--reports', reports])
  await open.until('Open this address in a browser')
  // Of two pipes, nobody knows which one brings its words first.
  while (!open.output().endsWith('\n')) await sleep(20)
  const url = open.output().trim()
  const wide = await openAddress(browser, url)
  t.match(await wide.page.title(), 'running: ')

  await t.test('steps tick, lanes grow, logs stream, without a reload', async (t) => {
    const { page } = wide
    await page.evaluate('globalThis.isTheSame = true')
    await row(page, 1, 'running')
    await row(page, 4, 'waiting')
    const endS = Number(await page.evaluate(LANES_END))
    await untilTrue(page, `${LANES_END} > ${endS + 0.5}`)
    await servers.call('redis-node0', 'SET', 'aa', 'look')
    await row(page, 1, 'passed')
    await row(page, 3, 'passed')
    await row(page, 5, 'running')
    await page.locator('.log tbody', { hasText: 'a failover with ***' }).waitFor()
    await page.locator('.chart canvas').first().waitFor()
    t.equal(await page.evaluate('globalThis.isTheSame'), true)
  })

  await t.test('it is accessible and fits, wide and on a phone', async (t) => {
    const phone = await openAddress(browser, url, { width: 400, height: 850, scheme: 'dark' })
    for (const [name, { page, complaints }] of Object.entries({ wide, phone })) {
      t.same(await accessibilityFaults(page), [], name)
      const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
      t.ok(overflow <= 0, `${name}: nothing sticks out sideways (${overflow} px)`)
      await keepScreenshot(page, `live-${name}`)
      t.same(complaints, [], `${name}: the console is silent`)
    }
    await phone.page.context().close()
  })

  await servers.call('redis-node1', 'SET', 'aa', 'seen')
  const ended = await run.ended
  t.equal(ended.code, 0, ended.stdout + ended.stderr)
  await untilTrue(wide.page, 'globalThis.isTheSame === undefined && document.title.startsWith("passed: ")')
  await wide.page.locator('#verdict > .badge.passed').waitFor()
  await wide.page.locator('#environment').waitFor()
  const report = readFileSync(path.join(reports, 'latest', 'report.html'), 'utf8')
  t.ok((await (await fetch(url)).text()) === report, 'what is served is the report')
  t.same(wide.complaints, [])
  t.notMatch(await wide.page.content(), SECRET)

  open.child.kill('SIGINT')
  const { code, stdout, stderr } = await open.ended
  t.equal(code, 0)
  t.match(stderr, 'The page of the finished run is')
  t.notMatch(stdout + stderr, SECRET)

  const again = await runCli(t, ['open', '--no-browser', '--reports', reports])
  t.equal(again.code, 0)
  t.match(again.stdout, /^\/.*\/report\.html$/m, 'of a run that is over: its file')
})
