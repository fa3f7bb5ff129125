import { UsageError } from '../../base/errors.ts'
import { nearestWord } from '../../base/nearest.ts'
import { plural } from '../../base/text.ts'
import type { RunReport } from '../../results/report-model.ts'
import type { Scenario } from '../../scenario/model.ts'
import { shown } from '../project.ts'
import type { Choice } from './choice-flags.ts'

/** What a scenario is chosen by. */
export type Chosen = Pick<Scenario, 'id' | 'title' | 'tags' | 'file'>

/**
 * Those of the scenarios that --grep, --not-tag and --last-failed leave, in their order. `lastRun` reads the last run of
 * the reports. Throws UsageError if a choice leaves none.
 */
export function chosenAmong<T extends Chosen>(
  scenarios: readonly T[],
  { grep, notTags, lastFailed }: Pick<Choice, 'grep' | 'notTags' | 'lastFailed'>,
  lastRun: () => Pick<RunReport, 'folder' | 'scenarios'>,
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
  if (failed.length === 0) {
    throw new UsageError(`--last-failed: in the last run, ${shown(run.folder)}, every scenario that was played passed`)
  }
  const ids = new Set(failed.map(({ id }) => id))
  return left(chosen, `--last-failed (${[...ids].join(', ')} did not pass in ${shown(run.folder)})`, ({ id }) =>
    ids.has(id),
  )
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
