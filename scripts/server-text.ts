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

/** A server on a platform, with all that was played on it, by the last part of the scenario's name. */
interface Column {
  server: string
  platform: string
  plays: Map<string, Play[]>
}

/**
 * docs/servers.md: which scenario of the library passed on which server, from the reports of runs. A scenario that was
 * played several times on a server passed if each play did.
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
    'not played. `✖ 2/3`: two of three plays passed.',
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
    ...reasons(columns, names),
    '',
  ].join('\n')
}

function columnsOf(runs: readonly Run[]): Column[] {
  const columns = new Map<string, Column>()
  for (const play of runs.flatMap((run) => run.scenarios)) {
    const key = `${play.platform} ${play.server}`
    const column = columns.get(key) ?? { server: play.server, platform: play.platform, plays: new Map() }
    columns.set(key, column)
    const name = path.basename(play.file).replace(/\.ya?ml$/, '')
    column.plays.set(name, [...(column.plays.get(name) ?? []), play])
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

/** Why what did not pass did not, and why what was skipped was: each reason once, with the servers that it is of. */
function reasons(columns: readonly Column[], names: readonly string[]): string[] {
  const lines = names.flatMap((name) => {
    const byReason = new Map<string, string[]>()
    for (const { server, platform, plays } of columns) {
      const odd = plays.get(path.basename(name))?.filter(({ verdict }) => verdict !== 'passed') ?? []
      for (const { verdict, reason = 'no reason was given', server: own } of odd) {
        const text = `${verdict}: ${oneLine(reason.replaceAll(own, 'the server'))}`
        byReason.set(text, [...(byReason.get(text) ?? []), `${server} (${platform})`])
      }
    }
    return [...byReason].map(([text, on]) => `- **${path.basename(name)}**, ${text} On ${[...new Set(on)].join(', ')}.`)
  })
  return lines.length === 0 ? [] : ['', '## What did not pass, or was skipped', '', ...lines]
}

const MOST_CHARACTERS = 240

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replace(/[|<]/g, '').trim()
  const short = line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line
  return /[.…]$/.test(short) ? short : `${short}.`
}
