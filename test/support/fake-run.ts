import type { Test } from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import type { Play } from '../../runner/engine/play.ts'
import { playRun, type RunResult, type SideBySide } from '../../runner/engine/play-run.ts'
import type { RunSettings } from '../../runner/engine/run-settings.ts'
import { NOTHING_ALLOWED } from '../../runner/platforms/allowed.ts'
import { Recorder } from '../../runner/record/event-log.ts'
import type { EventOf, EventType, RunEvent } from '../../runner/record/events.ts'
import { createRunFolder } from '../../runner/record/run-folder.ts'
import type { Scenario } from '../../runner/scenario/model.ts'
import { verbByName } from '../../runner/steps/index.ts'
import type { Verb } from '../../runner/steps/verb.ts'
import { loadText } from '../scenario/load-text.ts'
import { FakePlatform } from './fake-platform.ts'
import { fakeVerb } from './fake-verb.ts'

/** What `act: <name>` does, by name. */
export type Acts = Record<string, Parameters<typeof fakeVerb>[1]>

export interface FakeRun {
  platform: FakePlatform
  /** Those of the language, and `act`. */
  verbs: ReadonlyMap<string, Verb>
  /** Ctrl-C is its abort. */
  controller: AbortController
  events: RunEvent[]
  /** Told of every event as it is recorded. */
  onEvent: ((event: RunEvent) => void) | undefined
  /** A scenario of one node, with these lists of acts. */
  scenario(steps: readonly string[], last?: readonly string[], more?: string): Scenario
  play(plays: readonly (Scenario | Play)[], more?: Partial<RunSettings>, side?: SideBySide): Promise<RunResult>
  /** The events of a type. */
  of<T extends EventType>(type: T): EventOf<T>[]
  /** `1 passed`, `f1 failed`, … in the order in which steps ended. */
  ended(): string[]
}

/** A run on a fake platform, whose scenarios' steps do what `acts` says. */
export function fakeRun(t: Test, acts: Acts = {}): FakeRun {
  const act = fakeVerb('act', (context, name) => {
    const does = acts[String(name)]
    if (!does) throw new Error(`the test has no act ${String(name)}`)
    return does(context, name)
  })
  const verbs: ReadonlyMap<string, Verb> = new Map([...verbByName, [act.name, act]])
  const platform = new FakePlatform()
  t.teardown(() => platform.close())
  const list = (names: readonly string[]) => names.map((name) => `  - act: ${name}\n`).join('')
  const of = <T extends EventType>(type: T) => run.events.filter((event): event is EventOf<T> => event.type === type)
  const run: FakeRun = {
    platform,
    verbs,
    controller: new AbortController(),
    events: [],
    onEvent: undefined,
    scenario: (steps, last = [], more = '') => {
      const head = `title: t\n${more}cluster: { shards: 1, replicas: 0 }\n`
      const tail = last.length === 0 ? '' : `finally:\n${list(last)}`
      return loadText(`${head}steps:\n${list(steps)}${tail}`, { verbs })
    },
    play: async (plays, more = {}, side = undefined) => {
      const folder = createRunFolder(t.testdir(), 'x', Date.now())
      const recorder = new Recorder({ file: folder.eventsFile, clock: systemClock, secrets: [] })
      recorder.subscribe((event) => {
        run.events.push(event)
        run.onEvent?.(event)
      })
      const settings = { runId: 'fake', name: 'x', recorder, folder, clock: systemClock, verbs, seed: 1, command: 'x' }
      const servers = {
        portBase: 7010,
        namePrefix: 'redis-node',
        password: 'secret',
        allowed: NOTHING_ALLOWED,
        config: {},
        notes: [],
        keep: false,
      }
      try {
        return await playRun(
          plays.map((play) => ('platform' in play ? play : { scenario: play, platform })),
          { ...settings, ...servers, interrupted: run.controller.signal, ...more },
          side,
        )
      } finally {
        recorder.close()
      }
    },
    of,
    ended: () => of('step-ended').map(({ step, outcome }) => `${step.path} ${outcome.verdict}`),
  }
  return run
}
