import t from 'tap'
import { checkUp } from '../../runner/platforms/checkup/checkup.ts'
import { ENGINE, fakeMachine, fakeSurroundings, findingOf, refusal } from '../support/fake-surroundings.ts'

t.test('faults: only what the kernel refuses is degraded, with the fallback and what the tool said', async (t) => {
  const answers = { netem: refusal('tc', 'Error: Specified qdisc kind is unknown.') }
  const findings = await checkUp(fakeSurroundings({ machine: fakeMachine({ answers }) }))
  const faults = findings.filter(({ area }) => area === 'faults')
  t.same(
    faults.filter(({ state }) => state !== 'ok').map(({ subject }) => subject),
    ['delay'],
  )
  t.match(faults.at(-1), {
    text: 'the kernel did not take it (tc: Specified qdisc kind is unknown); only links in user space could delay here',
    remedy: /sch_netem/,
  })
})

t.test('faults: another tool stands in where the first fails', async (t) => {
  const machine = fakeMachine({ answers: { iptables: refusal('iptables', 'no such table') } })
  t.match(await findingOf(fakeSurroundings({ machine }), 'faults', 'partition'), { state: 'ok', text: /^nft/ })
})

t.test('faults: every rule is tried in a network namespace of its own, never in that of the machine', async (t) => {
  for (const root of [true, false]) {
    const machine = fakeMachine({ root, answers: { netem: refusal('tc', 'no'), iptables: refusal('iptables', 'no') } })
    await checkUp(fakeSurroundings({ machine }))
    const tried = machine.ran.filter((line) => /iptables|nft|\btc\b/.test(line.join(' ')))
    t.ok(tried.length > 5)
    for (const line of tried) t.same(line.slice(0, 2), ['/usr/bin/unshare', root ? '-n' : '-rn'])
  }
})

t.test('faults: root without the right to make namespaces makes them as a user does', async (t) => {
  const machine = fakeMachine({ answers: { 'unshare -n ': refusal('unshare', 'Operation not permitted') } })
  t.match((await findingOf(fakeSurroundings({ machine }), 'machine', 'namespaces')).text, /unshare -rn/)
})

t.test('faults: a tool that is not here is named, with the command that brings it', async (t) => {
  const tools = { 'apt-get': '/usr/bin/apt-get', 'dpkg-deb': '/usr/bin/dpkg-deb' }
  const without = (programs: Record<string, string>) =>
    fakeSurroundings({ machine: fakeMachine({ programs: { ...tools, ...programs }, root: false }) })
  const noTc = without({ unshare: '/usr/bin/unshare', iptables: '/sbin/iptables' })
  t.match(await findingOf(noTc, 'faults', 'delay'), {
    state: 'degraded',
    text: /not tried, because `tc` is not on this machine/,
    remedy: 'sudo apt-get install iproute2',
  })
  t.equal((await findingOf(noTc, 'faults', 'partition')).state, 'ok')
  t.match(await findingOf(without({}), 'faults', 'partition'), {
    state: 'degraded',
    text: /no network namespace can be made \(`unshare` is not on the PATH\)/,
    remedy: 'sudo apt-get install util-linux',
  })
})

t.test('pause: a freezer that is not mounted, and another kernel behind the engine', async (t) => {
  const lookAtEngine = async () => ({ ...ENGINE, cgroupVersion: '1' })
  const pause = (files: Record<string, string>, kernel = '6.1.0') =>
    findingOf(fakeSurroundings({ lookAtEngine, machine: fakeMachine({ files, kernel }) }), 'faults', 'pause')
  t.match(await pause({ '/proc/cgroups': 'freezer\t6\t2\t1\n' }), { state: 'ok', text: /freezer of cgroup v1/ })
  t.match(await pause({ '/proc/cgroups': 'freezer\t0\t2\t1\n' }), { state: 'degraded', text: /not mounted; the other/ })
  t.match(await pause({}, '5.10.0'), { state: 'ok', text: /its own kernel/ })
})
