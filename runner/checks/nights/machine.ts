import { medianOf } from '../../results/samples.ts'
import type { Course, Samples } from './course.ts'

/** Fewer scenarios cannot tell the machine from one of them. */
const LEAST_SCENARIOS = 5
/** Fewer samples of controls cannot tell how the machine was in the second pass. */
const LEAST_CONTROLS = 5

/** How much slower all scenarios on a machine were together, night by night, as logarithms; undefined: not known. */
export interface Machine {
  first: readonly (number | undefined)[]
  again: readonly (number | undefined)[]
}

/**
 * By how much each night differs from the others, over all scenarios of one server: median polish (Tukey, Exploratory
 * Data Analysis, 1977) of night levels, one sweep over scenarios, one over nights. A machine that is busy slows all of
 * them down alike, and that is no regression of any one. One scenario alone does not move a median. Where several
 * machines share a night, each is known by what it played. Gives the machine of each part, by its number.
 */
export function machinesOf(courses: readonly Course[]): Machine[] {
  const parts = courses.reduce((most, { nights }) => nights.reduce((own, { part }) => Math.max(own, part), most), 0)
  const usual = courses.map((course) => usualOf(course))
  return Array.from({ length: parts + 1 }, (_, part) => machineOf(courses, usual, part))
}

function machineOf(courses: readonly Course[], usual: readonly number[], part: number): Machine {
  const nights = courses[0]?.nights.length ?? 0
  const first = Array.from({ length: nights }, (_, night) => {
    const off: number[] = []
    const scenarios = new Set<string>()
    for (const [place, course] of courses.entries()) {
      const samples = course.nights[night]
      const by = (samples?.level ?? Number.NaN) - (usual[place] ?? Number.NaN)
      if (Number.isNaN(by) || samples?.part !== part) continue
      off.push(by)
      scenarios.add(course.scenario)
    }
    return scenarios.size < LEAST_SCENARIOS ? undefined : medianOf(off)
  })
  const again = first.map((factor, night) => {
    const off = courses.flatMap(({ nights: own }, place) =>
      own[night]?.part === part ? controlsOf(own[night], usual[place]) : [],
    )
    return off.length < LEAST_CONTROLS ? factor : medianOf(off)
  })
  return { first, again }
}

function usualOf({ nights }: Course): number {
  const levels: number[] = []
  for (const { level } of nights) if (!Number.isNaN(level)) levels.push(level)
  return medianOf(levels)
}

function controlsOf(samples: Samples | undefined, usual = Number.NaN): number[] {
  return samples?.isControl === true && !Number.isNaN(usual) ? samples.again.map((value) => value - usual) : []
}
