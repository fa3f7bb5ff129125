import { isExpected, messageOf } from '../../../runner/base/errors.ts'
import { Dice } from './dice.ts'

/** What is put in: what it is called, and what the program does with it. */
export interface FuzzInput {
  name: string
  /** Returns what the program refused it with, one text a refusal; throws what the program throws. */
  play(): string[] | Promise<string[]>
}

export interface Fuzzed {
  inputs: number
  refused: number
  /** Inputs that ended in what the command line would call a bug. */
  crashes: string[]
  /** Inputs that took more processor time than they may. */
  slow: string[]
  /** Refusals that say no place. */
  placeless: string[]
  mostCpuMs: number
}

export interface FuzzOptions {
  seed: number
  count: number
  /** Of processor time, and not of the wall clock: the machine may have other work. */
  limitMs: number
  input(dice: Dice): FuzzInput
  /** Whether a refusal says where. */
  hasPlace(refusal: string): boolean
}

/** Plays so many inputs, each drawn from a seed of its own, so that one can be played again alone. */
export async function fuzz({ seed, count, limitMs, input, hasPlace }: FuzzOptions): Promise<Fuzzed> {
  const found: Fuzzed = { inputs: count, refused: 0, crashes: [], slow: [], placeless: [], mostCpuMs: 0 }
  for (let number = 0; number < count; number += 1) {
    const { name, play } = input(new Dice(seed + number))
    const told = `seed ${seed + number}, ${name}`
    const before = process.cpuUsage()
    const refusals = await played(play, (error) => found.crashes.push(`${told}: ${stackOf(error)}`))
    const { user, system } = process.cpuUsage(before)
    const cpuMs = (user + system) / 1000
    found.mostCpuMs = Math.max(found.mostCpuMs, cpuMs)
    if (cpuMs > limitMs) found.slow.push(`${told}: ${Math.round(cpuMs)} ms`)
    if (refusals.length > 0) found.refused += 1
    for (const refusal of refusals) if (!hasPlace(refusal)) found.placeless.push(`${told}: ${refusal}`)
  }
  return found
}

async function played(play: FuzzInput['play'], crashed: (error: unknown) => void): Promise<string[]> {
  try {
    return await play()
  } catch (error) {
    if (isExpected(error)) return [error.message]
    crashed(error)
    return []
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : messageOf(error)
}
