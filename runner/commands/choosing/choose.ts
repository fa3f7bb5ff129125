import { UsageError } from '../../base/errors.ts'
import { nearestWord } from '../../base/nearest.ts'
import { listed, plural } from '../../base/text.ts'
import type { RunReport } from '../../results/report-model.ts'
import type { Scenario } from '../../scenario/model.ts'
import { shown } from '../project.ts'
import type { Choice } from './choice-flags.ts'

/** What a scenario is chosen by. */
export type Chosen = Pick<Scenario, 'id' | 'title' | 'tags' | 'file'>

/**
 * Those of the scenarios that --grep, --not-tag and --last-failed leave, in their order. `lastRun` reads the last run of
 * the reports. None where nothing failed: that is no mistake, and `say` is told. Throws UsageError if another choice
 * leaves none.
 */
export function chosenAmong<T extends Chosen>(
  scenarios: readonly T[],
  { grep, notTags, lastFailed }: Pick<Choice, 'grep' | 'notTags' | 'lastFailed'>,
  lastRun: () => Pick<RunReport, 'folder' | 'scenarios'>,
  say: (text: string) => void,
): T[] {
  let chosen = [...scenarios]
  if (grep !== undefined) {
    chosen = chosen.filter(({ id, title }) => [id, title].some((text) => isLike(text, grep.pattern)))
    if (chosen.length === 0) throw new UsageError(noneLike(grep.text, scenarios))
  }
  if (notTags.length > 0)
    chosen = left(
      chosen,
      `--not-tag ${notTags.join(' --not-tag ')}`,
      ({ tags }) => !tags.some((one) => notTags.includes(one)),
    )
  if (!lastFailed) return chosen
  const run = lastRun()
  const failed = run.scenarios.filter(({ verdict }) => verdict !== 'passed' && verdict !== 'skipped')
  const ids = new Set(failed.map(({ id }) => id))
  const again = chosen.filter(({ id }) => ids.has(id))
  if (again.length === 0)
    say(`--last-failed: ${noneFailed(run, ids, chosen.length)} (${shown(run.folder)}), so nothing is played`)
  return again
}

function noneFailed({ scenarios }: Pick<RunReport, 'scenarios'>, failed: ReadonlySet<string>, asked: number): string {
  if (failed.size > 0)
    return `of ${plural(asked, 'scenario')} none failed in the last run, in which ${listed([...failed])} did not pass`
  if (scenarios.every(({ verdict }) => verdict === 'skipped'))
    return 'the last run played nothing, every scenario was skipped'
  return 'in the last run every scenario that was played passed'
}

/** A pattern of small letters finds capital ones, too. */
function isLike(text: string, { matches }: { matches(text: string): boolean }): boolean {
  return matches(text) || matches(text.toLowerCase())
}

function noneLike(text: string, scenarios: readonly Chosen[]): string {
  const words = scenarios.flatMap(({ id }) => [id, ...id.split('-')])
  const near = nearestWord(text, words.filter((word) => word.length > 2).sort())
  const meant = near === undefined ? '' : `; did you mean ${near}?`
  return `--grep ${text} is in no name or title of ${plural(scenarios.length, 'scenario')}${meant}`
}

/** Throws UsageError for a tag that none of the library's scenarios and none of those chosen has. */
export function assertTags(tags: readonly string[], known: readonly Pick<Chosen, 'tags'>[]): void {
  const all = [...new Set(known.flatMap((one) => one.tags))].sort()
  for (const tag of tags.filter((one) => !all.includes(one))) {
    const near = nearestWord(tag, all)
    const meant = near === undefined ? `; there are the tags ${all.join(', ')}` : `; did you mean ${near}?`
    throw new UsageError(`--not-tag: no scenario has the tag ${tag}${meant}`)
  }
}

function left<T>(items: readonly T[], flag: string, keeps: (item: T) => boolean): T[] {
  const kept = items.filter(keeps)
  if (kept.length === 0) throw new UsageError(`${flag} leaves none of ${plural(items.length, 'scenario')}`)
  return kept
}
