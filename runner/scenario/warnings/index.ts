import { didYouMean } from '../../base/nearest.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Scenario } from '../model.ts'
import { Problems, SourceFile } from '../source.ts'
import { type Allowance, allowancesIn } from './allowances.ts'
import { askedOnce } from './asked-once.ts'
import { askedTooEarly } from './asked-too-early.ts'
import { checkTooStrict } from './check-too-strict.ts'
import { chosenAgain } from './chosen-again.ts'
import { clientsNotSlowed } from './clients-not-slowed.ts'
import { neverVerified, notWritten } from './data-sets.ts'
import { failoverOfMaster } from './failover-of-master.ts'
import { faultIsOver } from './fault-is-over.ts'
import { lagHeld } from './lag-held.ts'
import { limitTooShort } from './limit-too-short.ts'
import { loadElsewhere } from './load-elsewhere.ts'
import { mayBeLost } from './may-be-lost.ts'
import { neverViolated } from './never-violated.ts'
import { noLoadYet } from './no-load-yet.ts'
import { noMajority } from './no-majority.ts'
import { noSuchNode } from './no-such-node.ts'
import { nothingAsked } from './nothing-asked.ts'
import { overTooSoon } from './over-too-soon.ts'
import { Places } from './places.ts'
import { roleStays } from './role-stays.ts'
import { saysItself } from './says-itself.ts'
import { severalNodes } from './several-nodes.ts'
import { startsRunning } from './starts-running.ts'
import { stillAway } from './still-away.ts'
import { storyOf } from './story.ts'
import { timingOf } from './timing.ts'
import { waitInVain } from './wait-in-vain.ts'
import type { Found, Warning } from './warning.ts'

/** All kinds of warnings, in the order in which the documentation has them. */
export const warnings: readonly Warning[] = [
  askedTooEarly,
  limitTooShort,
  checkTooStrict,
  overTooSoon,
  faultIsOver,
  noMajority,
  stillAway,
  startsRunning,
  askedOnce,
  severalNodes,
  noSuchNode,
  chosenAgain,
  saysItself,
  roleStays,
  failoverOfMaster,
  lagHeld,
  clientsNotSlowed,
  waitInVain,
  loadElsewhere,
  noLoadYet,
  mayBeLost,
  neverViolated,
  notWritten,
  neverVerified,
  nothingAsked,
]

/** The name of the warning of an allowance that allows nothing; it cannot be allowed itself. */
const UNUSED = 'unused-allowance'

export interface WarningOptions {
  /** Settings of the command line, which win over the scenario's. */
  config?: Readonly<Record<string, string>>
}

/**
 * What a scenario says that is legal and hardly ever meant, by place. What a comment on the line allows is left out,
 * and an allowance that allows nothing is told.
 */
export function warningsOf(scenario: Scenario, options: WarningOptions = {}): Diagnostic[] {
  const story = storyOf(scenario)
  const judged = { ...story, timing: timingOf(story, options.config) }
  const places = new Places(scenario)
  const told = new Told(scenario)
  for (const { name, find } of warnings) {
    for (const found of find(judged)) {
      if (told.areMany) break
      const place = places.find(found.at)
      if (place) told.add(name, found, place)
    }
  }
  return told.all()
}

type FoundPlace = NonNullable<ReturnType<Places['find']>>

/** Collects warnings, and which allowances were of use. */
class Told {
  readonly #main: SourceFile
  readonly #problems = new Map<string, Problems>()
  readonly #allowances = new Map<string, readonly Allowance[]>()
  readonly #used = new Set<Allowance>()

  constructor({ file, source }: Scenario) {
    this.#main = new SourceFile(file, source)
  }

  get areMany(): boolean {
    return [...this.#problems.values()].some(({ areMany }) => areMany)
  }

  add(name: string, { message, hint, suggestion }: Found, { source, span }: FoundPlace): void {
    const line = source.lineAt(span.start)
    const allowed = this.#allowancesOf(source).filter((one) => one.name === name && one.line === line)
    for (const one of allowed) this.#used.add(one)
    if (allowed.length === 0) this.#of(name).add(source, span, message, { hint, suggestion })
  }

  all(): Diagnostic[] {
    this.#addUnused()
    const { name: mainFile } = this.#main
    const all = [...this.#problems].flatMap(([warning, problems]) =>
      problems.sorted(mainFile).map((diagnostic): Diagnostic => ({ ...diagnostic, warning })),
    )
    const files = [...new Set([mainFile, ...all.map(({ file }) => file)])]
    return all.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.col - b.col)
  }

  /** A step file's allowances may be of use to another scenario. */
  #addUnused(): void {
    for (const one of this.#allowancesOf(this.#main)) {
      if (this.#used.has(one)) continue
      const names = warnings.map(({ name }) => name)
      const isKnown = names.includes(one.name)
      const message = isKnown ? `nothing here is warned of as \`${one.name}\`` : `there is no warning \`${one.name}\``
      const suggestion = isKnown ? undefined : didYouMean(one.name, names)
      const hint = isKnown
        ? 'Remove the allowance: it would hide what comes later. It stands on the line that it speaks of, or right above.'
        : `There are: ${names.join(', ')}.`
      this.#of(UNUSED).add(this.#main, one.span, message, { suggestion, hint })
    }
  }

  #allowancesOf(source: SourceFile): readonly Allowance[] {
    const known = this.#allowances.get(source.name) ?? allowancesIn(source)
    this.#allowances.set(source.name, known)
    return known
  }

  #of(name: string): Problems {
    const problems = this.#problems.get(name) ?? new Problems()
    this.#problems.set(name, problems)
    return problems
  }
}
