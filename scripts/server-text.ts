import path from 'node:path'
import { z } from 'zod'
import { listScenarios } from '../runner/scenario/library.ts'

/** What the table needs of a run's `report.json`, which has more. */
export const runSchema = z.object({
  startedAt: z.string(),
  scenarios: z.array(
    z.object({
      file: z.string(),
      verdict: z.string(),
      reason: z.string().optional(),
      platform: z.string(),
      server: z.string(),
      asked: z.string().optional(),
    }),
  ),
})

type Run = z.infer<typeof runSchema>
type Play = Run['scenarios'][number]

/** A server on a platform, with the plays of each scenario in the last run that had it, by the last part of its name. */
interface Column {
  server: string
  platform: string
  plays: Map<string, Play[]>
}

/**
 * docs/servers.md: which scenario of the library passed on which server, from the reports of runs. A scenario that was
 * played in several runs on a server is as the last of them says; one that a run repeats passed if each play did.
 */
export function serverText(runs: readonly Run[], scenarios: string): string {
  const columns = columnsOf(runs)
  const names = listScenarios(scenarios).map(({ name }) => name)
  const dates = runs.map(({ startedAt }) => startedAt.slice(0, 10)).sort()
  return [
    '# What passes on which server',
    '',
    'Written by `npm run server-table -- FOLDER…` from the reports of runs.',
    `${runs.length} runs, ${dates[0] ?? 'never'} to ${dates.at(-1) ?? 'never'}.`,
    '',
    '✔ passed, ✖ failed, ? no verdict, – skipped, since the server or the machine lacks what the scenario requires; empty:',
    'not played. Of several runs the last counts. `✖ 2/3`: two of three plays of it passed.',
    '',
    '| server | platform | passed | failed | no verdict | skipped | not played |',
    '|---|---|---|---|---|---|---|',
    ...columns.map((column) => totals(column, names)),
    '',
    `| scenario | ${columns.map(({ server, platform }) => `${server}<br>${platform}`).join(' | ')} |`,
    `|---|${columns.map(() => ':-:|').join('')}`,
    ...names.map((name) => {
      const cells = columns.map(({ plays }) => mark(plays.get(path.basename(name))))
      return `| [${path.basename(name)}](../scenarios/${name}.yaml) | ${cells.join(' | ')} |`
    }),
    ...failures(columns, names),
    ...skips(columns, names),
    '',
  ].join('\n')
}

function columnsOf(runs: readonly Run[]): Column[] {
  const columns = new Map<string, Column>()
  for (const run of [...runs].sort((a, b) => a.startedAt.localeCompare(b.startedAt))) {
    const begun = new Set<string>()
    for (const play of run.scenarios) {
      const key = `${play.platform} ${play.server}`
      const column = columns.get(key) ?? { server: play.server, platform: play.platform, plays: new Map() }
      columns.set(key, column)
      const name = path.basename(play.file).replace(/\.ya?ml$/, '')
      const earlier = begun.has(`${key} ${name}`) ? (column.plays.get(name) ?? []) : []
      begun.add(`${key} ${name}`)
      column.plays.set(name, [...earlier, play])
    }
  }
  const order = (column: Column) => `${column.platform === 'process' ? 0 : 1} ${column.server}`
  return [...columns.values()].sort((a, b) => order(a).localeCompare(order(b), 'en', { numeric: true }))
}

type Outcome = 'passed' | 'failed' | 'unclear' | 'skipped' | 'unplayed'

function outcomeOf(plays: readonly Play[] = []): Outcome {
  const verdicts = plays.map(({ verdict }) => verdict).filter((verdict) => verdict !== 'skipped')
  if (plays.length === 0) return 'unplayed'
  if (verdicts.length === 0) return 'skipped'
  if (verdicts.includes('failed')) return 'failed'
  return verdicts.every((verdict) => verdict === 'passed') ? 'passed' : 'unclear'
}

const MARKS: Record<Outcome, string> = { passed: '✔', failed: '✖', unclear: '?', skipped: '–', unplayed: '' }

function mark(plays: readonly Play[] = []): string {
  const outcome = outcomeOf(plays)
  const passed = plays.filter(({ verdict }) => verdict === 'passed').length
  const isPart = (outcome === 'failed' || outcome === 'unclear') && plays.length > 1
  return isPart ? `${MARKS[outcome]} ${passed}/${plays.length}` : MARKS[outcome]
}

function totals({ server, platform, plays }: Column, names: readonly string[]): string {
  const outcomes = names.map((name) => outcomeOf(plays.get(path.basename(name))))
  const counts = (['passed', 'failed', 'unclear', 'skipped', 'unplayed'] as const).map(
    (wanted) => outcomes.filter((outcome) => outcome === wanted).length,
  )
  return `| ${server} | ${platform} | ${counts.join(' | ')} |`
}

/** Why what did not pass did not: each reason once, with the servers that it is of. */
function failures(columns: readonly Column[], names: readonly string[]): string[] {
  const lines = names.flatMap((name) => {
    const byReason = new Map<string, string[]>()
    for (const column of columns) {
      const plays = column.plays.get(path.basename(name)) ?? []
      for (const play of plays.filter(({ verdict }) => verdict !== 'passed' && verdict !== 'skipped')) {
        const text = `${play.verdict}: ${reasonOf(play)}`
        byReason.set(text, [...(byReason.get(text) ?? []), `${column.server} (${column.platform})`])
      }
    }
    return [...byReason].map(([text, on]) => `- **${path.basename(name)}**, ${text} On ${[...new Set(on)].join(', ')}.`)
  })
  return lines.length === 0 ? [] : ['', '## What failed, or had no verdict', '', ...lines]
}

/** Why scenarios were skipped: how many for each reason on each server, and which. */
function skips(columns: readonly Column[], names: readonly string[]): string[] {
  const byReason = new Map<string, { column: Column; name: string }[]>()
  for (const name of names.map((one) => path.basename(one))) {
    for (const column of columns) {
      const plays = column.plays.get(name)
      const [play] = plays ?? []
      if (play === undefined || outcomeOf(plays) !== 'skipped') continue
      const reason = reasonOf(play)
      byReason.set(reason, [...(byReason.get(reason) ?? []), { column, name }])
    }
  }
  if (byReason.size === 0) return []
  const rows = [...byReason].sort(([, a], [, b]) => b.length - a.length)
  return [
    '',
    '## What was skipped, and why',
    '',
    `| reason | ${columns.map(({ server, platform }) => `${server}<br>${platform}`).join(' | ')} | scenarios |`,
    `|---|${columns.map(() => ':-:|').join('')}---|`,
    ...rows.map(([reason, all]) => {
      const counts = columns.map((column) => all.filter((one) => one.column === column).length || '')
      return `| ${[reason, ...counts, [...new Set(all.map(({ name }) => name))].join(', ')].join(' | ')} |`
    }),
  ]
}

function reasonOf({ reason = 'no reason was given', server }: Play): string {
  return oneLine(reason.replaceAll(server, 'the server'))
}

const MOST_CHARACTERS = 240

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  const cut = line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line
  const short = cut.replaceAll('|', '\\|').replaceAll('<', '&lt;')
  return /[.…]$/.test(short) ? short : `${short}.`
}
