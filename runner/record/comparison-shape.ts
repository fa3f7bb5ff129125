import { z } from 'zod'
import { type Comparison, METRIC_NAMES, NIGHT_STATES, type NightsReport, type ScenarioState } from './comparison.ts'
import { count, fields, maybe, number, some, text, texts } from './shapes.ts'

export const comparison = fields<Comparison>({
  scenario: text,
  server: text,
  platform: text,
  client: maybe(text),
  metric: z.enum(METRIC_NAMES),
  verdict: z.enum(['regressed', 'improved', 'same', 'too-few', 'missing']),
  samples: some(number),
  baseline: some(number),
  p: maybe(number.nullable()),
  change: maybe(number.nullable()),
  needed: maybe(count.nullable()),
  sentence: text,
})

const part = fields<NonNullable<NightsReport['part']>>({ threshold: number })

const state = fields<ScenarioState>({
  scenario: text,
  server: text,
  platform: text,
  client: maybe(text),
  state: z.enum(NIGHT_STATES),
  why: maybe(text),
})

export const nights = fields<NightsReport>({
  before: count,
  summary: text,
  flaky: texts,
  unsteady: maybe(texts),
  states: maybe(some(state)),
  part: maybe(part),
})
