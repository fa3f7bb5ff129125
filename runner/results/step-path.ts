/** One number of a step's path, and in which iteration of it the rest lies. */
interface Segment {
  number: number
  iteration?: number
}

/** Segments of `3#2.1`: 3 in its iteration 2, then 1. */
function segmentsOf(path: string): Segment[] {
  return path
    .replace(/^f/, '')
    .split('.')
    .map((part) => {
      const [number, iteration] = part.split('#')
      return iteration === undefined
        ? { number: Number(number) }
        : { number: Number(number), iteration: Number(iteration) }
    })
}

/** Order of the scenario: a step before its children, iterations one after another, the finally list at the end. */
export function comparePaths(left: string, right: string): number {
  const finallyLast = Number(left.startsWith('f')) - Number(right.startsWith('f'))
  if (finallyLast !== 0) return finallyLast
  const leftSegments = segmentsOf(left)
  const rightSegments = segmentsOf(right)
  const common = Math.min(leftSegments.length, rightSegments.length)
  for (let at = 0; at < common; at += 1) {
    const a = leftSegments[at] ?? { number: 0 }
    const b = rightSegments[at] ?? { number: 0 }
    if (a.number !== b.number) return a.number - b.number
    if (at === common - 1 && leftSegments.length !== rightSegments.length) break
    const byIteration = (a.iteration ?? Number.MAX_VALUE) - (b.iteration ?? Number.MAX_VALUE)
    if (byIteration !== 0) return byIteration
  }
  return leftSegments.length - rightSegments.length
}

/** The path as the scenario has it, without iterations: `3.1` for `3#2.1`. */
export function writtenPath(path: string): string {
  return path.replace(/#\d+/g, '')
}

/** How deep a step is nested: 0 for `3` and `f1`, 1 for `3.1` and `3#2.1`. */
export function depthOf(path: string): number {
  return path.split('.').length - 1
}

/** Whether `path` lies inside the step `ancestor`, in whatever iteration of it. */
export function isInside(path: string, ancestor: string): boolean {
  return path.startsWith(`${ancestor}.`) || path.startsWith(`${ancestor}#`)
}
