import { type ParseArgsConfig, parseArgs } from 'node:util'
import { messageOf, UsageError } from '../base/errors.ts'
import { nearestWord } from '../base/nearest.ts'
import { quoted } from '../base/shell-words.ts'

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
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    return {
      positionals,
      text: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
      texts: (name) => (Array.isArray(values[name]) ? values[name].filter((value) => typeof value === 'string') : []),
      on: (name) => values[name] === true,
    }
  } catch (error) {
    const [sentence = ''] = messageOf(error).split('\n')
    throw new UsageError(sentence)
  }
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

/** One line a flag, aligned, for help. */
export function flagHelp(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, { short, value, help }]) => ({
    left: `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    help,
  }))
  const width = Math.max(...rows.map(({ left }) => left.length))
  return rows.map(({ left, help }) => `  ${left.padEnd(width)}  ${help}`).join('\n')
}

/** Those of these flags that were given, as words of a command for people to paste. */
export function givenFlags(line: ParsedLine, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    if (line.on(name)) return [`--${name}`]
    const text = line.text(name)
    const values = text === undefined ? line.texts(name) : [text]
    return values.map((value) => `--${name} ${quoted(value)}`)
  })
}

/** A whole number in a range. Throws UsageError. */
export function wholeNumber(
  line: ParsedLine,
  name: string,
  fallback: number,
  range: { min: number; max: number },
): number {
  const text = line.text(name)
  if (text === undefined) return fallback
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
