import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { accessibilityFaults, keepScreenshot, openFile, requireChromium } from '../support/chromium.ts'
import { filesWith, lastReport, reportsFolder, runCli } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const SHOP = path.join('docs', 'examples', 'shop', 'shop-through-a-kill.yaml')
const PASSWORD = 'a-secret-of-the-shop'

t.test('the shop of the examples through the kill of a master', { skip: skipWithoutRedis() }, async (t) => {
  const reports = reportsFolder(t)
  const flags = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
  const env = { REDIS_CHAOS_PASSWORD: PASSWORD }
  const { code, stdout, stderr } = await runCli(t, ['run', SHOP, '--allow', 'commands', ...flags], env)
  t.equal(code, 0, stdout + stderr)
  t.match(stdout, /shop: \d+ of \d+ requests failed: .*\d+ HTTP 503/)
  const [scenario] = lastReport(reports).scenarios
  t.match(
    scenario?.logs.find(({ app }) => app),
    { node: 'shop', file: 'nodes/apps/shop.log' },
  )
  const log = readFileSync(path.join(reports, 'latest', 'nodes', 'apps', 'shop.log'), 'utf8')
  t.match(log, /^\d{4}-\d\d-\d\dT[\d:.]+Z listening on 127\.0\.0\.1:\d+$/m)
  t.match(log, /^\S+Z closing$/m, 'it was ended in good order')
  t.strictSame(filesWith(reports, PASSWORD), [])

  await t.test('its page', async (t) => {
    const browser = await requireChromium(t)
    if (!browser) return
    const { page, complaints } = await openFile(browser, path.join(reports, 'latest', 'report.html'))
    t.match(await page.locator('#timeline').textContent(), /HTTP 503/)
    await page.locator('.log tbody', { hasText: 'listening on' }).waitFor()
    t.match(await page.locator('.log tbody').textContent(), /requests failed in a second, the last of them/)
    t.strictSame(await accessibilityFaults(page), [])
    t.strictSame(complaints, [])
    await keepScreenshot(page, 'shop')
  })
})

t.test('it starts nothing that was not allowed', async (t) => {
  const reports = reportsFolder(t)
  const { code, stderr } = await runCli(t, ['run', SHOP, '--platform', 'process', '--reports', reports])
  t.equal(code, 2)
  t.match(
    stderr,
    /a scenario may start no program of this machine, as `node` is; whoever starts the run can allow it with `--allow commands`/,
  )
})
