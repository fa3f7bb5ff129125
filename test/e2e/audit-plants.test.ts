import t from 'tap'
import { auditRules } from '../../runner/checks/audit/index.ts'
import { DEFAULT_SERVER } from '../../runner/platforms/catalogue.ts'
import { clusterPlants } from '../support/cluster-plants.ts'
import { crashPlants } from '../support/crash-plants.ts'
import { requireDebian } from '../support/debian.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { playPlanted } from '../support/planted-run.ts'
import { dataPlants } from '../support/replica-plants.ts'

/** Two cores have room for two clusters. */
t.jobs = 2

/** The same random choices each time, elections after a second, and no wait before a sync. */
const FLAGS = ['--seed', '1', '--config', 'cluster-node-timeout=1000', '--config', 'repl-diskless-sync-delay=0']

interface Row {
  plant: string
  scenario: string
  found: string[]
}

const rows: Row[] = []
/** A pattern: only plants whose name matches are played. */
const only = new RegExp(process.env.PLANTS ?? '')

const plants = [...crashPlants, ...clusterPlants, ...dataPlants]

t.test('every rule has a plant', async (t) => {
  const planted = new Set(plants.map(({ rule }) => rule))
  const without = auditRules.map(({ name }) => name).filter((name) => !planted.has(name))
  t.strictSame(without, ['strangers', 'evidence'], 'strangers.test.ts and stood-still.test.ts have them')
})

for (const plant of plants) {
  if (!only.test(plant.name)) continue
  for (const scenario of plant.scenarios) {
    const row: Row = { plant: plant.name, scenario, found: [] }
    rows.push(row)
    t.test(`${plant.name}, in ${scenario}`, { skip: skipWithoutRedis() }, async (t) => {
      const { server = DEFAULT_SERVER, outside, rule, says, also = [] } = plant
      if (server !== DEFAULT_SERVER && !(await requireDebian(t))) return
      const { code, stdout, bad } = await playPlanted(t, { scenario, server, flags: FLAGS, outside })
      const found = bad.map((one) => one.rule)
      row.found = found
      t.equal(code, 1, 'exit code', { stdout })
      const texts = bad.filter((one) => one.rule === rule).flatMap(({ findings }) => findings.map(({ text }) => text))
      t.ok(
        texts.some((text) => says.test(text)),
        `${rule} says ${says}`,
        { found: bad, stdout },
      )
      t.strictSame(
        found.filter((name) => name !== rule && !also.includes(name)),
        [],
        'nothing else is found',
        { bad },
      )
    })
  }
}

t.teardown(() => {
  const names = auditRules.map(({ name }) => name)
  t.comment(`rule × plant: ${names.join(' ')}`)
  for (const { plant, scenario, found } of rows) {
    const marks = names.map((name) => (found.includes(name) ? 'found' : '–').padEnd(name.length))
    t.comment(`${marks.join(' ')}  ${plant}, in ${scenario}`)
  }
})
