import { benchAudit } from './audit.ts'
import { benchChecks } from './checks.ts'
import { benchCli } from './cli.ts'
import { benchCluster } from './cluster.ts'
import { benchDrivers } from './drivers.ts'
import { benchFuzz } from './fuzz.ts'
import { benchKills } from './kills.ts'
import { benchLinks } from './links.ts'
import { benchLoad } from './load.ts'
import { benchNight } from './night.ts'
import { benchOverhead } from './overhead.ts'
import { benchSlots } from './slots.ts'
import { benchSuite } from './suite.ts'
import { benchViewers } from './viewers.ts'

const benches: Record<string, () => Promise<void>> = {
  audit: () => benchAudit(),
  cli: benchCli,
  cluster: () => benchCluster(),
  checks: benchChecks,
  drivers: benchDrivers,
  fuzz: benchFuzz,
  kills: benchKills,
  links: benchLinks,
  load: benchLoad,
  night: benchNight,
  overhead: benchOverhead,
  slots: benchSlots,
  suite: benchSuite,
  viewers: benchViewers,
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !(name in benches))
if (names.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`there is no bench ${unknown.join(', ')}\n`)
  process.stderr.write(`npm run bench NAME…: ${Object.keys(benches).join(', ')}\n`)
  process.exitCode = 2
} else {
  for (const name of names) await benches[name]?.()
}
