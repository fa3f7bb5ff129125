import { styleText } from 'node:util'

/** How a text report may look where it goes. */
export interface OutputStyle {
  color: boolean
  /** Columns. */
  width: number
  /** How much of it the console tells; `normal` where it is not said. */
  detail?: Detail
}

/**
 * `quiet`: what went wrong, and the last lines. `normal`: without what progress has told already. `verbose`: all of it.
 */
export type Detail = 'quiet' | 'normal' | 'verbose'

/** For files and pipes. */
export const PLAIN: OutputStyle = { color: false, width: 100 }

export type Format = Parameters<typeof styleText>[0]
export type Paint = (format: Format, text: string) => string

const NARROWEST = 40
const WIDEST = 140
/** Of a terminal that does not say how wide it is. */
const USUAL_TERMINAL = 80

/**
 * What `stream` can show. `FORCE_COLOR` (not 0 or false) asks for colors anywhere and wins over `NO_COLOR`, as in Node
 * itself; without either, colors are for terminals only.
 */
export function outputStyle(
  stream: { isTTY?: boolean; columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): OutputStyle {
  return {
    color: wantsColor(stream.isTTY === true, env),
    // A pseudo-terminal without a size says that it has no column at all.
    width: Math.min(
      Math.max(stream.columns || (stream.isTTY === true ? USUAL_TERMINAL : PLAIN.width), NARROWEST),
      WIDEST,
    ),
  }
}

function wantsColor(isTTY: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const forced = env.FORCE_COLOR
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  return isTTY && env.TERM !== 'dumb'
}

/** Colors when wanted; else the text as it is. */
export function painter(color: boolean): Paint {
  // The stream was judged by outputStyle; newer versions of Node would judge stdout once more.
  return color ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text
}

/** A table of `cli-table3` that is columns alone. */
export const NO_BORDERS = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((part) => [part, '']),
)
