/** Those that wait for a signal, in the order in which they came, and the one listener that tells them. */
interface Waiting {
  actions: Set<() => void>
  tell: () => void
}

const waitingFor = new WeakMap<AbortSignal, Waiting>()

/**
 * Does `action` once when `signal` aborts, until the function that it returns is called. However many wait for one
 * signal (the steps of a `parallel`, watches of sixty nodes), it has one listener: of more than ten, Node warns as of a
 * leak. Nothing is done for a signal that has aborted already.
 */
export function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (signal === undefined || signal.aborted) return () => {}
  const waiting = waitingFor.get(signal) ?? listen(signal)
  // The same action may be asked for twice: each asking is one of its own.
  const own = () => action()
  waiting.actions.add(own)
  return () => {
    waiting.actions.delete(own)
    if (waiting.actions.size > 0 || waitingFor.get(signal) !== waiting) return
    waitingFor.delete(signal)
    signal.removeEventListener('abort', waiting.tell)
  }
}

/** What `asked` comes to; rejects with the signal's reason once that aborts, and then nobody waits for `asked` any more. */
export async function unlessAborted<T>(asked: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  let stopListening = () => {}
  try {
    return await new Promise<T>((resolve, reject) => {
      asked.then(resolve, reject)
      if (signal?.aborted) reject(signal.reason)
      stopListening = onAbort(signal, () => reject(signal?.reason))
    })
  } finally {
    stopListening()
  }
}

function listen(signal: AbortSignal): Waiting {
  const actions = new Set<() => void>()
  const tell = () => {
    for (const act of actions) act()
  }
  const waiting = { actions, tell }
  waitingFor.set(signal, waiting)
  signal.addEventListener('abort', tell, { once: true })
  return waiting
}
