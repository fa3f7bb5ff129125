import { PlatformError } from '../platform.ts'
import { type Finding, type Findings, findingsOf } from './finding.ts'
import { installCommand } from './install.ts'
import type { Machine } from './machine.ts'

/** A way to bring a fault about. It is tried in a network namespace that ends with the program. */
interface Way {
  program: 'iptables' | 'nft' | 'tc'
  /** The Debian package that has the program. */
  package: string
  args: readonly string[]
  /** What the kernel did, in words. */
  did: string
}

interface Fault {
  name: string
  /** Tried in this order: one that works is enough. */
  ways: readonly Way[]
  /** What is left where the kernel does not take it. */
  fallback: string
}

const TRY_TIMEOUT_MS = 2_500
/** A user's PATH need not have the folders of administrators' tools. */
const TOOL_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin']

const iptables = (did: string, ...args: string[]): Way => ({ program: 'iptables', package: 'iptables', args, did })
const tc = (did: string, ...args: string[]): Way => ({
  program: 'tc',
  package: 'iproute2',
  args: ['qdisc', 'add', 'dev', 'lo', 'root', ...args],
  did,
})
/** All in one program, and so in one namespace. */
const nft = (did: string, rule: string): Way => ({
  program: 'nft',
  package: 'nftables',
  args: [
    'add table inet trial; add chain inet trial out { type filter hook output priority 0 ; }; ' +
      `add rule inet trial out ${rule} drop`,
  ],
  did,
})

const FAULTS: readonly Fault[] = [
  {
    name: 'partition',
    ways: [
      iptables('iptables drops what goes to a port', '-A', 'OUTPUT', '-p', 'tcp', '--dport', '7010', '-j', 'DROP'),
      nft('nft drops what goes to a port', 'tcp dport 7010'),
    ],
    fallback: 'only links in user space could cut here',
  },
  {
    name: 'loss',
    ways: [
      iptables(
        'iptables drops a share of the packets (statistic)',
        ...['-A', 'OUTPUT', '-p', 'tcp', '-m', 'statistic', '--mode', 'random', '--probability', '0.1', '-j', 'DROP'],
      ),
      nft('nft drops a share of the packets (numgen)', 'numgen random mod 10 0'),
      tc('tc drops a share of the packets (netem)', 'netem', 'loss', '10%'),
    ],
    fallback: 'only links in user space could stall here, as loss does to a TCP connection',
  },
  {
    name: 'bandwidth',
    ways: [tc('tc limits the rate (tbf)', 'tbf', 'rate', '1mbit', 'burst', '10kb', 'latency', '50ms')],
    fallback: 'only links in user space could limit the rate here',
  },
  {
    name: 'delay',
    ways: [tc('tc delays packets (netem)', 'netem', 'delay', '10ms')],
    fallback: 'only links in user space could delay here',
  },
]

/** How a network namespace is made here: the options of `unshare`, or why none can be made. */
export type Namespaces = { unshare: string; options: string } | { problem: string; hint?: string }

/** Finds out how this user can make a network namespace, by making one. */
export async function tryNamespaces(machine: Machine, signal: AbortSignal): Promise<Namespaces> {
  const unshare = await machine.find('unshare')
  if (!unshare) {
    return { problem: '`unshare` is not on the PATH', hint: await installCommand(machine, 'util-linux') }
  }
  let problem = ''
  for (const options of machine.root ? ['-n', '-rn'] : ['-rn']) {
    try {
      await machine.run(unshare, [options, unshare, '--version'], {
        purpose: 'make a network namespace',
        timeoutMs: TRY_TIMEOUT_MS,
        signal,
      })
      return { unshare, options }
    } catch (error) {
      problem = complaintOf(error)
    }
  }
  return { problem: `\`unshare\`: ${problem}` }
}

export function namespaceFindings(namespaces: Namespaces): Finding[] {
  const { ok, degraded } = findingsOf('machine')
  if ('options' in namespaces) {
    const how = namespaces.options === '-n' ? 'by this user' : 'by this user, in a user namespace'
    return [ok('namespaces', `a network namespace can be made ${how} (unshare ${namespaces.options})`)]
  }
  const text = `no network namespace can be made here (${namespaces.problem}); containers of Docker have their own`
  return [degraded('namespaces', text, namespaces.hint)]
}

/** What this kernel can do to a network, tried with the tools that are here. Only for Linux. */
export async function tryNetworkFaults(
  machine: Machine,
  namespaces: Namespaces,
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings = findingsOf('faults')
  if ('problem' in namespaces) {
    const { problem, hint } = namespaces
    const text = `not tried, because no network namespace can be made (${problem})`
    return FAULTS.map(({ name, fallback }) => findings.degraded(name, `${text}; ${fallback}`, hint))
  }
  return Promise.all(FAULTS.map((fault) => tryFault(machine, namespaces, fault, findings, signal)))
}

async function tryFault(
  machine: Machine,
  namespaces: { unshare: string; options: string },
  { name, ways, fallback }: Fault,
  findings: Findings,
  signal: AbortSignal,
): Promise<Finding> {
  const refusals: string[] = []
  for (const { program, args, did } of ways) {
    const path = await machine.find(program, TOOL_FOLDERS)
    if (!path) continue
    try {
      // The older iptables takes a lock of the whole machine; a namespace of one's own needs none.
      const command = ['env', 'XTABLES_LOCKFILE=/dev/null', path, ...args]
      await machine.run(namespaces.unshare, [namespaces.options, ...command], {
        purpose: `try ${program}`,
        timeoutMs: TRY_TIMEOUT_MS,
        signal,
      })
      return findings.ok(name, did)
    } catch (error) {
      refusals.push(`${program}: ${complaintOf(error)}`)
    }
  }
  if (refusals.length > 0) {
    const text = `the kernel did not take it (${[...new Set(refusals)].join('; ')}); ${fallback}`
    return findings.degraded(name, text, kernelRemedy(name))
  }
  const tools = [...new Set(ways.map(({ program }) => `\`${program}\``))]
  const text = `not tried, because ${tools.join(' and ')} ${tools.length === 1 ? 'is' : 'are'} not on this machine`
  return findings.degraded(name, `${text}; ${fallback}`, await installCommand(machine, ways[0]?.package ?? ''))
}

function kernelRemedy(fault: string): string {
  const module = { partition: 'nf_tables', loss: 'xt_statistic', bandwidth: 'sch_tbf', delay: 'sch_netem' }[fault]
  return `modprobe ${module}, where this kernel has it as a module; else another kernel`
}

/** What the program itself said, without the sentence around it. */
function complaintOf(error: unknown): string {
  if (!(error instanceof PlatformError)) throw error
  const said = /failed with exit code \d+: (.*)$/s.exec(error.message)?.[1] ?? error.message
  return said.replace(/^Error: |\.$/g, '')
}
