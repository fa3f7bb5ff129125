import { UsageError } from '../base/errors.ts'
import { serverNames } from '../platforms/catalogue.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { Platform } from '../platforms/platform.ts'
import type { Scenario } from '../scenario/model.ts'
import type { CommandContext, Output } from './command.ts'
import type { Flags, ParsedLine } from './flags.ts'
import { type LoadedBy, loadScenarios } from './load-scenarios.ts'
import { openPlatforms, type PlatformChoice } from './open-platform.ts'
import type { GivenParams } from './param-flags.ts'
import { projectRoot } from './project.ts'

/** Flags of `run` for scenarios that have the params `from` and `to`. */
export const upgradingFlags: Flags = {
  from: { type: 'string', value: 'SERVER', help: 'play on this server, and set the param `from` to it' },
  to: { type: 'string', value: 'SERVER', help: 'set the param `to`: the server that nodes are upgraded to' },
  upgrade: {
    type: 'string',
    value: 'SERVERS',
    help: 'play it from each of these servers to each other one, and end with a table; all: of all that can be had here',
  },
}

/** For the command that plays the same again. */
export const UPGRADING_FLAGS = Object.keys(upgradingFlags)

/** Ordered pairs of servers that a scenario is played with. */
export interface Upgrade {
  from: string
  to: string
}

/** The command line with `--from` as its server, and the params that go with it. Throws UsageError. */
export function withFromAndTo(line: ParsedLine, params: GivenParams): { line: ParsedLine; params: GivenParams } {
  const [from, to] = [line.text('from'), line.text('to')]
  const all = line.text('upgrade')
  for (const [flag, value] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (value === undefined) continue
    if (all !== undefined)
      throw new UsageError(`--upgrade goes through versions itself, so it does not go with --${flag}`)
    if (Object.hasOwn(params.set, flag)) throw new UsageError(`the param ${flag} is given twice: once is --${flag}`)
  }
  if (from !== undefined && line.given('server').length > 0) {
    throw new UsageError('--from is the server that is played on, so it does not go with --server')
  }
  const set = { ...params.set, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  const text = (name: string) => (name === 'server' && from !== undefined ? from : line.text(name))
  return { line: { ...line, text, texts: line.texts, on: line.on, given: line.given }, params: { ...params, set } }
}

/** Every ordered pair of the servers that `--upgrade` asks for; of `all`, those that can be had here. */
export async function upgradesOf(
  asked: string,
  choice: PlatformChoice,
  out: Pick<Output, 'progress'>,
): Promise<Upgrade[]> {
  const named = serversNamed(asked)
  const [platform] = await openPlatforms(choice, (text) => out.progress(text))
  if (!platform) throw new UsageError('--upgrade needs a platform')
  try {
    const servers = asked === 'all' ? await serversToBeHad(platform, out) : named
    if (servers.length < 2)
      throw new UsageError(`--upgrade needs two servers or more, and ${servers.length} can be had here`)
    return servers.flatMap((from) => servers.filter((to) => to !== from).map((to) => ({ from, to })))
  } finally {
    await platform.close()
  }
}

/** Throws UsageError unless it is `all`, or two servers or more, each once. */
export function serversNamed(asked: string): string[] {
  const named = asked.split(',').map((name) => name.trim())
  if (asked === 'all') return named
  if (named.includes('')) throw new UsageError(`--upgrade takes servers with a comma between them, not \`${asked}\``)
  const twice = named.find((name, index) => named.indexOf(name) < index)
  if (twice !== undefined) throw new UsageError(`--upgrade is given ${twice} twice`)
  if (named.length < 2) {
    throw new UsageError(`--upgrade goes from each server to each other one: name two or more, not \`${asked}\` alone`)
  }
  return named
}

async function serversToBeHad(platform: Platform, out: Pick<Output, 'progress'>): Promise<string[]> {
  const found: string[] = []
  for (const name of await serverNames(projectRoot)) {
    try {
      await platform.prepare((text) => out.progress(text), undefined, name)
      found.push(name)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      out.progress(`${name} is left out: ${error.message}`)
    }
  }
  return found
}

/** Reads the scenarios, with `upgrades` each of them once for each pair. Throws UsageError. */
export async function loadUpgrades(
  names: readonly string[],
  { params, upgrades }: { params: GivenParams; upgrades: readonly Upgrade[] | undefined },
  context: Pick<CommandContext, 'out' | 'signal' | 'library'>,
  by: LoadedBy,
): Promise<Scenario[]> {
  if (upgrades === undefined) return await loadScenarios(names, params, context, by)
  const scenarios: Scenario[] = []
  for (const pair of upgrades) {
    scenarios.push(...(await loadScenarios(names, { ...params, set: { ...params.set, ...pair } }, context, by)))
  }
  return scenarios
}
