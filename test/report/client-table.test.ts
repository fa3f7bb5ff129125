import t from 'tap'
import type { ClientSummary } from '../../runner/record/client-summary.ts'
import { clientTable } from '../../runner/report/client-table.ts'
import { consoleReport } from '../../runner/report/console.ts'
import { githubReport } from '../../runner/report/github.ts'
import { htmlReport } from '../../runner/report/html/suite-page.ts'
import { markdownReport } from '../../runner/report/markdown.ts'
import { metricsReport } from '../../runner/report/metrics.ts'
import { playNames } from '../../runner/report/play-names.ts'
import { repeatName } from '../../runner/report/repeat-lines.ts'
import { PLAIN, painter } from '../../runner/report/style.ts'
import { tapReport } from '../../runner/report/tap.ts'
import { repeatsOf } from '../../runner/results/repeats.ts'
import type { RunReport } from '../../runner/results/report-model.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { passingRun } from '../support/sample-events.ts'

const SUMMARY: ClientSummary = {
  workload: 'checkout',
  client: 'node-redis',
  version: '6.3.1',
  serverOutage: { text: '8.94 s ± 276 ms', amount: 8940 },
  clientOutage: { text: '10.45 s ± 1 ms', amount: 10_450 },
  recovery: { text: '886 ms ± 51 ms', amount: 886 },
  errors: { CLUSTERDOWN: 8, timeout: 72 },
  stuck: { text: '0', amount: 0 },
  reconnects: { text: '1', amount: 1 },
}

function runWith(...clients: { client: string; clients?: ClientSummary[] }[]): RunReport {
  const run = reduceRun(passingRun(), 'reports/x')
  const [scenario] = run.scenarios
  if (scenario === undefined) throw new Error('the sample has no scenario')
  return { ...run, scenarios: clients.map((own) => ({ ...scenario, ...own })) }
}

const BOTH = runWith(
  { client: 'node-redis', clients: [SUMMARY] },
  { client: 'glide', clients: [{ ...SUMMARY, client: 'glide', version: '2.5.2', errors: {} }] },
)

t.test('clients stand side by side, the errors of each by how many there were', async (t) => {
  const [title, , headings, , ...rows] = clientTable(BOTH, { ...PLAIN, width: 140 }, painter(false))
  t.equal(title, 'Clients')
  t.match(headings, /client +server outage +client outage +after servers +errors +stuck +reconnects/)
  t.match(
    rows[0],
    /node-redis 6\.3\.1 +8\.94 s ± 276 ms +10\.45 s ± 1 ms +886 ms ± 51 ms +72 timeout, 8 CLUSTERDOWN +0 +1/,
  )
  t.match(rows[1], /glide 2\.5\.2 .* none +0 +1/)
})

t.test('of several servers and repeats each row says its own', async (t) => {
  const plays = ['redis:7.0', 'valkey:9.1'].flatMap((asked) => [1, 2].map((number) => ({ asked, number })))
  const [scenario] = runWith({ client: 'node-redis', clients: [SUMMARY] }).scenarios
  if (scenario === undefined) throw new Error('the sample has no scenario')
  const scenarios = plays.map(({ asked, number }) => ({ ...scenario, asked, repeat: { number, of: 2 } }))
  const run = { ...BOTH, scenarios }
  const text = clientTable(run, { ...PLAIN, width: 160 }, painter(false)).join('\n')
  for (const { asked, number } of plays) {
    const name = `node-redis 6.3.1 · ${asked} · repeat ${number}`
    t.match(text, `${name}  `)
    t.match(markdownReport(run), `| ${name} |`)
    t.match(htmlReport(run), `>${name}</a>`)
  }
  const [, second, , last] = scenarios.map((one, place) => ({ ...one, platform: place < 2 ? 'process' : 'docker' }))
  if (second === undefined || last === undefined) throw new Error('four were played')
  const both = clientTable({ ...run, scenarios: [second, last] }, { ...PLAIN, width: 160 }, painter(false)).join('\n')
  for (const where of ['redis:7.0 · process', 'valkey:9.1 · docker']) t.match(both, where)
})

t.test('a driver of somebody is told by its client library, and by what it is started with', async (t) => {
  const own = { ...SUMMARY, client: './my-driver -v', library: 'redis-py', version: '4.3.4' }
  const run = runWith({ client: './my-driver -v', clients: [own] })
  t.match(
    clientTable(run, { ...PLAIN, width: 140 }, painter(false))[4],
    /redis-py 4\.3\.4 \(\.\/my-driver -v\) +8\.94 s/,
  )
  t.match(markdownReport(run), 'redis-py 4.3.4 (./my-driver -v)')
  t.match(htmlReport({ ...run, scenarios: [...run.scenarios, ...run.scenarios] }), 'redis-py 4.3.4 (./my-driver -v)')
})

t.test('no line is wider than the terminal', async (t) => {
  const lines = clientTable(BOTH, { ...PLAIN, width: 80 }, painter(false))
  t.same(
    lines.filter((line) => line.length > 80),
    [],
  )
})

t.test('cells are broken between words, and no number is parted from its unit', async (t) => {
  const ids = ['app-master-silent', 'app-planned-failover']
  const image = 'image registry.example.org/team/my-driver-of-a-long-name:1.2 --verbose --retries 5'
  const run = runWith(
    { client: 'node-redis', clients: [SUMMARY] },
    { client: image, clients: [{ ...SUMMARY, client: image }] },
  )
  const scenarios = run.scenarios.map((scenario, place) => ({ ...scenario, id: ids[place] ?? '' }))
  const lines = clientTable({ ...run, scenarios }, PLAIN, painter(false))
  const text = lines.join('\n')
  for (const whole of [...ids, '8.94 s', '± 276 ms', '10.45 s', '± 1 ms', '72 timeout', '8 CLUSTERDOWN', 'node-redis'])
    t.match(text, whole)
  t.same(
    lines.filter((line) => line.length > PLAIN.width),
    [],
  )
  t.ok(lines.length < 15, text)
})

