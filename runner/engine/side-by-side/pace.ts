/** How many plays may go on side by side. */
export interface Pace {
  /** At the most that it will ever be. */
  readonly most: number
  /** Now; 1 at least. */
  readonly lanes: number
  /** Begins to watch; `onMore` is called when there may be more than before. The returned function ends that. */
  begin(onMore: () => void): () => void
}

/** As many as somebody asked for. */
export function fixedPace(lanes: number): Pace {
  return { most: lanes, lanes, begin: () => () => undefined }
}
