import { lastLines } from '../base/text.ts'
import { isCrashReason } from './crash-log.ts'
import type { NodeState, ServerGroup } from './platform.ts'

/** So many bytes of a log, or so many lines, hold the last words even where a report of a crash follows them. */
export const LAST_WORDS_BYTES = 65_536
export const LAST_WORDS_LINES = 500

/** A start of the server: what stands before it is of another life. */
const START = /oO0OoO0OoO0Oo/
/** Told before `START`, while the settings are read, and without a stamp. */
const CONFIG_ERROR = /^\*\*\* FATAL CONFIG FILE ERROR/
/** `12:M 22 Nov 2026 14:31:26.123 # `: the level tells a warning (`#`) from the rest (`.`, `-`, `*`). */
const STAMP = /^\d+:[A-Z] \d\d [A-Z][a-z]{2} \d{4} [\d:.]+ ([.\-*#]) ?/

/** 128 + SIGKILL, as engines and shells report it. */
export const KILLED = 137

/** Warnings that servers begin with, whatever becomes of them. */
const OF_EVERY_START = /^(?:Server initialized$|WARNING:? )/
/** Of a file that cannot be read: the warnings just before it say why (aof.c and rdb.c, Redis 7.0 to 8.0). */
const CONSEQUENCE = /^Unrecoverable error reading/

/** Why a server does not start with its RDB file (rdb.c, Redis 6.0 to 8.0, Valkey 9.1); Valkey goes on for a while. */
const UNREADABLE = /^(?:Short read or OOM loading DB|Wrong RDB checksum|Wrong signature|Internal error in RDB reading)/
/** What it then tells of each part of the file, without a stamp (redis-check-rdb.c). */
const FINDING = /^\[offset \d+\] /

const MOST_WARNINGS = 3
const MOST_LINES = 5

interface Line {
  level: string | undefined
  text: string
}

/**
 * Why a server ended, in its own words, as one line of text: the head of its crash report, or the warnings that its log
 * ends with, as `Unrecoverable error: corrupted cluster config file.` Empty when the log ends with nothing of the kind:
 * the server was killed, or went on.
 */
export function lastWordsOf(log: string): string {
  const lines = log
    .split('\n')
    .map(parseLine)
    .filter(({ text }) => text !== '')
  const configError = lines.findLastIndex(({ text }) => CONFIG_ERROR.test(text))
  const start = lines.findLastIndex(({ text }) => START.test(text))
  if (configError > start) return joined(lines.slice(configError))
  const life = lines.slice(start + 1).filter(({ text }) => !OF_EVERY_START.test(text))
  const crash = life.filter(({ text }) => isCrashReason(text) && !CONSEQUENCE.test(text))
  const end = crash.length > 0 ? crash : life.slice(beginOfEnd(life))
  const isOnlyFindings = end[0]?.level === undefined && FINDING.test(end[0]?.text ?? '')
  return joined(isOnlyFindings ? life.filter(({ text }) => UNREADABLE.test(text)) : end)
}

/** The last words of a server that has ended; where its log has none, the lines that it ends with. */
export function endOf(log: string): string {
  return lastWordsOf(log) || lastLines(log, MOST_LINES)
}

/**
 * How a server that is down ended, and why in its own words: `process exited with code 1: "Unrecoverable error: …"`. One
 * that was killed had no time for any: what its log ends with is about something else.
 */
export async function describeEnd(
  servers: Pick<ServerGroup, 'lastWords'>,
  node: string,
  { text, exitCode }: Pick<NodeState, 'text' | 'exitCode'>,
): Promise<string> {
  if (exitCode === KILLED) return text
  const words = await servers.lastWords(node).catch(() => '')
  return words === '' ? text : `${text}: "${words}"`
}

/** Where the last warnings begin; what has no stamp continues the line before it. */
function beginOfEnd(lines: readonly Line[]): number {
  const lastStamped = lines.findLastIndex(({ level }) => level !== undefined)
  if (lines[lastStamped]?.level !== '#') return lastStamped + 1
  const before = lines.findLastIndex(({ level }, index) => index < lastStamped && level !== undefined && level !== '#')
  return Math.max(before + 1, lastStamped + 1 - MOST_WARNINGS)
}

function parseLine(line: string): Line {
  const trimmed = line.trim()
  const level = STAMP.exec(trimmed)?.[1]
  return { level, text: trimmed.replace(STAMP, '').trim() }
}

function joined(lines: readonly Line[]): string {
  return lines
    .slice(0, MOST_LINES)
    .map(({ text }) => text)
    .join(' / ')
}
