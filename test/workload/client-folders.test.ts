import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { manifest } from '../../runner/workload/drivers/manifest.ts'

const folder = path.resolve(import.meta.dirname, '../../clients')
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const textOf = (...words: string[]) => readFileSync(path.join(folder, ...words), 'utf8')

/** What a driver says in its hello that it can do, as it stands in its text or in that of the half that it shares. */
function saidIn(name: string): unknown {
  const driver = readdirSync(path.join(folder, name)).find((file) => /^driver\.(mjs|py)$/.test(file)) ?? ''
  const text = textOf(name, driver)
  const shared = text.includes("'../ioredis.mjs'") ? textOf('ioredis.mjs') : text
  const [, list = ''] = /(?:can: |__version__, )(\[[^\]]*\])/.exec(shared) ?? []
  return JSON.parse(list.replaceAll("'", '"'))
}

t.test('clients come with a manifest, a driver, and a page that says all that it says', async (t) => {
  t.ok(names.length >= 5, `there are ${names.length}`)
  for (const name of names) {
    const known = manifest.parse(JSON.parse(textOf(name, 'driver.json')))
    t.equal(known.name, name)
    for (const word of known.command.filter((one) => one.startsWith('driver.')))
      t.ok(existsSync(path.join(folder, name, word)), `${name} has ${word}`)
    t.same(saidIn(name), known.can, `${name} says what it can`)
    t.ok(known.installed, `${name} can be seen to be installed`)
    t.ok(known.install ?? known.byHand, `somebody knows how ${name} is installed`)
    const page = textOf(name, 'README.md')
    for (const [option, { default: otherwise, summary }] of Object.entries(known.options)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${option}\` |`)) ?? ''
      const cells = row.split(' | ')
      t.equal(cells[1], summary, `the page of ${name} says what ${option} does`)
      t.equal(cells[2], String(otherwise ?? 'none'), `the page of ${name} says the default of ${option}`)
      t.match(cells[3], /\w/, `the page of ${name} recommends a value of ${option}`)
    }
  }
})

t.test('a driver is small', async (t) => {
  for (const name of names) {
    const drivers = readdirSync(path.join(folder, name)).filter(
      (file) => file.startsWith('driver.') && file !== 'driver.json',
    )
    t.equal(drivers.length, 1, `${name} has one`)
    for (const driver of drivers)
      t.ok(textOf(name, driver).split('\n').length < 60, `${name}/${driver} has under 60 lines`)
  }
})

t.test('what npm installs is pinned, by a lock file that fits', async (t) => {
  for (const name of names.filter((one) => existsSync(path.join(folder, one, 'package.json')))) {
    const { dependencies } = JSON.parse(textOf(name, 'package.json'))
    const lock = JSON.parse(textOf(name, 'package-lock.json'))
    t.same(lock.packages[''].dependencies, dependencies, name)
    t.same(
      Object.values(dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(String(version))),
      [],
      `${name} names exact versions`,
    )
  }
})
