import { basename, dirname, extname } from 'node:path'
import { PlainFileError } from '../base/plain-file.ts'
import { nodeCount } from '../cluster/topology.ts'
import { type Allowed, NOTHING_ALLOWED } from '../platforms/allowed.ts'
import { type Policy, TEXT_POLICY } from '../steps/command-policy.ts'
import { Names, namesUsedIn } from '../steps/names.ts'
import type { Verb } from '../steps/verb.ts'
import { COMMANDS } from '../workload/drivers/plan.ts'
import { readApps } from './apps-section.ts'
import { readAudit } from './audit-section.ts'
import { readChecks } from './checks-section.ts'
import type { ClientChoice } from './client-choice.ts'
import { readCluster } from './cluster-section.ts'
import type { Diagnostic } from './diagnostic.ts'
import { EarlierSteps } from './earlier-steps.ts'
import type { Scenario, ScenarioWorkload } from './model.ts'
import { applySet, readParams } from './params-section.ts'
import { parseYaml } from './parse-yaml.ts'
import { readScenarioText } from './read-text.ts'
import { parseServerNeed, type Requires } from './requires.ts'
import { scenarioKeys } from './scenario-schema.ts'
import { Scope } from './scope.ts'
import { Problems, SourceFile } from './source.ts'
import { readSteps, type StepsContext } from './steps-section.ts'
import { checkKeys, readKey, topMap } from './top-level.ts'
import { entryOf, type MapTree } from './tree.ts'
import { readTwins } from './twins/twins-section.ts'
import { UsedFiles } from './use-file.ts'
import { readWorkloads } from './workloads-section.ts'

export interface LoadOptions {
  /** Path of the scenario, as messages name it; step files are found from its folder. */
  file: string
  verbs: ReadonlyMap<string, Verb>
  /** Values of `--set name=value`. */
  set?: Record<string, string>
  /** Names among them whose values are shown nowhere. */
  secretParams?: readonly string[]
  /** The folder that step files may not lie outside of; the scenario's own folder if not given. */
  root?: string
  /** What `--allow` lets it do; nothing if not given. */
  allowed?: Allowed
  /** The port of the first node, where that is known. */
  portBase?: number
  /** For its workloads that name no client, and for one of its own if it has none. */
  client?: ClientChoice | undefined
  /** Where the programs lie that it starts, and may not lead out of; its own folder if not given. */
  programs?: string | undefined
  /** It is read and never played: the programs that it starts need not be there. */
  startsNothing?: boolean
}

/** What reading works with before the params are known: no name is bound yet. */
type FileContext = StepsContext & { used: UsedFiles }

/** A scenario, or everything that is wrong with it (one diagnostic at least). */
export type Loaded = { scenario: Scenario } | { diagnostics: Diagnostic[] }

/** Reads a scenario's text strictly: it is returned only when nothing at all is wrong. */
export function loadScenario(text: string, options: LoadOptions): Loaded {
  const problems = new Problems()
  const source = new SourceFile(options.file, text)
  const fresh = (): FileContext => ({
    source,
    problems,
    scope: new Scope(new Names()),
    verbs: options.verbs,
    used: new UsedFiles(options.root ?? dirname(options.file), options.file),
    policy: TEXT_POLICY,
    earlier: new EarlierSteps(),
  })
  const bare = fresh()
  const tree = parseYaml(source, problems)
  const map = tree && topMap(tree, bare)
  const scenario = map && readScenario(map, text, options, bare)
  if (map && scenario && problems.count === 0) {
    const again = (changed: MapTree) => readScenario(changed, text, options, fresh())
    scenario.twins = readTwins(map, scenario, bare, again)
  }
  return problems.count === 0 && scenario ? { scenario } : { diagnostics: problems.sorted(options.file) }
}

/** Reads a scenario's file. What is no file, or far too large, is a problem as any other. */
export function loadScenarioFile(options: LoadOptions): Loaded {
  let text: string
  try {
    text = readScenarioText(options.file)
  } catch (error) {
    if (!(error instanceof PlainFileError)) throw error
    const problems = new Problems()
    problems.addWithoutPlace(options.file, `this cannot be read as a scenario: ${error.message}`)
    return { diagnostics: problems.sorted(options.file) }
  }
  return loadScenario(text, options)
}

