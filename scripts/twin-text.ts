import path from 'node:path'
import { z } from 'zod'
import { describeFailure } from '../runner/record/twin.ts'
import { listScenarios } from '../runner/scenario/library.ts'
import { loadScenarioFile } from '../runner/scenario/load.ts'
import type { Scenario } from '../runner/scenario/model.ts'
import { addedSteps, changeTexts, sentenceOf } from '../runner/scenario/twins/explain-twins.ts'
import { verbByName } from '../runner/steps/index.ts'
import { TWIN_KINDS, type TwinKind } from './twin-kinds.ts'

/** What the table needs of a run's `report.json`, which has more; plays that are of no twin are left out. */
export const twinRunSchema = z.object({
  startedAt: z.string(),
  scenarios: z.array(
    z.object({
      verdict: z.string(),
      reason: z.string().optional(),
      platform: z.string(),
      server: z.string(),
      twin: z.object({ of: z.string(), because: z.string() }).optional(),
    }),
  ),
})

type TwinRun = z.infer<typeof twinRunSchema>

/** A twin of the library. */
export interface TwinEntry {
  /** Of its scenario: folder and name. */
  name: string
  number: number
  because: string
  planted: string
  failsAt: string
  lies: readonly string[]
}

/** All twins of a folder of scenarios, by scenario. Throws for a scenario with a mistake. */
export function twinsIn(scenarios: string): TwinEntry[] {
  return listScenarios(scenarios).flatMap(({ name, file }) => {
    const loaded = loadScenarioFile({ file, root: scenarios, verbs: verbByName })
    if (!('scenario' in loaded)) throw new Error(`${name} is wrong: \`npm run validate ${name}\` tells what`)
    return loaded.scenario.twins.flatMap((twin) => entryOf(name, twin))
  })
}

function entryOf(name: string, scenario: Scenario): TwinEntry[] {
  const { twin } = scenario
  if (twin === undefined) return []
  const added = addedSteps(scenario)
  const { more } = twin.changes
  const sentences = added.map((step) => sentenceOf(step, scenario, verbByName)).join('; ')
  const planted = [
    ...changeTexts(twin.changes),
    ...(more === undefined ? [] : [`${more.where} "${more.step}": ${sentences}`]),
  ]
  const lies = added.filter(({ verb }) => verb === 'lie').map(({ arg }) => howSchema.parse(arg).how)
  const { number, because, fails } = twin
  return [{ name, number, because, planted: planted.join('; '), failsAt: describeFailure(fails), lies }]
}

const howSchema = z.object({ how: z.string() })

/** Begins what is made from runs; what stands before it is made from the scenarios alone. */
export const PLAYED_HEADING = '## When they were last played'

/** docs/twin-table.md up to `PLAYED_HEADING`. Throws if a kind names a twin that is not there. */
export function twinText(twins: readonly TwinEntry[], kinds: readonly TwinKind[] = TWIN_KINDS): string {
  const sections = kinds.map((kind) => ({ ...kind, twins: ofKind(kind, twins) }))
  const known = new Set(sections.flatMap((section) => section.twins))
  const others = twins.filter((twin) => !known.has(twin))
  const last: (typeof sections)[number] = {
    name: 'Others',
    says: 'Twins of scenarios about something else: that data is there, that a setting counts, that a fault is felt.',
    twins: others,
  }
  const all = others.length === 0 ? sections : [...sections, last]
  return [
    '# The planted faults',
    '',
    'Written by `npm run twin-table` from the `twins:` of `scenarios/`; [twins.md](twins.md) says what they are.',
    'A twin stands below the kind of bug that its scenario is there to find. A lie of the links plants the bug itself.',
    'A setting, a step or a fault makes the same claim false in another way, and often more coarsely than a bug would:',
    'it shows that the scenario can fail there, and not that it finds every such bug.',
    '',
    `${twins.length} twins, by kind:`,
    '',
    '| kind | twins | of them lies | scenarios |',
    '|---|---|---|---|',
    ...all.map(({ name, twins: own }) => {
      const lies = own.filter((twin) => twin.lies.length > 0).length
      return `| [${name}](#${anchor(name)}) | ${own.length} | ${lies} | ${new Set(own.map((twin) => twin.name)).size} |`
    }),
    ...all.flatMap(({ name, says, lies = [], twins: own }) => [
      '',
      `## ${name}`,
      '',
      says,
      ...lies
        .filter((how) => !own.some((twin) => twin.lies.includes(how)))
        .map((how) => `No twin tells the lie \`${how}\` yet.`),
      '',
      ...(own.length === 0
        ? ['No twin plants it.']
        : ['| scenario | because | planted | must fail at |', '|---|---|---|---|', ...own.map(row)]),
    ]),
    '',
  ].join('\n')
}

