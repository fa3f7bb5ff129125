import t from 'tap'
import { BareMachine, whyNoBareMachine } from '../support/bare-machine.ts'

/** The README's first command, to the letter. */
const FIRST_COMMAND = 'npm ci && npm run scenario failover-basic'

t.test('a newcomer with nothing but Node gets the verdict from the first command of the README', async (t) => {
  const missing = await whyNoBareMachine()
  if (missing !== undefined) {
    if (process.env.REQUIRE_BARE_MACHINE === '1') t.fail(missing)
    else t.plan(0, missing)
    return
  }
  const machine = await BareMachine.make()
  t.teardown(() => machine.remove())
  await machine.addProject()

  const lacking = await machine.type('command -v docker redis-server valkey-server sudo git gcc; id -u', 10_000)
  t.match(lacking.output, /^\d{4,}\n$/, 'it lacks Docker, Redis and root')

  const cold = await machine.type(FIRST_COMMAND, 300_000)
  t.equal(cold.code, 0, cold.output)
  t.match(cold.output, /platform process: /, 'it says which platform, and why')
  t.match(cold.output, /PASSED {2}1 scenario: 1 passed/)
  t.comment(`cold: ${(cold.tookMs / 1000).toFixed(1)} s`)

  const noServerLeft = "! grep -l '[r]edis-node' /proc/[0-9]*/cmdline"
  const warm = await machine.type(`npm run scenario failover-basic && ${noServerLeft}`, 120_000)
  t.equal(warm.code, 0, warm.output)
  t.notMatch(warm.output, /fetching|downloading|unpacking/i, 'the second run fetches nothing')
  t.comment(`warm: ${(warm.tookMs / 1000).toFixed(1)} s`)
})
