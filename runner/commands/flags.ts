import { type ParseArgsConfig, parseArgs } from 'node:util'
import { messageOf, UsageError } from '../base/errors.ts'
import { nearestWord } from '../base/nearest.ts'
import { quoted } from '../base/shell-words.ts'
import { rowLines } from './help-text.ts'

interface Flag {
  type: 'string' | 'boolean'
  short?: string
  multiple?: boolean
  /** What stands for the value in help: `PORT`. */
  value?: string
  help: string
}

export type Flags = Record<string, Flag>

export interface ParsedLine {
  positionals: string[]
  text(name: string): string | undefined
  texts(name: string): string[]
  on(name: string): boolean
  /** What stands on the command line itself, as words after the flag; `true` for one that takes none. */
  given(name: string): readonly (string | true)[]
}

/** What flags are where the command line does not have them; `true` for one that takes no value. */
export type Defaults = Record<string, string | string[] | true | undefined>

/** Flags that add to their defaults, and do not replace them: of two values of a name, the later counts. */
const ADDED: readonly string[] = ['config']

/** The same line, with defaults where it says nothing. */
export function withDefaults(line: ParsedLine, defaults: Defaults): ParsedLine {
  const defaultOf = (name: string) => defaults[name]
  return {
    ...line,
    text: (name) => line.text(name) ?? [defaultOf(name)].find((value) => typeof value === 'string'),
    texts: (name) => {
      const own = line.texts(name)
      const others = own.length === 0 || ADDED.includes(name) ? defaultOf(name) : undefined
      return [...(Array.isArray(others) ? others : []), ...own]
    },
    on: (name) => line.on(name) || defaultOf(name) === true,
  }
}

/** Reads a command's arguments. Throws UsageError, with the nearest right flag, for what the command does not know. */
export function parseFlags(args: readonly string[], flags: Flags, command: string): ParsedLine {
  const options: ParseArgsConfig['options'] = Object.fromEntries(
    Object.entries(flags).map(([name, { type, short, multiple = false }]) => [
      name,
      { type, multiple, ...(short === undefined ? {} : { short }) },
    ]),
  )
  rejectUnknownFlags(args, flags, command)
  try {
    const { values, positionals } = parseArgs({
      args: withNumbers(args, flags),
      options,
      allowPositionals: true,
      strict: true,
    })
    return {
      positionals,
      text: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
      texts: (name) => (Array.isArray(values[name]) ? values[name].filter((value) => typeof value === 'string') : []),
      on: (name) => values[name] === true,
      given: (name) => [values[name] ?? []].flat().flatMap((value) => (value === false ? [] : [value])),
    }
  } catch (error) {
    const [sentence = ''] = messageOf(error).split('\n')
    throw new UsageError(withoutValue(sentence, args, flags) ?? sentence)
  }
}

/** A number below zero is the value of the flag before it, whose reader says what is wanted. */
function withNumbers(args: readonly string[], flags: Flags): string[] {
  const joined: string[] = []
  for (const [place, arg] of args.entries()) {
    const before = args[place - 1] ?? ''
    const isValue = before.startsWith('--') && flags[before.slice(2)]?.type === 'string'
    if (isValue && /^-\d/.test(arg) && !args.slice(0, place).includes('--'))
      joined[joined.length - 1] = `${before}=${arg}`
    else joined.push(arg)
  }
  return joined
}

/** What is wanted of a flag that lacks its value; undefined where something else is wrong. */
function withoutValue(sentence: string, args: readonly string[], flags: Flags): string | undefined {
  const [, name] = /^Option '(?:-\w, )?--([\w-]+)(?: <value>)?' argument (?:missing|is ambiguous)/.exec(sentence) ?? []
  if (name === undefined) return undefined
  const next = args[args.indexOf(`--${name}`) + 1]
  const found = next === undefined || !args.includes(`--${name}`) ? '' : `, and \`${next}\` looks like a flag`
  return `--${name} takes a value, ${flags[name]?.value ?? 'a text'}${found}`
}

function rejectUnknownFlags(args: readonly string[], flags: Flags, command: string): void {
  for (const arg of args) {
    if (arg === '--') return
    const name = /^--([^=]+)/.exec(arg)?.[1]
    if (name === undefined || name in flags) continue
    const similar = nearestWord(name, Object.keys(flags))
    throw new UsageError(
      `${command} has no flag --${name}${similar === undefined ? '' : `; did you mean --${similar}?`} (--help lists them)`,
    )
  }
}

/** What each flag does, for help; no line is wider than `width`. */
export function flagHelp(flags: Flags, width: number): string {
  const rows = Object.entries(flags).map(([name, { short, value, help }]): [string, string] => [
    `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    help,
  ])
  return rowLines(rows, width).join('\n')
}

/** Those of these flags that were given, as words of a command for people to paste. */
export function givenFlags(line: ParsedLine, names: readonly string[]): string[] {
  return names.flatMap((name) =>
    line.given(name).map((value) => (value === true ? `--${name}` : `--${name} ${quoted(value)}`)),
  )
}

/** A whole number in a range. Throws UsageError. */
export function wholeNumber(
  line: ParsedLine,
  name: string,
  fallback: number,
  range: { min: number; max: number },
): number {
  const text = line.text(name)
  return text === undefined ? fallback : wholeNumberOf(text, name, range)
}

/** A whole number that the flag `name` was given, alone or among others. Throws UsageError. */
export function wholeNumberOf(text: string, name: string, range: { min: number; max: number }): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= range.min && value <= range.max)) {
    throw new UsageError(`--${name} takes a whole number from ${range.min} to ${range.max}, not \`${text}\``)
  }
  return value
}

/** `NAME=VALUE` flags as a record. Throws UsageError. */
export function nameValues(line: ParsedLine, name: string, form = 'NAME=VALUE'): Record<string, string> {
  return Object.fromEntries(
    line.texts(name).map((text) => {
      const equals = text.indexOf('=')
      if (equals < 1) throw new UsageError(`--${name} takes ${form}, not \`${text}\``)
      return [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
}
