import t from 'tap'
import { countMachineLoad } from '../../runner/engine/machine-load.ts'

const stat = (idle: number, steal: number) => `cpu  100 0 50 ${idle} 5 0 3 ${steal} 7 0\ncpu0 100 0 50 1 5 0 3 1 7 0\n`
const pressure = (micros: number) => `some avg10=1.00 avg60=2.00 avg300=3.00 total=${micros}\nfull avg10=0 total=0\n`

t.test('shares of the time between two readings', async (t) => {
  const files: Record<string, string> = { '/proc/stat': stat(1000, 20), '/proc/pressure/cpu': pressure(5_000_000) }
  const until = countMachineLoad(1000, (file) => files[file] ?? '')
  files['/proc/stat'] = stat(1150, 70)
  files['/proc/pressure/cpu'] = pressure(8_000_000)
  t.strictSame(until(11_000), { fromMs: 1000, toMs: 11_000, stolen: 0.25, waited: 0.3 })
})

t.test('a kernel that does not tell', async (t) => {
  const missing = (file: string): string => {
    throw new Error(`ENOENT: ${file}`)
  }
  t.equal(countMachineLoad(0, missing)(1000), undefined)
  const files = [stat(1000, 20), stat(1200, 20)]
  const noPressure = (file: string) => (file === '/proc/stat' ? (files.shift() ?? '') : missing(file))
  t.strictSame(countMachineLoad(0, noPressure)(1000), { fromMs: 0, toMs: 1000, stolen: 0 })
})

t.test('this machine', async (t) => {
  const load = countMachineLoad(0)
  const endMs = performance.now() + 30
  while (performance.now() < endMs) Math.random()
  const { stolen = 0, waited = 0 } = load(30) ?? {}
  for (const share of [stolen, waited]) t.ok(share >= 0 && share <= 1, String(share))
})
