import { typed } from '../base/command-line.ts'
import type { Command } from './command.ts'

/** A command as the overview shows it; the rest is loaded when it is asked for. */
export interface CommandEntry {
  name: string
  summary: string
  /** Not for people: it is not listed. */
  isHidden?: boolean
  load(): Promise<Command>
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: `plays scenarios: ${typed('run', ['NAME…'])}`,
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'new',
    summary: 'writes a scenario: asks what fails, under what load, and what must survive',
    load: async () => (await import('./new.ts')).newScenario,
  },
  {
    name: 'list',
    summary: 'the scenarios there are',
    load: async () => (await import('./list.ts')).list,
  },
  {
    name: 'validate',
    summary: 'checks scenarios without touching anything; all of them if none is named',
    load: async () => (await import('./validate.ts')).validate,
  },
  {
    name: 'explain',
    summary: 'says in plain words what a scenario does',
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'init',
    summary: 'makes this folder a project: a first scenario, settings, a file for a CI',
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'cluster',
    summary: 'a cluster of your own, to look at and play with',
    load: async () => (await import('./cluster.ts')).cluster,
  },
  {
    name: 'client',
    summary: 'client libraries that workloads may go through: which are here, and installing them',
    load: async () => (await import('./client.ts')).client,
  },
  {
    name: 'nightly',
    summary: 'plays the nightly suite, repeated, and compares it with the nights before',
    load: async () => (await import('./nightly.ts')).nightly,
  },
  {
    name: 'twins',
    summary: 'plays scenarios with something changed, under which each must fail: it shows that it can',
    load: async () => (await import('./twins.ts')).twins,
  },
  {
    name: 'heal',
    summary: 'takes away what a run left wrong or left behind; says what it did',
    load: async () => (await import('./heal.ts')).heal,
  },
  {
    name: 'doctor',
    summary: 'what is here and what works, and the command that mends what does not',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'report',
    summary: 'makes the reports of a finished run again, from its events',
    load: async () => (await import('./report.ts')).report,
  },
  {
    name: 'open',
    summary: 'opens the page of a run in the browser; follows the one that is on',
    load: async () => (await import('./open.ts')).open,
  },
  {
    name: 'check',
    summary: 'judges a finished run anew: its checks and its audit',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'completion',
    summary: 'prints what completes commands, flags and names in bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completion,
  },
  {
    name: 'complete',
    summary: 'answers the scripts of completion',
    isHidden: true,
    load: async () => (await import('./complete.ts')).completeAmong(commands),
  },
]
