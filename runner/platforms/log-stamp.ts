const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** `12:M 22 Nov 2026 14:31:26.123 * ` (serverLogRaw, server.c, Redis 6.0 to 8.0 and Valkey's `legacy` format). */
const STAMP = /^\d+:[A-Z] (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d)\.(\d{3}) (?:[.\-*#] )?/

/** A server logs this when its program begins (server.c of Redis 6.0 to 8.6, of Valkey and Redict). */
const BEGINS = /(?:Redis|Valkey|Redict) is starting/

/** Whether a line, or its message, is the first of a server's life. */
export function isBegin(text: string): boolean {
  return BEGINS.test(text)
}

/**
 * The server's own stamp at the beginning of a log line, read as UTC (ms since the epoch, whole), and what stands after
 * it. Undefined if the line begins otherwise.
 */
export function readStamp(line: string): { wallMs: number; message: string } | undefined {
  const stamp = STAMP.exec(line)
  const month = MONTHS.indexOf(stamp?.[2] ?? '')
  if (!stamp || month < 0) return undefined
  const [day = 0, , year = 0, hour = 0, minute = 0, second = 0, ms = 0] = stamp.slice(1).map(Number)
  return { wallMs: Date.UTC(year, month, day, hour, minute, second, ms), message: line.slice(stamp[0].length) }
}
