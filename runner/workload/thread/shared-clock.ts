/** The monotonic clock that all threads of the machine share, ms: `performance.now()` begins anew in each. Only differences have a meaning. */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
