import { UsageError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import { type ClientChoice, unmetByClient } from '../scenario/client-choice.ts'
import { clientOptionProblems, clientsWithoutDriver } from '../scenario/client-options.ts'
import type { Scenario } from '../scenario/model.ts'
import { type Requires, unmetRequirement } from '../scenario/requires.ts'
import { type ClientMissing, findClient, missingClient } from '../workload/drivers/installed.ts'
import { clientNames } from '../workload/drivers/registry.ts'
import { type LoadOptions, workloadSentence } from '../workload/options.ts'
import type { Output } from './command.ts'
import type { Flags, ParsedLine } from './flags.ts'
import type { PlatformChoice } from './open-platform.ts'

/** Flags of `run` for a matrix of clients. */
export const clientFlags: Flags = {
  client: {
    type: 'string',
    value: 'NAMES',
    help: 'clients, separated by commas, for workloads that name none: the scenario is played with each, and a table ends it',
  },
  'client-options': {
    type: 'string',
    multiple: true,
    value: 'NAME.OPTION=VALUE',
    help: 'an option of one of them, its value as JSON or a text: glide.requestTimeout=1000; may be given several times',
  },
}

/** The same for commands that read scenarios and play none. */
export const readingClientFlags: Flags = {
  ...clientFlags,
  client: {
    type: 'string',
    value: 'NAMES',
    help: 'clients, separated by commas: each scenario as it is played through each of them',
  },
}

/** For the command that plays the same again. */
export const CLIENT_FLAGS = Object.keys(clientFlags)

/** The clients that `clientFlags` ask for; undefined without any. Throws UsageError. */
export function clientsOf(line: ParsedLine): ClientChoice[] | undefined {
  const asked = line.text('client')
  const options = line.texts('client-options').map(optionOf)
  if (asked === undefined) {
    if (options.length > 0) throw new UsageError('--client-options goes with --client, which names the clients')
    return undefined
  }
  const names = [...new Set(asked.split(',').map((name) => name.trim()))]
  for (const name of names) assertClient(name)
  const stray = options.find(({ name }) => !names.includes(name))
  if (stray !== undefined)
    throw new UsageError(`--client-options ${stray.name}.${stray.option}: ${stray.name} is none of --client ${asked}`)
  return names.map((name) => {
    const own = options.filter((one) => one.name === name).map(({ option, value }) => [option, value] as const)
    const choice = { name, options: Object.fromEntries(own) }
    const problems = clientOptionProblems(name, choice.options)
    if (problems.length > 0) throw new UsageError(problems.map((text) => `--client-options ${text}`).join('\n'))
    return choice
  })
}

/** What is played: the scenarios once through each client; those with nothing for a client to do only once. */
export async function playedThrough(
  clients: readonly ClientChoice[] | undefined,
  load: (client: ClientChoice | undefined) => Promise<Scenario[]>,
): Promise<Scenario[]> {
  const [first, ...others] = clients ?? [undefined]
  const played = await load(first)
  for (const client of others) played.push(...(await load(client)).filter((one) => one.client !== undefined))
  return played
}

/** Says where workloads are not as they stand in the file, or no client gets anything to do. */
export function tellClients(
  scenarios: readonly Scenario[],
  clients: readonly ClientChoice[] | undefined,
  out: Pick<Output, 'progress'>,
): void {
  if (clients === undefined) return
  const told = new Set<string>()
  for (const { id, workloads, client } of scenarios) {
    if (told.has(id)) continue
    told.add(id)
    const added = workloads.find(({ isAdded }) => isAdded)
    if (added !== undefined)
      out.progress(`${id} has no workload, so it is given one for the clients: ${sentenceOf(added.options)}`)
    else if (client === undefined)
      out.progress(
        `${id} goes through no client of --client: each of its workloads names its own, or takes none; it is played once, as it stands`,
      )
  }
}

/**
 * Throws UsageError if a client is not installed that was asked for or that a workload names. A scenario of the second
 * kind that may be skipped here is left to its turn: what the server is and can is known only then.
 */
export async function assertClientsHere(
  scenarios: readonly Scenario[],
  { kind }: Pick<PlatformChoice, 'kind'>,
): Promise<void> {
  const missing = await missingFor(scenarios.filter((one) => needsClients(one, kind)))
  if (missing.length === 0) return
  const hint = missing.flatMap((error) => error.hint ?? []).join('\n')
  throw new UsageError(missing.map(({ message }) => message).join('\n'), hint === '' ? {} : { hint })
}

function needsClients(scenario: Scenario, kind: PlatformChoice['kind']): boolean {
  const { requires, client } = scenario
  if (unmetByClient(scenario) !== undefined) return false
  if (unmetRequirement(requires, kind === 'auto' ? {} : { platform: kind }) !== undefined) return false
  return client !== undefined || requires === undefined || (kind !== 'auto' && isOnlyPlatform(requires))
}

function isOnlyPlatform({ can, server }: Requires): boolean {
  return can === undefined && server === undefined
}

function driversOf({ workloads }: Scenario): string[] {
  return workloads.flatMap(({ options }) => options.driver?.name ?? [])
}

/** Of the clients that these scenarios go through, those that are not installed. */
async function missingFor(scenarios: readonly Scenario[]): Promise<ClientMissing[]> {
  const names = [...new Set(scenarios.flatMap(driversOf))]
  const missing = names.map(async (name) => ((await findClient(name)) ? undefined : missingClient(name)))
  return (await Promise.all(missing)).flatMap((error) => error ?? [])
}

/**
 * Says what a run would skip, and what it would refuse for want of a client, for commands that play nothing: scenarios
 * are right or wrong on a machine without clients, too.
 */
export async function tellUnplayable(scenarios: readonly Scenario[], out: Pick<Output, 'progress'>): Promise<void> {
  const playable = scenarios.filter((scenario) => {
    const unmet = unmetByClient(scenario)
    if (unmet !== undefined) out.progress(`${scenario.id} would be skipped: ${unmet}`)
    return unmet === undefined && needsClients(scenario, 'auto')
  })
  for (const { message, hint } of await missingFor(playable))
    out.progress([`a run here would be refused: ${message}`, ...(hint === undefined ? [] : [hint])].join('\n'))
}

/** A title, and the client that the scenario is read for. */
export function titleThrough({ title, client }: Scenario): string {
  return client === undefined ? title : `${title} (client ${client})`
}

/** The same for every client. */
function sentenceOf({ driver: _driver, ...options }: LoadOptions): string {
  return workloadSentence({ ...options, client: 'direct' })
}

function assertClient(name: string): void {
  const known = [...clientsWithoutDriver, ...clientNames()]
  if (known.includes(name)) return
  throw new UsageError(`there is no client \`${name}\`; ${didYouMean(name, known) ?? `there are ${known.join(', ')}`}`)
}

function optionOf(text: string): { name: string; option: string; value: unknown } {
  const [, name, option, value] = /^([a-z0-9-]+)\.([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined || option === undefined || value === undefined)
    throw new UsageError(`--client-options takes NAME.OPTION=VALUE, as glide.requestTimeout=1000, not \`${text}\``)
  return { name, option, value: meantBy(value) }
}

function meantBy(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
