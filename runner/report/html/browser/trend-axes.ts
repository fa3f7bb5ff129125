/** Room beside the first and last play, of the time between them. */
const MARGIN = 0.03
/** The least that an axis shows, s: a single play has a day around it, and plays of one minute an hour. */
const LEAST_SECONDS = 3600
const DAY_SECONDS = 86_400

/** What the axis of times shows, in seconds since the epoch, for plays from `min` to `max`. */
export function timeRange(min: number, max: number): [from: number, to: number] {
  if (min === max) return [min - DAY_SECONDS / 2, max + DAY_SECONDS / 2]
  const margin = Math.max((max - min) * MARGIN, (LEAST_SECONDS - (max - min)) / 2)
  return [min - margin, max + margin]
}

/** What the axis of values shows: from nothing to somewhat more than the largest. */
export function valueRange(max: number): [from: number, to: number] {
  return [0, max > 0 ? max * 1.1 : 1]
}

/** A tick as text, UTC: a day, or where `stepSeconds` is less than one a day and a time. */
export function tickText(seconds: number, stepSeconds: number): string {
  const text = new Date(seconds * 1000).toISOString()
  return stepSeconds < DAY_SECONDS ? `${text.slice(5, 10)} ${text.slice(11, 16)}` : text.slice(0, 10)
}
