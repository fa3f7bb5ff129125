import t from 'tap'
import { LentGroup } from '../../runner/engine/lent-group.ts'
import type { LogLine, ServerGroup } from '../../runner/platforms/platform.ts'

/** A group of one node, of which only the log is read. */
function lentWith(log: readonly LogLine[]): LentGroup {
  const followLogs = async (_: string, onLine: (line: LogLine) => void) => {
    for (const line of log) onLine(line)
    return async () => undefined
  }
  return new LentGroup({ nodes: [{ name: 'redis-node1' }], followLogs } as unknown as ServerGroup)
}

const stood = (wallMs: number): LogLine => ({
  wallMs,
  text: `9:S 30 Nov 2026 04:00:00.000 * Start of election delayed for 612 milliseconds (rank #0, offset 98).`,
})

t.test('lent servers tell when they last stood for election, which only their end makes them forget', async (t) => {
  const began: LogLine = { wallMs: 30, text: '9:C 30 Nov 2026 04:00:00.000 * oO0OoO0OoO0Oo Redis is starting' }
  const cases: [log: LogLine[], stoodMs: number | undefined][] = [
    [[], undefined],
    [[stood(10), stood(20)], 20],
    [[stood(10), began], undefined],
    [[began, stood(40)], 40],
  ]
  for (const [log, stoodMs] of cases) {
    const lent = lentWith(log)
    await lent.forgetLogs()
    t.equal(lent.stoodMs.get('redis-node1'), stoodMs)
  }
})
