import t from 'tap'
import { faultFindings } from '../../runner/doctor/faults.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import type { FaultSupport } from '../../runner/platforms/faults.ts'

const teller = (name: string, support: FaultSupport[]) => ({ name, faultSupport: async () => support })
const LIMITS = { timeoutMs: 1000 }

t.test('a fault that each platform has is ok, with the means of each', async (t) => {
  const findings = await faultFindings(
    [
      teller('Docker', [{ capability: 'partition', supported: true, how: 'nft drops' }]),
      teller('processes', [{ capability: 'partition', supported: true, how: 'links in user space' }]),
    ],
    LIMITS,
  )
  t.match(
    findings.find(({ subject }) => subject === 'partition'),
    { state: 'ok', text: 'Docker: nft drops; processes: links in user space' },
  )
  t.match(
    findings.find(({ subject }) => subject === 'clock'),
    { state: 'degraded', text: /Docker: unsupported \(no way is known\)/ },
  )
})

t.test('a fault that one platform lacks is degraded, with its reason and what mends it', async (t) => {
  const findings = await faultFindings(
    [
      teller('Docker', [{ capability: 'delay', supported: false, how: 'no netem', hint: 'modprobe sch_netem' }]),
      teller('processes', [{ capability: 'delay', supported: true, how: 'links in user space' }]),
    ],
    LIMITS,
  )
  t.match(
    findings.find(({ subject }) => subject === 'delay'),
    {
      state: 'degraded',
      text: 'Docker: unsupported (no netem); processes: links in user space',
      remedy: 'modprobe sch_netem',
    },
  )
})

t.test('a platform that cannot tell is named, and hides nobody else', async (t) => {
  const dead = {
    name: 'Docker',
    faultSupport: async (): Promise<FaultSupport[]> => {
      throw new PlatformError('no toolbox can be made', { hint: 'load it' })
    },
  }
  const other = teller('processes', [{ capability: 'cpu', supported: true, how: 'signals' }])
  const findings = await faultFindings([dead, other], LIMITS)
  t.match(findings[0], {
    subject: 'faults of Docker',
    state: 'degraded',
    text: /no toolbox can be made/,
    remedy: 'load it',
  })
  t.match(
    findings.find(({ subject }) => subject === 'cpu'),
    { state: 'ok' },
  )
})