function ofKind({ name, lies = [], of = [] }: TwinKind, twins: readonly TwinEntry[]): TwinEntry[] {
  const absent = of.find((wanted) => !twins.some((twin) => isMeant(twin, wanted)))
  if (absent !== undefined) throw new Error(`there is no twin ${absent}, which stands below "${name}" in twin-kinds.ts`)
  return twins.filter((twin) =>
    // A lie tells its kind by itself.
    twin.lies.length > 0 && !of.includes(exactly(twin))
      ? twin.lies.some((how) => lies.includes(how))
      : of.some((wanted) => isMeant(twin, wanted)),
  )
}

function isMeant(twin: TwinEntry, wanted: string): boolean {
  return wanted === path.basename(twin.name) || wanted === exactly(twin)
}

function exactly({ name, number }: TwinEntry): string {
  return `${path.basename(name)}#${number}`
}

function row({ name, because, planted, failsAt }: TwinEntry): string {
  return `| ${linkTo(name)} | ${[because, planted, failsAt].map(cell).join(' | ')} |`
}

function linkTo(name: string): string {
  return `[${path.basename(name)}](../scenarios/${name}.yaml)`
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

/** As GitHub makes it of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}

type TwinPlay = TwinRun['scenarios'][number] & { startedAt: string }

/** The rest of docs/twin-table.md: of each twin as it is today the last play on each server, from the reports of runs. */
export function playedText(twins: readonly TwinEntry[], runs: readonly TwinRun[]): string {
  const known = new Set(twins.map(({ name, because }) => keyOf(path.basename(name), because)))
  const columns = new Map<string, Map<string, TwinPlay>>()
  const inTime = [...runs].sort((a, b) => a.startedAt.localeCompare(b.startedAt))
  for (const { startedAt, scenarios } of inTime) {
    for (const play of scenarios) {
      const key = play.twin && keyOf(play.twin.of, play.twin.because)
      if (key === undefined || !known.has(key)) continue
      const server = `${play.server}<br>${play.platform}`
      columns.set(server, (columns.get(server) ?? new Map<string, TwinPlay>()).set(key, { ...play, startedAt }))
    }
  }
  const servers = [...columns].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
  if (servers.length === 0) return [PLAYED_HEADING, '', 'No reports were given.', ''].join('\n')
  const playOf = ({ name, because }: TwinEntry, plays: Map<string, TwinPlay>) =>
    plays.get(keyOf(path.basename(name), because))
  const odd = twins.flatMap((twin) =>
    servers.flatMap(([server, plays]) => {
      const play = playOf(twin, plays)
      if (play === undefined || play.verdict === 'passed' || play.verdict === 'skipped') return []
      const where = server.replace('<br>', ', ')
      return [`- **${exactly(twin)}** on ${where}: ${play.verdict}, ${cell(play.reason ?? 'without a reason')}`]
    }),
  )
  return [
    PLAYED_HEADING,
    '',
    '✔ it failed as it should, ✖ it passed or failed elsewhere, ? no verdict, – skipped; empty: not played.',
    '',
    '| server | as it should | otherwise | no verdict | skipped | not played | last |',
    '|---|---|---|---|---|---|---|',
    ...servers.map(([server, plays]) => totals(server.replace('<br>', ', '), [...plays.values()], twins.length)),
    '',
    `| twin | ${servers.map(([server]) => server).join(' | ')} |`,
    `|---|${servers.map(() => ':-:|').join('')}`,
    ...twins.map((twin) => {
      const marks = servers.map(([, plays]) => mark(playOf(twin, plays)))
      return `| ${linkTo(twin.name)} ${twin.number} | ${marks.join(' | ')} |`
    }),
    ...(odd.length === 0 ? [] : ['', ...odd]),
    '',
  ].join('\n')
}

/** A twin that was changed since is another one. */
function keyOf(scenario: string, because: string): string {
  return JSON.stringify([scenario, because])
}

const MARKS: Readonly<Record<string, string>> = { passed: '✔', failed: '✖', skipped: '–' }

function mark(play: TwinPlay | undefined): string {
  return play === undefined ? '' : (MARKS[play.verdict] ?? '?')
}

function totals(server: string, plays: readonly TwinPlay[], all: number): string {
  const counts = ['✔', '✖', '?', '–'].map((wanted) => plays.filter((play) => mark(play) === wanted).length)
  const last = plays
    .map(({ startedAt }) => startedAt.slice(0, 10))
    .sort()
    .at(-1)
  return `| ${[server, ...counts, all - plays.length, last ?? ''].join(' | ')} |`
}