function readScenario(map: MapTree, text: string, options: LoadOptions, bare: FileContext): Scenario {
  const { file, set = {}, secretParams = [], allowed = NOTHING_ALLOWED, client, programs = dirname(file) } = options
  const { startsNothing = false } = options
  const surroundings = { folder: programs, allowsCommands: allowed.has(COMMANDS), startsNothing }
  checkKeys(map, scenarioKeys, ['title', 'steps'], bare)
  const params = readParams(map, bare)
  applySet(params, { set, secretParams }, bare)
  const context = { ...bare, scope: new Scope(new Names(Object.fromEntries(params.values)), params.open) }
  const description = readKey(map, 'description', scenarioKeys.description, context)
  const seed = readKey(map, 'seed', scenarioKeys.seed, context)
  const requires = readRequires(map, context)
  const alone = readKey(map, 'alone', scenarioKeys.alone, context)
  const title = readKey(map, 'title', scenarioKeys.title, context) ?? ''
  const tags = readKey(map, 'tags', scenarioKeys.tags, context) ?? []
  const cluster = readCluster(map, context, allowed)
  const nodes = nodeCount(cluster.topology)
  const stepsContext = { ...context, policy: policyOf(options, nodes) }
  const apps = readApps(map, { ...context, surroundings })
  const workloads = [
    ...readWorkloads(map, cluster.topology, { ...context, client, surroundings }),
    ...apps.flatMap(({ workload }) => workload ?? []),
  ]
  const [steps, last] = ['steps', 'finally'].map((key) => {
    const entry = entryOf(map, key)
    return entry ? readSteps(entry, key === 'finally' ? 'f' : '', stepsContext) : []
  })
  return {
    id: basename(file, extname(file)),
    file,
    path: bare.used.pathInRoot(file),
    title,
    ...(description === undefined ? {} : { description }),
    tags,
    ...(seed === undefined ? {} : { seed }),
    ...(requires === undefined ? {} : { requires }),
    ...(alone === true && { alone }),
    cluster,
    workloads,
    ...(client !== undefined && workloads.some(({ takesClient }) => takesClient) && { client: client.name }),
    apps: apps.map(({ app }) => app),
    ...((apps.length > 0 || workloads.some(startsProgram)) && { programs }),
    params: Object.fromEntries(params.values),
    ...(secretParams.length > 0 && { secretParams }),
    steps: steps ?? [],
    finally: last ?? [],
    checks: readChecks(map, { workloads, steps: steps ?? [], shards: cluster.topology.shards }, context),
    audit: readAudit(map, cluster.topology, context),
    usedFiles: bare.used.all,
    source: text,
    twins: [],
  }
}

/** Whether its load goes through a driver that lies beside the scenario. */
function startsProgram({ options: { driver } }: ScenarioWorkload): boolean {
  return driver !== undefined && driver.name === undefined
}

/** What the text of a step is judged by: where a node may be is known, its name of the run's network is not. */
function policyOf({ allowed = NOTHING_ALLOWED, portBase }: LoadOptions, nodes: number): Policy {
  return {
    allowed,
    isNode: (host, port) =>
      TEXT_POLICY.isNode(host, port) && (portBase === undefined || (port >= portBase && port < portBase + nodes)),
    isOpen: (word) => namesUsedIn(word).length > 0,
  }
}

function readRequires(map: MapTree, context: StepsContext): Requires | undefined {
  const value = readKey(map, 'requires', scenarioKeys.requires, context)
  if (!value) return undefined
  const server = [value.server ?? []].flat().flatMap((text) => parseServerNeed(text) ?? [])
  return {
    ...(value.platform === undefined ? {} : { platform: value.platform }),
    ...(server.length > 0 ? { server } : {}),
    ...(value.can === undefined ? {} : { can: value.can }),
  }
}
