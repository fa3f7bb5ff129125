import { fillInKnown, Names } from '../../steps/names.ts'
import { namesInside, type Step } from '../../steps/verb.ts'
import type { Scenario } from '../model.ts'
import { afterStep } from './effects.ts'
import { Bound, Formed, type Knowledge, meaningOf } from './meaning.ts'
import { isDisturbance, type Moment, type Situation } from './situation.ts'

/** A scenario as it will be played, as far as that can be told beforehand. */
export interface Story {
  scenario: Scenario
  /** Its steps in the order in which they are played, without those that hold others. */
  moments: readonly Moment[]
  /** The same of `finally`. */
  last: readonly Moment[]
  formed: Formed
}

interface Walk {
  formed: Formed
  moments: Moment[]
  names: Names
  bound: Bound
  situation: Situation
  disturbed: boolean
}

export function storyOf(scenario: Scenario): Story {
  const formed = new Formed(scenario.cluster.topology)
  const walk: Walk = {
    formed,
    moments: [],
    names: new Names(scenario.params),
    bound: new Bound(),
    situation: { away: [], sinceMs: Number.POSITIVE_INFINITY, changed: new Set(), faults: [] },
    disturbed: false,
  }
  walkSteps(scenario.steps, walk)
  const { moments } = walk
  walk.moments = []
  // Where the steps before it ended is not known.
  walk.situation = { away: [], sinceMs: Number.POSITIVE_INFINITY, changed: 'all', faults: [] }
  walkSteps(scenario.finally, walk)
  return { scenario, moments, last: walk.moments, formed }
}

function walkSteps(steps: readonly Step[], walk: Walk): void {
  for (const step of steps) walkStep(step, walk)
}

function walkStep(step: Step, walk: Walk): void {
  if (step.verb === 'use') walkUsed(step, walk)
  else if (step.verb === 'parallel') walkParallel(step.children, walk)
  else if (step.verb === 'repeat') walkRepeated(step, walk)
  else walkOne(step, walk)
}

/** Names that a step file binds stay in it. */
function walkUsed(step: Step, walk: Walk): void {
  const { names, bound } = walk
  walk.names = namesInside(step, names)
  walkSteps(step.children, walk)
  Object.assign(walk, { names, bound })
}

/** All begin at once; what follows sees what all of them did. */
function walkParallel(steps: readonly Step[], walk: Walk): void {
  const { disturbed, names, situation } = walk
  const active = steps.map((step) => isActive(step, names))
  let longestMs = 0
  for (const [index, step] of steps.entries()) {
    walk.disturbed = disturbed || active.some((is, other) => is && other !== index)
    walk.situation = { ...walk.situation, sinceMs: situation.sinceMs }
    walkStep(step, walk)
    longestMs = Math.max(longestMs, walk.situation.sinceMs)
  }
  const sinceMs = active.includes(true) ? Number.POSITIVE_INFINITY : longestMs
  walk.situation = { ...walk.situation, sinceMs }
  walk.disturbed = disturbed
}

function isActive({ verb, arg, children }: Step, names: Names): boolean {
  if (children.length > 0) return children.some((child) => isActive(child, names))
  return isDisturbance(verb, fillInKnown(arg, names))
}

/** The first round is looked at; how long ago it was when the last has ended is not known. */
function walkRepeated({ children }: Step, walk: Walk): void {
  walkSteps(children, walk)
  walk.situation = { ...walk.situation, sinceMs: Number.POSITIVE_INFINITY }
}

function walkOne(step: Step, walk: Walk): void {
  const { names, situation, formed, disturbed } = walk
  const arg = fillInKnown(step.arg, names)
  const knowledge = knowledgeOf(walk)
  const moment: Moment = {
    ...{ step, arg, before: situation, disturbed },
    ...(step.on !== undefined && { on: String(fillInKnown(step.on, names)) }),
    meaningOf: (phrase) => meaningOf(phrase, knowledge, step.path),
  }
  walk.moments.push(moment)
  if (step.verb === 'let') bind(arg, step.path, walk)
  walk.situation = afterStep(moment, formed)
}

function knowledgeOf({ formed, bound, situation }: Walk): Knowledge {
  return { formed, bound, changed: situation.changed, allThere: situation.away.length === 0 }
}

/** A later name may use an earlier one. What a name stands for that is bound twice is not known. */
function bind(arg: unknown, path: string, walk: Walk): void {
  if (typeof arg !== 'object' || arg === null) return
  const before = walk.bound
  const bound = new Bound(before)
  walk.bound = bound
  for (const [name, phrase] of Object.entries(arg)) {
    const meaning = meaningOf(String(phrase), knowledgeOf(walk), `${path} ${name}`)
    bound.set(name, before.get(name) ? { nodes: [] } : meaning)
  }
}