t.test('the page for a merge request tells of which client each check was judged', async (t) => {
  const found = { value: '9.44 s ± 88 ms', limit: 'at most 30.00 s', samples: 9, explanation: 'That of client 4.' }
  const checks = [{ on: 'app', name: 'client_outage', verdict: 'passed' as const, ...found }]
  const page = markdownReport({ ...BOTH, scenarios: BOTH.scenarios.map((scenario) => ({ ...scenario, checks })) })
  t.match(page, /\| failover-basic through node-redis \|/)
  t.match(
    page,
    /Checks of failover-basic through glide<.*\n\n.*\n.*\n\| ✅ passed \| app \| client\\_outage \| 9\.44 s/,
  )
})

t.test('every report says with which client, on which server and in which repeat it failed', async (t) => {
  const found = { value: '13 s', limit: 'at most 12.00 s', samples: 9, explanation: 'Client 4 was out.' }
  const checks = [{ on: 'app', name: 'client_outage', verdict: 'failed' as const, ...found }]
  const [scenario] = BOTH.scenarios
  if (scenario === undefined) throw new Error('the sample has no scenario')
  const plays = [
    { client: 'glide', asked: 'redis:7.0' },
    { client: 'ioredis', asked: 'redis:7.0' },
    { client: 'glide', asked: 'valkey:9.1' },
    { client: 'glide', asked: 'valkey:9.1', repeat: { number: 2, of: 2 } },
  ]
  const names = [
    'failover-basic through glide on redis:7.0',
    'failover-basic through ioredis on redis:7.0',
    'failover-basic through glide on valkey:9.1',
    'failover-basic through glide on valkey:9.1, repeat 2',
  ]
  const scenarios = plays.map((play) => ({
    ...scenario,
    ...play,
    server: play.asked,
    verdict: 'failed' as const,
    checks,
  }))
  const run = { ...BOTH, verdict: 'failed' as const, scenarios }
  const skipped = { ...run, scenarios: scenarios.map((one) => ({ ...one, verdict: 'skipped' as const })) }
  const wide = { ...PLAIN, width: 200 }
  for (const name of names) {
    const title = `${name}, check client_outage of app: at most 12.00 s`
    t.match(consoleReport(run, wide), `FAILED  ${title}\n`)
    t.match(markdownReport(run), `**failed: ${title.replace('_', '\\_')}**`)
    t.match(htmlReport(run), `<strong>${title}</strong>`)
    t.match(tapReport(run), ` - ${name}: `)
    t.match(consoleReport(skipped, wide), `${name} skipped: `)
    const escaped = name.replace(':', '%3A').replace(',', '%2C')
    t.match(githubReport(run), `title=${escaped}%2C check client_outage`)
    t.match(githubReport(skipped), `title=${escaped} skipped`)
    for (const what of ['Steps', 'Checks']) t.match(markdownReport(run), `<summary>${what} of ${name}<`.slice(0, -1))
  }
  t.match(htmlReport(run), '>failover-basic</a> through ioredis<')
  t.match(consoleReport(run, wide), '· repeat 2 of 2 ·')
  t.match(consoleReport(run, wide), /redis:7.0 · Docker 20.10.24 +failover-basic through ioredis +✖/)
  t.match(metricsReport(run), /client="ioredis"/)
})

t.test('a client that could not be played has a row, and a run without clients no table', async (t) => {
  const run = runWith({ client: 'glide' })
  const [played] = run.scenarios
  const failed = { ...run, scenarios: played ? [{ ...played, verdict: 'error' as const }] : [] }
  t.match(clientTable(failed, PLAIN, painter(false)).at(-1), /glide +error/)
  t.same(clientTable(reduceRun(passingRun(), 'reports/x'), PLAIN, painter(false)), [])
})

t.test('what is played several times is told by its client', async (t) => {
  const { scenarios, ...run } = BOTH
  const repeats = repeatsOf({ ...run, scenarios: [...scenarios, ...scenarios] })
  t.same(
    repeats.map((repeat) => [repeatName(repeat), repeat.plays]),
    [
      ['failover-basic through node-redis on redis 7.0.15, Docker 20.10.24', [0, 2]],
      ['failover-basic through glide on redis 7.0.15, Docker 20.10.24', [1, 3]],
    ],
  )
  t.same(playNames(BOTH), ['failover-basic through node-redis', 'failover-basic through glide'])
})

t.test('every report has the table', async (t) => {
  t.match(consoleReport(BOTH, { ...PLAIN, width: 140 }), /^Clients$/m)
  t.match(
    markdownReport(BOTH),
    /^\| node-redis 6\.3\.1 \| 8\.94 s ± 276 ms \| 10\.45 s ± 1 ms \| 886 ms ± 51 ms \| 72 timeout, 8 CLUSTERDOWN \| 0 \| 1 \|$/m,
  )
  const page = htmlReport(BOTH)
  t.match(page, /<h2 id="clients-title">Clients<\/h2>/)
  t.match(page, />node-redis 6\.3\.1<\/a><\/td><td data-label="server outage">8\.94 s ± 276 ms<\/td>/)
  t.match(htmlReport(runWith({ client: 'glide', clients: [SUMMARY] })), /<td class="what">node-redis 6\.3\.1<\/td>/)
})
